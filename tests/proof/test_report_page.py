"""A report as a page: well formed, nothing that runs or is fetched, nothing unescaped; bars that tell the truth."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from support.receipts import NASTY, SERVICE
from support.reports import SCHEME, made, nasty, no_cache, on_demand, uncounted

from cachetools_core.proof.cache_found import AT_WORK, ON_DEMAND, OUT_OF_STEP, TILES_ONLY, CachingJob
from cachetools_core.proof.evidence import Remark, Scale
from cachetools_core.proof.extent_drawing import drawn_extent
from cachetools_core.proof.finding import Finding
from cachetools_core.proof.report import Report
from cachetools_core.proof.report_page import MOST_JOBS, report_page
from cachetools_core.proof.scheme import Extent, LevelOfDetail, NoScheme

EMPTY = ("meta", "br")
HARMLESS = {
    "html", "head", "meta", "title", "style", "body", "main", "header", "h1", "h2", "p", "a", "table", "thead", "tbody",
    "tfoot", "tr", "th", "td", "span", "i", "b", "br", "ul", "li", "svg", "rect", "line",
}  # fmt: skip


class Page(HTMLParser):
    """A page held to what XML would want, with the words below each tag."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.text = text
        self.open: list[str] = []
        self.words: list[str] = []
        self.links: list[str] = []
        self.widths: list[float] = []
        self.feed(text)
        self.close()
        assert self.open == [], "every tag is closed"

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        assert tag in HARMLESS
        named = dict(attributes)
        assert not {name for name in named if name.startswith("on") or name in ("src", "srcset", "action")}
        if "href" in named:
            self.links.append(str(named["href"]))
        if tag == "i":
            self.widths.append(float(str(named["style"]).removeprefix("width:").removesuffix("%")))
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in EMPTY:
            assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attributes)
        self.open = self.open[:-1] if tag not in EMPTY else self.open

    def handle_data(self, data: str) -> None:
        if data.strip() and self.open[-1] != "style":
            self.words.append(" ".join(data.split()))

    @property
    def said(self) -> str:
        return " ".join(self.words)


def page(report: Report) -> Page:
    return Page(report_page(report))


@pytest.mark.parametrize("make", [made, on_demand, nasty, uncounted, no_cache])
def test_the_page_is_well_formed_and_fetches_nothing(make: Callable[[], Report]) -> None:
    seen = page(make())
    assert set(seen.links) <= {SERVICE}
    assert "url(" not in seen.text and "@import" not in seen.text and "<script" not in seen.text
    assert all(0 <= width <= 100 for width in seen.widths)
    assert seen.text.startswith("<!DOCTYPE html>\n")


def test_everything_that_a_server_said_is_escaped() -> None:
    seen = page(nasty())
    assert seen.said.count(NASTY) > 60
    assert "<img" not in seen.text
    assert NASTY in page(made(no_jobs=NASTY)).said


def test_the_page_tells_each_scale_the_form_of_the_cache_and_its_age() -> None:
    seen = page(made()).said
    for words in ("1:1,000", "level 0", "16", "1,600", "999,999", "compact, version 2", "PNG8", "100 x 100 pixels",
                  "96 dots per inch", "4 scales, 1:1,000 to 1:125", "WKID 3857", "2026-03-01 02:00:00 UTC", OUT_OF_STEP,
                  "1 more scale of the tiling scheme holds no tiles.", "The service answers, and says that there is a",
                  "The cache report counts 51 tiles."):  # fmt: skip
        assert words in seen, words


def test_the_bars_are_as_long_as_their_values_and_logarithmic_where_these_lie_far_apart() -> None:
    near = page(made(scales=(Scale(0, 1000.0, 4, 500), Scale(1, 500.0, 16, 1000))))
    assert near.widths == [25.0, 50.0, 25.0, 100.0, 100.0, 25.0]
    assert "logarithmic" not in near.said
    far = page(made(scales=(Scale(0, 1000.0, 1, 7), Scale(1, 500.0, 1024, 7))))
    assert [far.widths[0], far.widths[3]] == [9.1, 100.0]
    assert "The bars of tiles and bytes are logarithmic." in far.said


def test_nothing_has_no_bar() -> None:
    assert len(page(made(scales=(Scale(0, 1000.0, 4, 0),), scheme=None)).widths) == 1


def test_a_scale_is_complete_by_the_reports_own_expectation_else_by_scheme_and_extent() -> None:
    seen = page(made()).said
    assert "100 % of 16" in seen and "50 % of 64" in seen and "1.1 % of 256" in seen
    assert "not known" in page(made(scheme=None)).said


