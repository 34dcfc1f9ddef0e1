"""Whatever a journal's file holds, an entry of this service's site comes out of it, or an error that can be shown."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.entries import ENTRY, SERVICE, SITE, look
from support.journals import entry_of

from cachetools_core.errors import JournalError
from cachetools_core.local.entry_text import entry_as_text, entry_from_text
from cachetools_core.local.journal import Journal, unfinished
from cachetools_core.proof.written_look import look_as_dict

JOB_ADDRESS = re.compile(re.escape(f"{SITE}/rest/services/System/") + r"\w+/GPServer/[\w.~%-]+/jobs/[\w-]+")
NOW = json.loads(entry_as_text(replace(ENTRY, before=look("there", [])).with_job("j1"), lambda text: text))
ODD: list[Any] = [
    None, True, False, 0, -1, 1.5, 10**30, float("inf"), float("nan"), "", " ", "0", "\ud800", "\0", "\u202e", "../..",
    "https://evil.example.io/", "x" * 10_000, [], {}, [[]], [None], {"a": None}, ["\ud800"],
]  # fmt: skip


def places_in(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value within a value."""
    below = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in below:
        yield (*path, key)
        yield from places_in(one, (*path, key))


def with_odd(whole: Any, path: tuple[Any, ...], odd: Any) -> str:
    changed = copy.deepcopy(whole)
    holder = changed
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = odd
    return json.dumps(changed)


def without(whole: Any, path: tuple[Any, ...]) -> str:
    changed = copy.deepcopy(whole)
    holder = changed
    for key in path[:-1]:
        holder = holder[key]
    del holder[path[-1]]
    return json.dumps(changed)


def feed(folder: Path, content: bytes) -> None:
    folder.mkdir(exist_ok=True)
    file = Journal(SERVICE, folder).file
    file.write_bytes(content)
    assert len(unfinished(folder)) == 1
    try:
        entry = entry_of(SERVICE, folder)
    except JournalError as error:
        assert str(file) in error.what
        assert str(error).isprintable()
        return
    assert entry is not None and entry.service == SERVICE
    assert JOB_ADDRESS.fullmatch(entry.with_job(entry.job_id or "j").job_url)
    assert entry.before.cached in (True, False, None)
    json.dumps(look_as_dict(entry.before), allow_nan=False)
    again = entry_from_text(entry_as_text(entry, lambda text: text))
    assert again == replace(entry, begun=entry.begun.replace(microsecond=0))


def test_what_is_spoilt_below_is_read_as_it_is() -> None:
    assert entry_from_text(json.dumps(NOW)).job_url == f"{ENTRY.task_url}/jobs/j1"


@pytest.mark.parametrize("every", [3, pytest.param(1, marks=pytest.mark.thorough)], ids="every {}".format)
def test_one_odd_value_ends_in_an_entry_of_this_site_or_an_error(every: int, tmp_path: Path) -> None:
    for path in places_in(NOW):
        feed(tmp_path / "journal", without(NOW, path).encode())
        for odd in ODD[::every]:
            feed(tmp_path / "journal", with_odd(NOW, path, odd).encode())


@settings(max_examples=50)
@given(at=st.integers(0, 2000), junk=st.binary(max_size=8))
def test_a_file_that_was_cut_off_or_spoilt_on_the_disk(at: int, junk: bytes, tmp_path: Path) -> None:
    text = json.dumps(NOW).encode()
    feed(tmp_path / "journal", text[:at] + junk)
    feed(tmp_path / "journal", text[:at] + junk + text[at + len(junk) :])


@settings(max_examples=50)
@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(), lambda one: st.lists(one) | st.dictionaries(st.text(), one)
    )
)
def test_any_json_is_an_error_that_can_be_shown(tmp_path: Path, value: Any) -> None:
    feed(tmp_path / "journal", json.dumps(value).encode())


@pytest.mark.parametrize("account", ["\udcff", "j\ud800", "\U0001f600", "a\nb", '"', "\0"])
def test_any_name_of_an_account_is_written_and_read_again(account: str, tmp_path: Path) -> None:
    entry = replace(ENTRY, account=account)
    with Journal(SERVICE, tmp_path / "journal").held() as journal:
        journal.write(entry)
    assert entry_of(SERVICE, tmp_path / "journal") == entry
