"""Store Server Sign-In and Remove Server Sign-In in the pane, in a model and from a script."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keyring
import pytest
from arcpy_standin import ExecuteError, Pro
from support.toolbox import REMOVE, STORE, TOOL, MemoryKeyring, Place, assert_ended_cleanly

WRONG = "wrong-horse-battery-staple"


@pytest.fixture
def place(place: Place, monkeypatch: pytest.MonkeyPatch) -> Place:
    """Nothing is stored, and nobody trusts the site's certificate."""
    keyring.set_keyring(MemoryKeyring())
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    return place


def everything_said(pro: Pro) -> str:
    return "\n".join([*pro.outcome.texts(), *map(str, pro.outcome.inputs), *map(str, pro.outcome.outputs)])


def store_in_pane(pro: Pro, place: Place, password: str) -> Any:
    pane = pro.open_in_pane(STORE)
    pane.edit("site", f"{place.server.site}/rest/services")
    pane.edit("username", place.server.username)
    pane.edit("password", password)
    pane.edit("ca_file", str(place.server.ca_file))
    pane.edit("cache_directory", str(place.server.cache("Rainfall").folder.parent))
    assert [pane[name].message for name in ("site", "username", "password", "ca_file", "cache_directory")] == [""] * 5
    return pane


def test_what_is_stored_serves_the_next_run(pro: Pro, place: Place) -> None:
    pane = store_in_pane(pro, place, place.server.password)
    outcome = pane.run()
    assert outcome.texts(2) == []
    assert pane["out_site"].value == place.server.site
    assert f"under 'CacheTools:{place.server.site}'" in "".join(outcome.texts(0))
    assert place.server.password not in everything_said(pro)
    assert_ended_cleanly(pro)
    assert pro.call(TOOL, place.url)[0] == place.url  # with the stored account, and the certificate kept for the site
    assert place.tiles() == 0


def test_a_wrong_password_stores_nothing(pro: Pro, place: Place) -> None:
    outcome = store_in_pane(pro, place, WRONG).run()
    assert not outcome.succeeded
    assert outcome.texts(2)[0].startswith("CT402: ")
    assert len(outcome.texts(2)) == 2
    assert WRONG not in everything_said(pro)
    assert keyring.get_password(f"CacheTools:{place.server.site}", place.server.username) is None
    assert_ended_cleanly(pro)


def test_after_removing_the_other_tools_say_where_they_looked(pro: Pro, place: Place) -> None:
    store_in_pane(pro, place, place.server.password).run()
    result = pro.call(REMOVE, place.server.site)
    assert (result.getOutput(0), result.maxSeverity) == ("1", 0)
    assert place.server.username in result.getMessages()
    with pytest.raises(ExecuteError, match=r"CT401: .*keyring.*Store Server Sign-In") as caught:
        pro.call(TOOL, place.url)
    assert "--" not in str(caught.value)
    assert "cachetools_core" not in str(caught.value)


def test_nothing_to_remove_is_a_warning(pro: Pro, place: Place) -> None:
    result = pro.call(REMOVE, place.server.site, "nobody")
    assert (result.getOutput(0), result.maxSeverity) == ("0", 1)
    assert place.server.requests == []


@pytest.mark.parametrize("tool", [STORE, REMOVE])
@pytest.mark.parametrize(("text", "good"), [
    ("https://h/server", True), ("http://h:6080/arcgis/rest/services", True), ("https://h", True),
    ("%Site%", True), ("https://%Host%/arcgis", True),
    ("h/server", False), ("ftp://h/server", False), ("World Imagery", False), ("https://u:hunter2@h/arcgis", False),
])  # fmt: skip
def test_the_sites_text_is_looked_at_before_the_run(pro: Pro, tool: str, text: str, good: bool) -> None:
    pane = pro.open_in_pane(tool)
    pane.edit("site", text)
    assert pane["site"].message.startswith("CT101: ") is not good
    assert "hunter2" not in pane["site"].message


@pytest.mark.parametrize("tool", [STORE, REMOVE])
def test_another_tools_output_is_let_through(pro: Pro, tool: str) -> None:
    parameters = pro.model_validate(tool, {"username": "u", "password": "p"}, {"site": None}) if tool == STORE else (
        pro.model_validate(tool, derived={"site": "Output Value", "username": None})
    )  # fmt: skip
    assert [p.message for p in parameters.values()] == [""] * len(parameters)


def test_a_missing_password_is_pros_own_error(pro: Pro) -> None:
    with pytest.raises(ExecuteError, match="ERROR 000735: Password"):
        pro.call(STORE, "https://h/server", "u")
    assert "execute" not in pro.calls


def test_a_ca_file_that_is_none(pro: Pro, place: Place, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("no certificate", encoding="utf-8")
    with pytest.raises(ExecuteError) as caught:
        pro.call(STORE, place.server.site, place.server.username, place.server.password, str(tmp_path / "ca.pem"))
    assert "ca.pem" in str(caught.value)
    assert place.server.password not in everything_said(pro)
    assert place.server.requests == []
    assert_ended_cleanly(pro)
