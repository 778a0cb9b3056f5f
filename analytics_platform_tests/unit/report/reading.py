"""Reading of the pages in tests: their text, links and rows; a page whose elements do not close fails."""

import re
from html.parser import HTMLParser

VOID = {"meta", "br"}
SVG_LEAVES = {"rect", "line", "path", "circle"}


class Page(HTMLParser):
    """Text and links of a page; fails where elements do not close."""

    def __init__(self, html: str) -> None:
        """Read a whole page."""
        super().__init__()
        self.text: list[str] = []
        self.links: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """See the base class."""
        self.links += [value or "" for name, value in attrs if name == "href"]
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """See the base class."""
        assert tag in SVG_LEAVES
        assert attrs

    def handle_endtag(self, tag: str) -> None:
        """See the base class."""
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        """See the base class."""
        if self._open and self._open[-1] not in {"style", "title"}:
            self.text.append(data)


def text_of(html: str) -> str:
    """Text that a reader sees."""
    return " ".join("".join(Page(html).text).split(" "))


def cells_of(html: str) -> list[list[str]]:
    """Texts of each row of all tables."""
    rows = re.findall(r"<tr.*?</tr>", html, flags=re.DOTALL)
    return [re.findall(r">([^<>]+)<", re.sub(r"<svg.*?</svg>", "", row, flags=re.DOTALL)) for row in rows]
