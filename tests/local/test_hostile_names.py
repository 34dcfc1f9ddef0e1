"""File names for hostile texts."""

from __future__ import annotations

import re
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from support.hostile import hostile_text

from cachetools_core.local.folders import file_name_for


@settings(max_examples=150)
@given(
    st.one_of(
        hostile_text.map(lambda t: t.encode("utf-8", "replace").decode()), hostile_text.map("https://h/{}".format)
    )
)
def test_a_file_name_stays_in_its_folder_and_no_two_addresses_share_it(text: str) -> None:
    address = text.encode("utf-8", "replace").decode()
    name = file_name_for(address)
    assert re.fullmatch(r"[A-Za-z0-9_.-]{1,100}", name)
    assert Path("/a/journal", f"{name}.json").resolve().parent == Path("/a/journal").resolve()
    assert name != file_name_for(address + "/")
    assert not name.startswith(".")
