"""The journal: a job is written down before it is watched, whole or not at all, and found again under any spelling."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from support.choosing import one_in
from support.entries import ENTRY, OTHER, SCALE, SERVICE, SITE, TASK, look, noted, other_file
from support.journals import entry_of, environment

from cachetools_core.errors import AlreadyRunning, JournalError, NotAService
from cachetools_core.local.journal import Journal, Unreadable, forget, unfinished
from cachetools_core.proof.entry import Entry
from cachetools_core.proof.way_back import WayBack
from cachetools_core.secrecy import Secrets


@pytest.fixture
def journal(folder: Path) -> Iterator[Journal]:
    """The journal of the service, held by this process."""
    with Journal(SERVICE, folder).held() as held:
        yield held


def names(folder: Path) -> list[str]:
    return sorted(path.suffix for path in folder.iterdir())


# What is written, and read again


@pytest.mark.parametrize(
    "entry",
    [
        ENTRY,
        ENTRY.with_job("j1"),
        ENTRY.with_job("j0-4f1b_22"),
        replace(ENTRY, known_jobs=None, before=look("nothing", None)),
        replace(ENTRY, known_jobs=frozenset(), before=look("gone", [])),
        replace(ENTRY, task_url=f"{SITE}/rest/services/System/PublishingTools/GPServer/Delete%20Tiles").with_job("j1"),
    ],
)
def test_what_is_written_is_read_again(entry: Entry, journal: Journal) -> None:
    journal.write(entry)
    assert journal.entry() == entry
    assert entry_of(SERVICE, journal.folder) == entry


def test_a_person_can_read_it(journal: Journal) -> None:
    journal.write(ENTRY.with_job("j1"))
    text = journal.file.read_text(encoding="utf-8")
    for words in (
        SERVICE,
        "anna",
        "2024-05-06T07:08:09+00:00",
        f"{TASK}/jobs/j1",
        "instead of submitting",
        '"tiles": 16',
    ):
        assert words in text
    assert "make sure in ArcGIS Server Manager that no job for this service is running" in text
    assert len(text.splitlines()) > 10
    assert json.loads(text)["version"] == 2
    assert journal.file.name.startswith("gis_example_com_server_rest_services_folder_")
    assert journal.file.suffix == ".json"


def test_the_answer_that_has_not_come_is_said_in_words(journal: Journal) -> None:
    journal.write(ENTRY)
    assert "the answer to the submit hasn't come yet" in journal.file.read_text(encoding="utf-8")


def test_what_is_cleared_is_gone_and_may_be_cleared_again(journal: Journal) -> None:
    journal.write(ENTRY)
    assert journal.holds_entry
    journal.clear()
    journal.clear()
    assert (journal.entry(), journal.holds_entry, names(journal.folder)) == (None, False, [".lock"])


def test_secrets_are_blotted_out_and_a_job_whose_id_holds_one_counts_as_not_known(folder: Path) -> None:
    entry = replace(ENTRY, account="anna hush", known_jobs=frozenset({"j0", "hush7"})).with_job("hush1")
    with Journal(SERVICE, folder, blotted=Secrets(["hush"]).blotted_value).held() as journal:
        journal.write(entry)
        assert "hush" not in journal.file.read_text(encoding="utf-8")
        assert journal.entry() == replace(entry, account="anna ***", known_jobs=None, job_id="")


def test_a_moment_is_kept_to_the_second(journal: Journal) -> None:
    journal.write(replace(ENTRY, begun=ENTRY.begun + timedelta(milliseconds=300)))
    entry = journal.entry()
    assert entry is not None and entry.begun == ENTRY.begun


# Whole or not at all


def test_a_reader_sees_a_whole_entry_or_none_at_all(journal: Journal) -> None:
    seen: list[Entry | None] = []
    torn: list[JournalError] = []
    stop = threading.Event()

    def read() -> None:
        while not stop.is_set():
            try:
                seen.append(entry_of(SERVICE, journal.folder))
            except JournalError as error:
                torn.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(200):
        journal.write(ENTRY.with_job(f"j{number}") if number % 2 else ENTRY)
    stop.set()
    reader.join()
    assert (torn, {entry.service for entry in seen if entry is not None}) == ([], {SERVICE})
    assert names(journal.folder) == [".json", ".lock"]


WRITE_ON = """
import sys, itertools
from pathlib import Path
from support.entries import ENTRY, SERVICE
from cachetools_core.local.journal import Journal
with Journal(SERVICE, Path(sys.argv[1])).held() as journal:
    for number in itertools.count():
        journal.write(ENTRY.with_job(f"j{number}"))
        print(number, flush=True)
