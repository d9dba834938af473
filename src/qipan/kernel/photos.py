"""Photographs people send: only their pixels are kept, as a JPEG of our own making.

Decoded in a process of its own with limits, like every file from outside; place, device and whatever else the camera
wrote beside the pixels is gone.
"""

from __future__ import annotations

import subprocess
import sys

from django.utils.translation import gettext_lazy as _

from qipan.kernel.uploads import refused

FILE_BYTES_MAX, EDGE_MAX, PIXELS_MAX = 15 * 2**20, 1_600, 60_000_000
MEMORY_BYTES, PROCESSOR_SECONDS, WALL_SECONDS = 2 * 2**30, 20, 40


def redrawn(name: str, content: bytes) -> bytes:
    """A JPEG of at most 1,600 pixels an edge, upright, with nothing beside its pixels.

    Raises:
        FileRefused: larger than 15 MB, no JPEG, PNG or WebP, or one that cannot be decoded within the limits.
    """
    if len(content) > FILE_BYTES_MAX:
        raise refused(name, "", "too_large", _("The photograph is larger than 15 MB; take it with fewer pixels."))
    limits = map(str, (MEMORY_BYTES, PROCESSOR_SECONDS, PIXELS_MAX, EDGE_MAX))
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-c", PAINTER, *limits], input=content, capture_output=True, timeout=WALL_SECONDS,
            check=False, env={"LC_ALL": "C.UTF-8"},
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        done = None
    if done is None or done.returncode != 0 or done.stdout[:2] != b"\xff\xd8":
        raise refused(name, "", "unreadable", _("This is not a photograph that can be read (JPEG, PNG or WebP)."))
    return done.stdout


PAINTER = """
import io, resource, sys
memory, seconds, pixels, edge = map(int, sys.argv[1:5])
for limit, most in (("AS", memory), ("CPU", seconds), ("CORE", 0), ("FSIZE", 0)):
    try: resource.setrlimit(getattr(resource, "RLIMIT_" + limit), (most, most))
    except ValueError: pass  # a system without this limit
from PIL import Image, ImageOps
Image.MAX_IMAGE_PIXELS = None
image = Image.open(io.BytesIO(sys.stdin.buffer.read()), formats=("JPEG", "PNG", "WEBP"))
if image.width * image.height > pixels: sys.exit(1)
image = ImageOps.exif_transpose(image).convert("RGB")
image.thumbnail((edge, edge))
drawn = Image.frombytes("RGB", image.size, image.tobytes())
out = io.BytesIO()
drawn.save(out, "JPEG", quality=82)
sys.stdout.buffer.write(out.getvalue())
"""
"""The program of the decoding process: nothing of ours is loaded into it."""