def test_almost_complete_is_not_complete() -> None:
    seen = page(made(scales=(Scale(3, 125.0, 1023, 1),)))
    assert "99.9 % of 1,024" in seen.said


def test_tiles_that_are_made_on_demand_hosted_tiles_and_jobs_at_work_are_warned_of() -> None:
    assert ON_DEMAND in page(on_demand()).said
    remarked = made(remarks=frozenset({Remark.TILES_ONLY, Remark.AT_WORK}))
    assert TILES_ONLY in page(remarked).said and AT_WORK in page(remarked).said
    assert "not known whether they are made on demand" in page(remarked).said


def test_jobs_are_listed_up_to_a_number_of_them() -> None:
    jobs = tuple(
        CachingJob(f"j{number}", "CachingTools", "DeleteCache", "esriJobExecuting", "anna") for number in range(60)
    )
    seen = page(made(jobs=jobs)).said
    assert seen.count("DeleteCache, esriJobExecuting, of anna (j") == MOST_JOBS and "And 10 more." in seen
    assert "CachingTools, status unknown (j1)" in page(made(jobs=(CachingJob("j1", "CachingTools", "", "", ""),))).said
    assert "They can't be listed: The list is refused." in page(uncounted()).said
    assert "None on this site." in page(made(jobs=())).said


def test_what_stands_in_the_way_is_told_first() -> None:
    findings = (Finding("sign-in", True, "as siteadmin"), Finding("site mode", False, "it is in READ_ONLY mode"))
    seen = page(made(findings=findings)).said
    assert seen.index("Not deletable from here: site mode: it is in READ_ONLY mode") < seen.index("1:1,000")
    assert "A deletion is possible from here." in page(on_demand()).said
    assert "from here" not in page(made()).said


def test_a_scheme_that_cant_be_read_is_told() -> None:
    assert "the service shows nothing" in page(made(scheme=NoScheme("the service shows nothing"))).said


def test_no_cache_and_no_counts_are_told() -> None:
    assert "No cache" in page(no_cache()).said
    assert "Nobody counted the tiles" in page(uncounted()).said
    assert "The report is refused." in page(uncounted()).said


def test_the_extent_is_drawn_with_the_edges_of_its_tiles() -> None:
    drawing, _, words = drawn_extent(SCHEME, Extent(0.0, 0.0, 4000.0, 4000.0)).partition("</svg>")
    svg = ElementTree.fromstring(drawing + "</svg>")
    rect = svg.find("rect")
    assert rect is not None and (rect.get("width"), rect.get("height")) == ("320.0", "320.0")
    assert len(svg.findall("line")) == 7 + 7 and "tiles of level 1" in words
    upright = {line.get("x1") for line in svg.findall("line") if line.get("x1") == line.get("x2")}
    assert upright == {f"{40 * number:.1f}" for number in range(1, 8)}


@pytest.mark.parametrize(
    ("stored", "words"),
    [
        ("esriMapCacheStorageModeCompact", "compact, version 1"),
        ("esriMapCacheStorageModeExploded", "exploded"),
        ("somethingNew", "somethingNew"),
        ("", "not shown by this service"),
    ],
)
def test_the_storage_format_in_words(stored: str, words: str) -> None:
    assert f"Stored {words}" in page(made(scheme=replace(SCHEME, storage_format=stored))).said


@pytest.mark.parametrize("extent", [None, Extent(0, 0, 0, 5), Extent(5, 5, 1, 1)])
def test_an_extent_without_an_area_is_not_drawn(extent: Extent | None) -> None:
    seen = page(made(scheme=replace(SCHEME, extent=extent)))
    assert "<svg" not in seen.text and "not known" in seen.said


def test_an_extent_of_one_tile_is_drawn_without_edges() -> None:
    small = Extent(10.0, 3990.0, 20.0, 3999.0)
    scheme = replace(SCHEME, lods=(LevelOfDetail(0, 1.0, 10.0),), extent=small)
    assert "<line" not in drawn_extent(scheme, small) and "<rect" in drawn_extent(scheme, small)


def test_a_very_long_extent_can_still_be_seen() -> None:
    long = Extent(0.0, 0.0, 1e9, 1.0)
    found = re.search(r'<rect [^>]*width="(\S+)" height="(\S+)"', drawn_extent(SCHEME, long))
    assert found is not None and found.groups() == ("320.0", "24.0")