"""


@pytest.mark.parametrize("writes", one_in(4, range(1, 9)))
def test_a_run_that_is_killed_while_it_writes_leaves_a_whole_entry(writes: int, folder: Path) -> None:
    root = Path(__file__).resolve().parent.parent.parent
    command = [sys.executable, "-c", WRITE_ON, str(folder)]
    variables = environment({"PYTHONPATH": os.pathsep.join([str(root), str(root / "tests")])})
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root, env=variables) as process:
        assert process.stdout is not None
        for _ in range(writes):
            process.stdout.readline()
        process.kill()
        last = [int(line) for line in process.stdout][-1:] or [writes - 1]
    found = entry_of(SERVICE, folder)
    assert found is not None and int(found.job_id[1:]) - last[0] in (0, 1)
    with Journal(SERVICE, folder).held() as next_run:
        next_run.write(ENTRY)
        assert names(folder) == [".json", ".lock"]


def test_the_whole_entry_is_on_the_disk_before_it_has_its_name_and_its_folder_after(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a power failure leaves can't be rehearsed, so the order of the operating system's calls is looked at."""
    synced, handles, fsync = [], [], os.fsync

    def watched(handle: int) -> None:
        fsync(handle)
        handles.append(handle)
        is_folder, named = stat.S_ISDIR(os.fstat(handle).st_mode), journal.file.exists()
        synced.append(("folder", named) if is_folder else ("file", named, os.fstat(handle).st_size))

    monkeypatch.setattr(os, "fsync", watched)
    journal.write(ENTRY)
    file = ("file", False, journal.file.stat().st_size)
    assert synced == ([file] if sys.platform == "win32" else [file, ("folder", True)])
    for handle in handles:
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(handle)


# One service, one entry


def test_two_services_have_two_files(folder: Path) -> None:
    files = {Journal(f"https://h/arcgis/rest/services/{name}/MapServer", folder).file for name in ("a/b", "a_b", "a")}
    assert len(files) == 3


SPELLINGS = [
    (SERVICE, SERVICE.replace("Folder", "FOLDER")),
    (SERVICE, SERVICE.replace("https://gis", "http://GIS")),
    (SERVICE, SERVICE.replace("/server/", "/Server/")),
    (SERVICE, SERVICE.replace(".com", ".com.")),
    (SERVICE, SERVICE.replace(".com", ".com:443")),
    (SERVICE, SERVICE.replace(".com", ".com:6443")),
    (SERVICE, SERVICE.replace("%C3%A4", "%c3%a4")),
    (SERVICE, SERVICE.replace("%C3%A4", "\u00e4")),
    (SERVICE, SERVICE.replace("%C3%A4", "a\u0308")),
    (SERVICE, SERVICE.replace("%C3%A4", "\u00c4")),
    (SERVICE.replace("gis.", "m\u00fcller."), SERVICE.replace("gis.", "xn--mller-kva.")),
    (SERVICE.replace("gis.example.com", "localhost:6443"), SERVICE.replace("gis.example.com", "127.0.0.1:6443")),
    (SERVICE.replace("gis.example.com", "localhost"), SERVICE.replace("gis.example.com", "[::1]")),
    (SERVICE.replace("gis.example.com", "[2001:db8::1]"), SERVICE.replace("gis.example.com", "[2001:DB8:0::0:1]")),
]


