"""`delete` of several services: the list in a file, the plan, the summary, the exit code."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from support.choosing import some_of
from support.command_line import Outcome, Site
from support.schema import misfits, summary_misfits

from cachetools_core.rehearsal.server import Rehearsal


@pytest.fixture
def site(rehearsal: Callable[..., Rehearsal]) -> Site:
    return Site(rehearsal(services=3))


@pytest.fixture
def urls(site: Site) -> list[str]:
    return [str(one["url"]) for one in site.server.services[1:]]


def options(site: Site) -> list[str]:
    return site.to()[1:]


def test_several_services_end_with_a_summary(run: Callable[..., Outcome], site: Site, urls: list[str]) -> None:
    done = run("delete", urls[0], "--yes", *urls[1:], *options(site), stdin=site.password)
    lines = done.out.splitlines()
    assert done.code == 0 and lines[-1].startswith("3 deleted, in ")
    assert [line.split()[0] for line in lines[1:-2]] == ["deleted"] * 3
    assert "In all: 3 caches to delete, 9 tiles, " in done.err
    assert site.server.submits == 3


def test_json_is_one_summary(run: Callable[..., Outcome], site: Site, urls: list[str], tmp_path: Path) -> None:
    site.server.fault("job-failed:1")
    folder = tmp_path / "receipts"
    done = run("delete", *urls, "--yes", "--json", "--receipts", str(folder), *options(site), stdin=site.password)
    summary = done.json
    assert (done.code, summary["exit_code"], summary["counts"]) == (1, 1, {"deleted": 2, "not-deleted": 1})
    assert [one["service"] for one in summary["receipts"]] == urls
    assert summary_misfits(summary) == []
    kept = [file.name for file in folder.glob("*.html")]
    assert len(kept) == 4 and sum("-summary-" in name for name in kept) == 1


def test_one_service_ends_with_its_receipt(run: Callable[..., Outcome], site: Site, urls: list[str]) -> None:
    done = run("delete", urls[0], "--yes", "--json", *options(site), stdin=site.password)
    assert (done.code, done.json["verdict"], misfits(done.json)) == (0, "deleted", [])


LISTED = """# the maps of the town
  #{0}x

{0}
  {1}    # twice, see below
{2} #
{3} #and again
"""


@pytest.mark.parametrize(
    ("mark", "end"),
    some_of(
        {
            "plain, lf": ("", "\n"),
            "plain, crlf": ("", "\r\n"),
            "marked, lf": ("\ufeff", "\n"),
            "marked, crlf": ("\ufeff", "\r\n"),
        },
        "plain, lf",
        "marked, crlf",
    ),
)
def test_services_are_read_from_a_file(
    run: Callable[..., Outcome], site: Site, urls: list[str], tmp_path: Path, mark: str, end: str
) -> None:
    listed = tmp_path / "services.txt"
    text = mark + LISTED.format(*urls, urls[1].replace("Planning", "PLANNING"))
    listed.write_bytes(text.replace("\n", end).encode())
    done = run("delete", "--from", str(listed), "--yes", "--json", *options(site), stdin=site.password)
    assert (done.code, [one["service"] for one in done.json["receipts"]]) == (0, urls)
    assert "is named more than once, and done once." in done.err


def test_a_line_that_names_no_service_stops_nobody(
    run: Callable[..., Outcome], site: Site, urls: list[str], tmp_path: Path
) -> None:
    listed = tmp_path / "services.txt"
    secret = "https://publisher1:Hush # now@gis.example.com/server/rest/services/A/MapServer"
    listed.write_text(f"{urls[0]}\nRainfall\n{secret}\n", encoding="utf-8")
    done = run("delete", urls[1], "--from", str(listed), "--yes", "--json", *options(site), stdin=site.password)
    assert (done.code, done.json["counts"]) == (2, {"deleted": 2, "not-deleted": 2})
    assert [one["error"]["id"] for one in done.json["receipts"][2:]] == ["CT101", "CT101"]
    assert "Hush" not in done.out + done.err


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "can't be read: No such file or directory."),
        (b"# nothing\n\n", "names no service."),
        ("Übersicht".encode("utf-16"), "isn't in UTF-8."),
        (b"https://gis.example.com/server/rest/services/A/MapServer\n" * 80_000, "is too large."),
    ],
    ids=["missing", "empty", "not UTF-8", "cut off otherwise"],
)
def test_a_file_that_is_no_list_ends_with_2(
    run: Callable[..., Outcome], tmp_path: Path, content: bytes | None, words: str
) -> None:
    listed = tmp_path / "services.txt"
    if content is not None:
        listed.write_bytes(content)
    done = run("delete", "--from", str(listed), "--yes")
    assert done.code == 2 and words in done.err and str(listed) in done.err


def test_without_a_terminal_several_services_need_yes(run: Callable[..., Outcome], site: Site, urls: list[str]) -> None:
    done = run("delete", *urls, *options(site), stdin=site.password)
    assert done.code == 2 and "add --yes" in done.err and site.server.requests == []
