"""Every way to call the tool, against the rehearsal server, over HTTPS, in this process."""

from __future__ import annotations

import json
import ssl
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

import keyring
import keyring.backend
import pytest
from arcpy_standin import ExecuteError, Outcome, Pro, Session
from keyrings.alt.file import PlaintextKeyring
from support.choosing import one_in
from support.source import ROOT
from support.toolbox import INSTANCES, SERVICE, TOOL, TOOLBOX, URL, MemoryKeyring, Place, Start, assert_ended_cleanly

from cachetools_core.rehearsal.server import Rehearsal


def test_a_stand_alone_site_with_the_keyring(pro: Pro, place: Place) -> None:
    assert place.tiles() > 0
    result = pro.call(TOOL, place.url)
    assert (result.status, result[0], result.getOutput(0)) == (4, place.url, place.url)
    assert place.tiles() == 0
    assert place.tiles("Weather/Wind:ImageServer") > 0
    assert place.server.submits == 1
    assert "Deleted: the cache of Rainfall:MapServer is gone" in result.getMessages()
    assert "Server: " in result.getMessages()
    assert place.server.password not in result.getMessages()
    assert_ended_cleanly(pro)


def test_a_keyring_file(pro: Pro, place: Place, tmp_path: Path, own_home: Path) -> None:
    file = PlaintextKeyring()
    file.file_path = str(tmp_path / "keyring.cfg")
    file.set_password(f"CacheTools:{place.server.site}", place.server.username, place.server.password)
    keyring.set_keyring(file)
    with pytest.raises(ExecuteError, match="CT401"):
        pro.call(TOOL, place.url)
    profile = own_home / ".agsprofile"
    profile.write_text(f"[night]\nurl = {place.server.site}\nusername = {place.server.username}\n", encoding="utf-8")
    file.set_password("esri_ags_profile_passwords", "night", place.server.password)
    assert pro.call(TOOL, place.url)[0] == place.url
    assert place.tiles() == 0


def test_an_image_service_from_the_pane(pro: Pro, place: Place) -> None:
    url = place.server.services[1]["url"]
    pane = pro.open_in_pane(TOOL)
    pane.edit(SERVICE, url.replace("/rest/services/", "/services/"))
    outcome = pane.run()
    assert outcome.texts(2) == []
    assert pane[URL].value == url
    assert (place.tiles("Weather/Wind:ImageServer"), place.server.submits) == (0, 1)
    assert place.tiles() > 0


def portal_token(server: Rehearsal, role: str, referer: str) -> dict[str, Any]:
    """What arcpy.GetSigninToken gives: a real token of the rehearsal portal, bound to a referer."""
    account = server.accounts[role]
    fields = {
        "username": account.username,
        "password": account.password,
        "client": "referer",
        "referer": referer,
        "expiration": "60",
        "f": "json",
    }
    context = ssl.create_default_context(cafile=str(server.ca_file))
    body = urllib.parse.urlencode(fields).encode()
    with urllib.request.urlopen(f"{server.portal}/sharing/rest/generateToken", body, context=context) as answer:
        said = json.load(answer)
    return {"token": said["token"], "referer": referer, "expires": said["expires"], "messages": []}


@pytest.mark.parametrize("slash", ["", "/"])
def test_a_federated_site_with_the_active_portal(start: Start, slash: str) -> None:
    place = start(federated=True)
    keyring.set_keyring(MemoryKeyring())
    token = portal_token(place.server, "publisher", "http://www.esri.com/AGO/0123")
    with Pro(signin_token=token, portal_url=f"{place.server.portal}{slash}") as pro:
        pro.add_toolbox(TOOLBOX)
        result = pro.call(TOOL, place.url)
        assert result[0] == place.url
        assert "Pro's active portal" in result.getMessages()
        assert token["token"] not in result.getMessages()
        assert (place.tiles(), place.server.submits) == (0, 1)
        assert_ended_cleanly(pro)


def test_a_federated_site_with_the_keyring_while_pro_is_signed_in_elsewhere(start: Start) -> None:
    place = start(federated=True)
    with Pro(portal_url="https://www.arcgis.com/") as pro:
        pro.add_toolbox(TOOLBOX)
        assert pro.call(TOOL, place.url)[0] == place.url
        assert place.tiles() == 0


def test_nobody_signed_in_says_where_it_looked(start: Start) -> None:
    place = start(federated=True)
    keyring.set_keyring(MemoryKeyring())
    with Pro(portal_url=place.server.portal or "") as pro:
        pro.add_toolbox(TOOLBOX)
        with pytest.raises(ExecuteError, match=r"CT401: .*Pro isn't signed in to it.*keyring") as caught:
            pro.call(TOOL, place.url)
        assert len(str(caught.value).splitlines()) == 2
        assert place.server.submits == 0
        assert_ended_cleanly(pro)


SCRIPTS = {
    "position": "result = arcpy.mapcache.DeleteMapServerCache(inputService, 2)",
    "old name": "result = arcpy.DeleteMapServerCache_mapcache(inputService, 2)",
    "keyword": f"result = arcpy.mapcache.DeleteMapServerCache(input_service=inputService, {INSTANCES}=2)",
}