@pytest.mark.parametrize(("one", "other"), [*SPELLINGS, *((other, one) for one, other in SPELLINGS)])
def test_spellings_of_one_service_share_an_entry_and_a_lock(one: str, other: str, folder: Path) -> None:
    site, other_site = one.partition("/rest/")[0], other.partition("/rest/")[0]
    with Journal(one, folder).held() as journal:
        journal.write(replace(ENTRY, service=one, task_url=TASK.replace(SITE, site)).with_job("j1"))
        with pytest.raises(AlreadyRunning), Journal(other, folder).held():
            raise AssertionError("held twice")
    found = entry_of(other, folder)
    assert found is not None
    assert (found.service, found.task_url) == (other, TASK.replace(SITE, other_site)), "the host that is asked is named"
    assert Journal(other, folder).file == journal.file


@pytest.mark.parametrize("context", ["/arcgis/", "/"])
def test_another_context_is_another_entry(context: str, folder: Path) -> None:
    with Journal(SERVICE, folder).held() as journal:
        journal.write(ENTRY)
    assert entry_of(SERVICE.replace("/server/", context), folder) is None


def test_a_site_at_the_root_of_its_host_has_a_journal_too(folder: Path) -> None:
    service = SERVICE.replace("/server/", "/")
    entry = replace(ENTRY, service=service, task_url=TASK.replace("/server/", "/")).with_job("j1")
    with Journal(service, folder).held() as journal:
        journal.write(entry)
    assert entry_of(service, folder) == entry


@pytest.mark.parametrize("text", ["", "Rainfall", "file.lyrx", "https://u:hush@h/rest/services/R/MapServer"])
def test_what_is_no_service_has_no_journal(text: str, folder: Path) -> None:
    with pytest.raises(NotAService) as raised:
        entry_of(text, folder)
    assert "hush" not in str(raised.value)


# Entries under other spellings


def test_the_file_of_another_spelling_gives_way_to_the_one_that_is_written_now(folder: Path) -> None:
    old = other_file(folder)
    old.write_text(noted(answered=False, job_url=""), encoding="utf-8")
    with Journal(SERVICE, folder).held() as journal:
        assert journal.file == old
        entry = journal.entry()
        assert entry is not None
        journal.write(entry.with_job("j7"))
        assert journal.file != old and not old.exists()
        assert entry_of(SERVICE, folder) == entry.with_job("j7")


def test_an_entry_under_another_spelling_is_found(folder: Path) -> None:
    spelled = SERVICE.replace("https://gis", "http://gis")
    site = spelled.partition("/rest/")[0]
    task, old = TASK.replace(SITE, site), other_file(folder)
    old.write_text(noted(service=spelled, task=task, job_url=f"{task}/jobs/j1"), encoding="utf-8")
    with Journal(SERVICE, folder).held() as journal:
        assert (journal.file, journal.holds_entry) == (old, True)
        entry = journal.entry()
        assert entry is not None and entry.job_url == f"{TASK}/jobs/j1"
        journal.clear()
        assert not old.exists()


def test_of_two_entries_one_after_the_other_comes_to_light_and_none_is_overwritten(folder: Path) -> None:
    other_file(folder).write_text(noted(begun="2024-01-01T00:00:00+00:00"), encoding="utf-8")
    with Journal(SERVICE, folder).held() as journal:
        journal.write(ENTRY.with_job("j2"))
        assert [entry.job_id for entry in [journal.entry()] if entry] == ["j2"]
        journal.clear()
        assert [entry.job_id for entry in [journal.entry()] if entry] == ["j1"]
        journal.clear()
        assert journal.entry() is None


def test_a_file_under_another_spelling_that_cannot_be_understood_stops_too(folder: Path) -> None:
    spelled = SERVICE.replace("https://", "http://")
    other_file(folder).write_text(noted(service=spelled, begun="yesterday"), encoding="utf-8")
    with pytest.raises(JournalError, match="delete that file"):
        entry_of(SERVICE, folder)


