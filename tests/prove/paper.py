"""The forms of the pages, as a browser finds them: what they are called, what they carry, what may be chosen."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

SIDE = ("csrfmiddlewaretoken", "idem")


@dataclass
class Paper:
    """One form of a page: where it is sent, its fields with the values the page offers for each."""

    where: str
    fields: dict[str, list[str]] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)

    def offer(self, name: str, *values: str) -> None:
        if name and name not in SIDE:
            kept = self.fields.setdefault(name, [])
            kept += [value for value in values if value not in kept]


class _Reader(HTMLParser):
    """Collects forms sent by POST."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self.address = address
        self.found: list[Paper] = []
        self.open: Paper | None = None
        self.choice = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {key: value or "" for key, value in attrs}
        name = said.get("name", "")
        if tag == "form":
            is_post = said.get("method", "").lower() == "post"
            where = said.get("action", "").split("#")[0]
            where = self.address.split("?")[0] + where if where.startswith("?") else where or self.address
            self.open = Paper(where) if is_post else None
        elif self.open is None:
            return
        elif tag == "input" and said.get("type") == "file":
            self.open.files.append(name)
        elif tag in ("input", "button", "textarea"):
            self.open.offer(name, said.get("value", ""))
        elif tag == "select":
            self.choice = name
            self.open.offer(name)
        elif tag == "option" and self.choice:
            self.open.offer(self.choice, said.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form" and self.open is not None:
            self.found.append(self.open)
            self.open = None
        elif tag == "select":
            self.choice = ""


def forms_of(page: str, address: str) -> list[Paper]:
    """The forms of a page that change something, sign-out and language aside."""
    reader = _Reader(address)
    reader.feed(page)
    return [paper for paper in reader.found if paper.where not in ("/sign-out", "/language")]