@pytest.mark.parametrize("call", list(SCRIPTS.values()), ids=list(SCRIPTS))
def test_esris_documented_call_warns_and_runs(pro: Pro, place: Place, call: str) -> None:
    script = f"""
import time
import arcpy

arcpy.env.workspace = "C:/data"
arcpy.ImportToolbox(r"{TOOLBOX}")
inputService = "{place.url}"
{call}
while result.status < 4:
    time.sleep(0.2)
said = result.getMessages()
warned = result.getMessages(1)
"""
    names: dict[str, Any] = {}
    exec(compile(script, "sample.py", "exec"), names)
    assert names["result"].status == 4
    assert "2 is ignored" in names["warned"]
    assert names["result"].maxSeverity == 1
    assert "Deleted: " in names["said"]
    assert place.tiles() == 0


@pytest.mark.parametrize("kept", one_in(2, [None, "", "#", "-1", -1]))
def test_the_default_can_be_kept_in_every_way(pro: Pro, place: Place, kept: Any) -> None:
    result = pro.call(TOOL, place.url, kept)
    assert result[0] == place.url
    assert "ignored" not in result.getMessages()
    job = place.server.jobs[0]
    assert job.inputs["thread_count"] == "-1"


def test_a_second_run_has_nothing_to_delete_and_succeeds(pro: Pro, place: Place) -> None:
    pro.call(TOOL, place.url)
    result = pro.call(TOOL, place.url)
    assert result[0] == place.url
    assert "nothing to delete" in result.getMessages(1)
    assert place.server.submits == 1


def test_a_layer_file(pro: Pro, place: Place, tmp_path: Path) -> None:
    port = urllib.parse.urlsplit(place.url).port
    text = (ROOT / "layers" / "Rainfall.lyrx").read_text(encoding="utf-8").replace(":6443", f":{port}")
    (tmp_path / "Rainfall.lyrx").write_text(text, encoding="utf-8")
    assert pro.call(TOOL, str(tmp_path / "Rainfall.lyrx"))[0] == place.url
    assert place.tiles() == 0


def test_a_connection_file(pro: Pro, place: Place, tmp_path: Path) -> None:
    connection = tmp_path / "arcgis on localhost_6443 (admin).ags"
    connection.write_bytes(b"\x01\x02" + f"{place.server.site}/services".encode("utf-16-le") + b"\x00\x00\x07")
    assert pro.call(TOOL, rf"{connection}\Rainfall.MapServer")[0] == place.url
    assert place.tiles() == 0


def test_messages_and_progress_appear_while_the_job_runs(start: Start) -> None:
    place = start(job_seconds=2.0)
    seen: list[tuple[int, int]] = []

    def look(session: Session) -> bool:
        if any(job.status == "esriJobExecuting" for job in place.server.jobs):
            said = [text for text in session.outcome.texts() if text.startswith("Server: ")]
            seen.append((len(said), len(positions(session.outcome))))
            place.server.let_jobs_take(0.0 if min(seen[-1]) > 1 else 60.0)
        return False

    def positions(outcome: Outcome) -> list[int]:
        return [step[1] for step in outcome.progress if step[0] == "position"]

    with Pro(cancel_when=look) as pro:
        pro.add_toolbox(TOOLBOX)
        pro.call(TOOL, place.url)
        assert max(said for said, _ in seen) > 0
        assert max(moves for _, moves in seen) > 1
        assert positions(pro.outcome) == sorted(positions(pro.outcome))


def test_a_cancel_in_the_pane_stops_the_servers_job(start: Start) -> None:
    place = start(job_seconds=15)
    before = place.tiles()
    executing = lambda session: any(job.status == "esriJobExecuting" for job in place.server.jobs)  # noqa: E731
    with Pro(cancel_when=executing) as pro:
        pro.add_toolbox(TOOLBOX)
        pane = pro.open_in_pane(TOOL)
        pane.edit(SERVICE, place.url)
        outcome = pane.run()
        assert not outcome.succeeded
        assert [job.status for job in place.server.jobs] == ["esriJobCancelled"]
        assert place.tiles() == before
        assert len(outcome.texts(2)) == 2
        assert outcome.texts(2)[0].startswith("CT601: ")
        assert pane[URL].value is None
        assert_ended_cleanly(pro)


def test_a_cancel_before_the_job_submits_nothing(place: Place) -> None:
    with Pro(cancel_when=lambda session: bool(place.server.requests)) as pro:
        pro.add_toolbox(TOOLBOX)
        with pytest.raises(ExecuteError, match="CT601"):
            pro.call(TOOL, place.url)
        assert (place.server.submits, place.tiles() > 0) == (0, True)
        assert_ended_cleanly(pro)


@pytest.mark.parametrize(("fault", "message_id"), [("job-failed", "CT701"), ("reset-before@info", "CT201")])
def test_a_failure_on_the_server_is_one_message(pro: Pro, place: Place, fault: str, message_id: str) -> None:
    place.server.fault(fault)
    with pytest.raises(ExecuteError, match=message_id) as caught:
        pro.call(TOOL, place.url)
    assert len(str(caught.value).splitlines()) == 2
    assert place.tiles() > 0
    assert_ended_cleanly(pro)


def test_a_certificate_that_nobody_trusts(pro: Pro, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    with pytest.raises(ExecuteError, match="CT204"):
        pro.call(TOOL, place.url)
    assert place.server.requests == []
    assert_ended_cleanly(pro)


def test_a_user_without_the_right(pro: Pro, place: Place) -> None:
    place.store("user")
    with pytest.raises(ExecuteError, match="CT30"):
        pro.call(TOOL, place.url)
    assert (place.server.submits, place.tiles() > 0) == (0, True)
    assert_ended_cleanly(pro)
