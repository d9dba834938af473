"""Photographs: what is kept is pixels; what is none, or too much, is refused."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from qipan.kernel import photos
from qipan.kernel.errors import FileRefused

SECRET = "Leica 31.2304N 121.4737E"


def picture(kind: str = "JPEG", size: tuple[int, int] = (640, 480), **more: object) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, (200, 30, 30)).save(out, kind, **more)
    return out.getvalue()


def with_exif(orientation: int = 1) -> bytes:
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = SECRET, orientation
    exif.get_ifd(0x8825)[1] = "N"
    return picture(exif=exif)


def read(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def test_what_the_camera_wrote_is_gone() -> None:
    sent = with_exif()
    assert SECRET.encode() in sent
    kept = photos.redrawn("a.jpg", sent)
    assert SECRET.encode() not in kept
    assert not read(kept).getexif()


def test_words_hidden_behind_the_picture_are_gone() -> None:
    assert b"hidden" not in photos.redrawn("a.jpg", picture() + b"hidden")
    assert b"hidden" not in photos.redrawn("a.jpg", picture(comment=b"hidden"))


def test_it_stands_upright() -> None:
    assert read(photos.redrawn("a.jpg", with_exif(6))).size == (480, 640)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_becomes_a_jpeg(kind: str) -> None:
    assert read(photos.redrawn("a", picture(kind))).format == "JPEG"


def test_a_large_one_is_made_smaller() -> None:
    assert max(read(photos.redrawn("a", picture(size=(4000, 3000)))).size) == 1600


@pytest.mark.parametrize(
    "content",
    [
        b"", b"no picture", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", b"%PDF-1.4",
        picture("GIF"), picture("TIFF"), picture()[:600], picture("PNG", (9000, 9000)), b"\xff\xd8" + b"0" * 100,
        b"P6 99999 99999 255 ",
    ],
    ids=["empty", "words", "svg", "pdf", "gif", "tiff", "cut off", "too many pixels", "torn", "bare header"],
)  # fmt: skip
def test_what_is_none_is_refused(content: bytes) -> None:
    with pytest.raises(FileRefused):
        photos.redrawn("a", content)


def test_what_is_too_large_is_not_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(photos, "FILE_BYTES_MAX", 100)
    monkeypatch.setattr(photos, "PAINTER", "raise SystemExit(9)")
    with pytest.raises(FileRefused):
        photos.redrawn("a", picture())


def test_a_decoder_that_dies_or_hangs_refuses_the_file_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(photos, "WALL_SECONDS", 1)
    for program in ("import os; os.kill(os.getpid(), 9)", "import time; time.sleep(9)"):
        monkeypatch.setattr(photos, "PAINTER", program)
        with pytest.raises(FileRefused):
            photos.redrawn("a", picture())
