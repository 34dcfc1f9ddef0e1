"""The receipt as a page: well formed, nothing that runs or is fetched, nothing unescaped."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest
from support.receipts import JOB, NASTY, SERVICE, bare, failing, good

from cachetools_core.proof.receipt import Receipt
from cachetools_core.proof.verdict import Verdict


class Page(HTMLParser):
    """A page held to what XML would want: every tag closed in order, nothing that runs, nothing fetched."""

    EMPTY = ("meta", "!doctype")

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.seen: list[str] = []
        self.words: dict[str, list[str]] = {}
        self.feed(text)
        self.close()
        assert self.open == [], "every tag is closed"

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        assert not {name for name, _ in attributes} - {"lang", "charset", "name", "content", "class", "colspan"}
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.words.setdefault(self.open[-1], []).append(data.strip())


@pytest.mark.parametrize("make", [good, failing, lambda: bare(NASTY, NASTY)])
def test_the_page_is_well_formed_and_stands_alone(make: Any) -> None:
    text = make().to_html()
    page = Page(text)
    assert not {"script", "img", "link", "iframe", "a"} & set(page.seen)
    assert "url(" not in text
    assert text.startswith("<!DOCTYPE html>\n")
    assert 'charset="utf-8"' in text


def test_the_page_shows_every_fact_as_it_was_said() -> None:
    receipt = failing()
    page = Page(receipt.to_html())
    assert page.words["li"] == list(receipt.messages)
    assert page.words["h1"] == ["Not deleted"]
    assert page.words["p"] == [SERVICE, str(receipt.error)]
    assert page.words["title"] == [f"Not deleted: the cache of {SERVICE}"]
    for fact in (JOB, "esriJobFailed", *receipt.warnings, "4,004 tiles in 2 scales, 1.1 MB", "2026-03-01T02:03:10Z"):
        assert fact in page.words["td"]


def test_the_page_lists_the_scales_of_each_look_that_counted_tiles() -> None:
    page = Page(good().to_html())
    assert page.words["h2"] == ["Scales before", "What the server said"]
    assert page.words["td"][-8:] == ["0", "1:591,657,528", "4", "20,000", "5", "1:18,489,298", "4,000", "1,034,183"]
    assert Page(failing().to_html()).words["h2"] == ["Scales before", "Scales after", "What the server said"]
    assert "h2" not in Page(bare(started="now").to_html()).words


@pytest.mark.parametrize("found", list(Verdict))
def test_the_page_of_a_success_looks_otherwise_than_that_of_a_failure(found: Verdict) -> None:
    for receipt, tone in ((good(), "good"), (failing(), "bad")):
        text = replace(receipt, verdict=found).to_html()
        assert f'<header class="{tone}">' in text
        heading = Page(text).words["h1"][0]
        assert heading.lower().replace(", ", "-").replace(" ", "-") == found.value


@pytest.mark.parametrize("make", [good, failing])
def test_the_page_says_its_verdict_service_and_error_once(make: Any) -> None:
    receipt: Receipt = make()
    assert not {"Verdict", "Service", "Error"} & set(Page(receipt.to_html()).words["th"])
    assert receipt.to_html().count('<p class="error">') == (receipt.error is not None)


def test_the_page_has_no_row_for_what_there_is_not() -> None:
    page = Page(bare().to_html())
    assert (page.words["th"], page.words["td"]) == (["Started"], ["2026-03-01T02:00:00Z"])


def test_a_page_without_messages_has_no_list() -> None:
    assert "li" not in Page(replace(good(), messages=()).to_html()).seen