# What can't be understood


def spoilt(**changes: Any) -> str:
    fields = {
        "version": 2, "service": SERVICE, "account": "anna", "begun": "2024-05-06T07:08:09+00:00", "task": TASK,
        "job_url": f"{TASK}/jobs/j1", "answered": True, "known_jobs": None,
        "before": {"service": "answers", "witnesses": []},
    }  # fmt: skip
    return json.dumps({**fields, **changes})


def task(text: str) -> str:
    return spoilt(task=f"{SITE}/rest/services/System/{text}", answered=False)


def scale(**changes: Any) -> str:
    return noted(before=look_with({**SCALE, **changes}))


def look_with(*scales: Any) -> dict[str, Any]:
    report = {"witness": "report", "says": "there", "why": None, "words": "", "state": None, "scales": scales}
    return {"service": "answers", "witnesses": [report]}


ELSEWHERE = TASK.replace("gis.example.com", "evil.example.io")
HOSTILE = {
    "empty": "",
    "cut off": spoilt()[:100],
    "another kind of JSON": "[]",
    "null": "null",
    "nested without end": "[" * 100_000,
    "not text": "\udcff\udcfe",
    "another service": spoilt(service=OTHER),
    "no service": spoilt(service=None),
    "a service that is no address": spoilt(service="Rainfall"),
    "a later version": spoilt(version=3),
    "a version in words": spoilt(version="2"),
    "a version in a list": spoilt(version=[2]),
    "a task elsewhere": spoilt(task=ELSEWHERE, job_url=f"{ELSEWHERE}/jobs/j1"),
    "a job elsewhere": spoilt(job_url=f"{ELSEWHERE}/jobs/j1"),
    "a host that begins alike": spoilt(task=TASK.replace(".com", ".com.evil.io"), answered=False),
    "a job of another task": spoilt(job_url=f"{TASK}2/jobs/j1"),
    "a job that climbs": spoilt(job_url=f"{TASK}/jobs/../../admin"),
    "a job with a query": spoilt(job_url=f"{TASK}/jobs/j1?token=x"),
    "a job with an endless id": spoilt(job_url=f"{TASK}/jobs/{'j' * 101}"),
    "a task for a job": spoilt(job_url=TASK),
    "no task": spoilt(task=None, answered=False),
    "tools that climb": task("../../admin/GPServer/DeleteCache"),
    "no tools": task("/GPServer/DeleteCache"),
    "tools in another folder": spoilt(task=TASK.replace("System", "Mine"), answered=False),
    "a task that climbs": task("CachingTools/GPServer/.."),
    "a task that climbs in percent codes": task("CachingTools/GPServer/%2e%2e"),
    "a task with a path in percent codes": task("CachingTools/GPServer/a%2Fb"),
    "a task with a line break": task("CachingTools/GPServer/a%0Ab"),
    "a task with a query": task("CachingTools/GPServer/DeleteCache?x=1"),
    "a task below a task": task("CachingTools/GPServer/DeleteCache/jobs"),
    "no time": spoilt(begun="yesterday"),
    "a time before all clocks": spoilt(begun="0001-01-01T00:00:00+23:59"),
    "a number for a time": spoilt(begun=17),
    "no look": spoilt(before=None),
    "a look without witnesses": spoilt(before={"service": "answers"}),
    "a witness that nobody knows": spoilt(before={"service": "answers", "witnesses": [{"witness": "stars"}]}),
    "a number of jobs": spoilt(known_jobs=5),
    "a word for jobs": spoilt(known_jobs="j1"),
    "a host whose name is as long": noted(job_url=f"{TASK.replace('gis', 'sig')}/jobs/j1"),
    "tiles without end": scale(tiles=float("inf")),
    "tiles that are none": scale(tiles="many"),
    "tiles below none": scale(tiles=-1),
    "tiles beyond all counting": scale(tiles=10**18),
    "a scale that is no number": scale(scale=float("nan")),
    "the first form, which no release has written": noted(version=1),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_file_that_cannot_be_understood_is_an_error_that_says_what_to_do(name: str, folder: Path) -> None:
    folder.mkdir()
    file = Journal(SERVICE, folder).file
    file.write_bytes(HOSTILE[name].encode("utf-8", "surrogateescape"))
    with pytest.raises(JournalError) as raised:
        entry_of(SERVICE, folder)
    assert raised.value.message_id == "CT502"
    assert f"The journal file {file} can't be understood" in raised.value.what
    assert "delete that file" in raised.value.remedy
    assert Journal(SERVICE, folder).holds_entry


@pytest.mark.parametrize(
    "text", [spoilt(), noted(), scale(), task("T/GPServer/Delete%20Cache"), task("T/GPServer/L%C3%B6sche")]
)
def test_the_hostile_entries_are_refused_for_what_is_wrong_in_them(text: str, folder: Path) -> None:
    folder.mkdir()
    Journal(SERVICE, folder).file.write_text(text, encoding="utf-8")
    assert entry_of(SERVICE, folder) is not None


def test_a_file_without_end_is_not_read_to_its_end(folder: Path) -> None:
    folder.mkdir()
    file = Journal(SERVICE, folder).file
    with file.open("wb") as stream:
        stream.truncate(1 << 40)
    with pytest.raises(JournalError, match="too large"):
        entry_of(SERVICE, folder)


# All of them


def test_every_unfinished_job_is_listed_and_can_be_forgotten(folder: Path) -> None:
    with Journal(SERVICE, folder).held() as journal:
        journal.write(ENTRY.with_job("j1"))
    other = other_file(folder)
    other.write_text(noted(service=OTHER), encoding="utf-8")
    broken = folder / "broken.json"
    broken.write_text("{", encoding="utf-8")
    found = unfinished(folder)
    assert {entry.service for entry in found if isinstance(entry, Entry)} == {SERVICE, OTHER}
    assert [one for one in found if isinstance(one, Unreadable)] == [
        Unreadable(broken, "can't be understood (JSONDecodeError)")
    ]
    assert forget(OTHER, folder) == (other,)
    assert forget(SERVICE, folder) == (journal.file,)
    assert unfinished(folder) == (Unreadable(broken, "can't be understood (JSONDecodeError)"),)


def test_an_entry_that_cannot_be_understood_is_forgotten_too(folder: Path) -> None:
    folder.mkdir()
    file = Journal(SERVICE, folder).file
    file.write_text("{", encoding="utf-8")
    assert forget(SERVICE, folder) == (file,)
    assert not Journal(SERVICE, folder).holds_entry


@pytest.mark.parametrize("look_only", [entry_of, forget, lambda service, folder: unfinished(folder)])
def test_whoever_only_looks_makes_no_folder(look_only: Callable[[str, Path], Any], folder: Path) -> None:
    assert not look_only(SERVICE, folder)
    assert not folder.exists()


def test_the_way_back_is_noted_with_the_job(journal: Journal) -> None:
    noted = replace(ENTRY, way_back=WayBack(("/r/a.conf.xml",), ("PreciseDPI",), "import arcpy")).with_job("j1")
    journal.write(noted)
    assert journal.entry() == noted
    fields = json.loads(journal.file.read_text(encoding="utf-8"))
    del fields["scheme"]
    journal.file.write_text(json.dumps(fields), encoding="utf-8")
    assert journal.entry() == replace(noted, way_back=None), "as it is where none was saved"


@pytest.mark.parametrize("scheme", ["text", [], {}, {"files": "x", "not_on_the_wire": [], "call": ""}, 7])
def test_a_way_back_that_is_none_is_no_entry(journal: Journal, scheme: Any) -> None:
    journal.write(ENTRY)
    fields = {**json.loads(journal.file.read_text(encoding="utf-8")), "scheme": scheme}
    journal.file.write_text(json.dumps(fields), encoding="utf-8")
    with pytest.raises(JournalError, match="a job may be running"):
        journal.entry()
