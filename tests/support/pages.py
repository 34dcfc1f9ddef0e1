"""A page, read strictly."""

from __future__ import annotations

from html.parser import HTMLParser


class Page(HTMLParser):
    """A page held to what XML would want: every tag closed in order, nothing that runs, nothing fetched."""

    EMPTY = ("meta", "!doctype")

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.seen: list[str] = []
        self.links: list[str | None] = []
        self.words: dict[str, list[str]] = {}
        self.sections: dict[str, list[list[str]]] = {"": []}
        self.feed(text)
        self.close()
        assert self.open == [], "every tag is closed"

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        names = {name for name, _ in attributes}
        assert not names - {"lang", "charset", "name", "content", "class", "colspan", "href"}
        assert ("href" in names) == (tag == "a")
        self.links += [value for name, value in attributes if name == "href"]
        if tag not in self.EMPTY:
            self.open.append(tag)
        if tag == "tr":
            self.sections[self.section].append([])
        if tag in ("th", "td"):
            self.sections[self.section][-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        words = data.strip()
        if not words:
            return
        self.words.setdefault(self.open[-1], []).append(words)
        if self.open[-1] == "h2":
            self.sections[words] = []
        cell = {"th", "td"} & set(self.open)
        if cell:
            row = self.sections[self.section][-1]
            row[-1] = f"{row[-1]} {words}".strip()

    @property
    def section(self) -> str:
        return list(self.sections)[-1]

    @property
    def facts(self) -> dict[str, str]:
        return dict(self.sections[""])
