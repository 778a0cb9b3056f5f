"""The text of a page of the site, whose elements must close. No test."""

from analytics_platform_tests.unit.report.reading import Page

_VOID = {"link", "input"}


class SitePage(Page):
    """A page with forms and a style sheet."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """See the base class."""
        if tag not in _VOID:
            super().handle_starttag(tag, attrs)


def text_of(html: str) -> str:
    """Text that a reader sees."""
    return " ".join("".join(SitePage(html).text).split())
