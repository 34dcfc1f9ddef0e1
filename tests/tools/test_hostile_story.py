"""A whole deletion at a hostile server: no cache is called deleted that isn't shown to be gone."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.addresses import REPORT
from support.clocks import FastClock
from support.hostile import ACCOUNT, PATIENCE, Wires, as_bytes, every_odd_body, fed_to, hostile_wires
from support.hostile_bodies import CACHED, EXISTS, NONE, PARAMETERS, SUBMITTED, SUCCEEDED, UNCACHED
from support.listener import Listener
from support.story import delete, files_below, service_url

from cachetools_core.errors import CacheToolsError, Unexpected
from cachetools_core.messages import LONGEST_MESSAGE
from cachetools_core.proof.evidence import Says, Witness
from cachetools_core.proof.verdict import Verdict
from cachetools_core.tools.access import Access
from cachetools_core.tools.delete import delete_map_server_cache

pytestmark = pytest.mark.thorough

TASK = "rest/services/System/CachingTools/GPServer/DeleteCache"
SERVICE = "rest/services/Rainfall/MapServer"


@pytest.fixture(scope="module")
def wires() -> Iterator[Wires]:
    with hostile_wires() as found:
        yield found


GOOD: dict[str, Any] = {
    "info": {"currentVersion": 11.3, "fullVersion": "11.3.0"},
    "service before": CACHED,
    "service after": UNCACHED,
    "report before": EXISTS,
    "report after": NONE,
    "tasks": {"tasks": ["DeleteCache"]},
    "task": PARAMETERS,
    "submit": SUBMITTED,
    "job": SUCCEEDED,
    "result": {"paramName": "out_service_url", "value": "x"},
    "jobs": {"results": [], "nextStart": -1},
}


class Story:
    """A server that goes from cached to not cached once a job is submitted; `said` is the last body of each step."""

    def __init__(self, bodies: Mapping[str, bytes | None]) -> None:
        good = {name: json.dumps(body).encode() for name, body in GOOD.items()}
        self.bodies: dict[str, bytes | None] = {**good, **bodies}
        self.submits = 0
        self.said: dict[str, Any] = {}

    def answer(self, path: str) -> bytes | None:
        step = self._step(path)
        if step == "submit":
            self.submits += 1
        body = self.bodies.get(step)
        self.said[step.partition(" ")[0]] = _parsed(body)
        return body

    def _step(self, path: str) -> str:
        when = "after" if self.submits else "before"
        named = {
            "rest/info": "info",
            SERVICE: f"service {when}",
            REPORT: f"report {when}",
            TASK.rpartition("/")[0]: "tasks",
            TASK: "task",
            f"{TASK}/submitJob": "submit",
            "admin/services/System/CachingTools.GPServer/jobs/query": "jobs",
        }
        if path in named:
            return named[path]
        return "result" if "/results/" in path else "job" if path.startswith(f"{TASK}/jobs/") else "?"

    def really_says_gone(self) -> bool:
        """The service advertises no cache (or nothing while the report says none), and job or report confirm it."""
        service, job = (self.said.get(step) for step in ("service", "job"))
        report = self.report()
        fused = service.get("singleFusedMapCache") if isinstance(service, dict) else "unread"
        no_tiles = isinstance(report, dict) and report.get("status") == "NONE" and not _tiles(report)
        no_tiles = no_tiles or (isinstance(report, dict) and _tiles(report) == 0)
        succeeded = isinstance(job, dict) and job.get("jobStatus") == "esriJobSucceeded"
        says_nothing = (
            fused not in (True, False, "unread") and isinstance(report, dict) and report.get("status") == "NONE"
        )
        return (fused is False or says_nothing) and (succeeded or no_tiles)

    def report(self) -> Any:
        said = self.said.get("report")
        results = said.get("results") if isinstance(said, dict) else None
        value = (
            results[0].get("value") if isinstance(results, list) and results and isinstance(results[0], dict) else None
        )
        return _parsed(value.encode("utf-8", "replace")) if isinstance(value, str) else value


def _tiles(report: Mapping[str, Any]) -> int | None:
    infos = report.get("lodInfos") or []
    try:
        return sum(int(info["tileCount"]) for info in infos)
    except (TypeError, KeyError, ValueError, OverflowError):
        return None


def _parsed(body: bytes | None) -> Any:
    try:
        return json.loads((body or b"").decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None


@st.composite
def spoiled_steps(draw: st.DrawFn) -> dict[str, bytes]:
    steps = draw(st.lists(st.sampled_from(sorted(GOOD)), min_size=0, max_size=3, unique=True))
    swaps = st.sampled_from(sorted(GOOD)).map(lambda name: json.dumps(GOOD[name]).encode())
    return {step: draw(st.one_of(as_bytes(GOOD[step]), as_bytes(GOOD[step]), swaps)) for step in steps}


def tell(wires: Wires, journal: Path, bodies: Mapping[str, bytes | None]) -> None:
    """Run the whole story on a server with these bodies, and hold its verdict against what the server has said."""
    story = Story({step: body and wires.placed(body) for step, body in bodies.items()})
    wires.serve(story.answer)
    listener = Listener()
    try:
        receipt = delete_map_server_cache(
            f"{wires.site}/{SERVICE}",
            Access(
                messages=listener,
                account=ACCOUNT,
                clock=FastClock(200.0),
                patience=PATIENCE,
                deadline=60.0,
                journal_folder=journal,
            ),
        )
    except CacheToolsError as error:
        assert type(error) is not Unexpected, str(error)
        assert error.receipt is not None
        receipt = error.receipt
    assert story.submits <= 1
    assert wires.elsewhere.asked == []
    assert receipt.output_url == f"{wires.site}/{SERVICE}"
    assert receipt.job_url is None or receipt.job_url.startswith(f"{wires.site}/{TASK}/jobs/")
    if receipt.verdict is Verdict.DELETED:
        assert story.really_says_gone(), (story.said, bodies)
        assert story.submits == 1
    if receipt.verdict is Verdict.NOTHING_TO_DELETE:
        assert story.submits == 0
    told = json.dumps(receipt.to_dict(), allow_nan=False)
    assert ACCOUNT.password not in told + listener.everything
    assert listener.everything.replace("\n", " ").isprintable()
    assert receipt.to_text().replace("\n", " ").isprintable()
    for file in journal.glob("*.json"):
        file.unlink()


@settings(max_examples=60)
@given(spoiled_steps())
def test_no_server_can_have_a_cache_called_deleted_that_it_does_not_show_to_be_gone(
    wires: Wires, tmp_path: Path, bodies: dict[str, bytes]
) -> None:
    tell(wires, tmp_path / "journal", bodies)


@pytest.mark.parametrize("reported", [True, False], ids=["with a report", "without a report"])
@pytest.mark.parametrize("job", [SUCCEEDED, {"jobStatus": "esriJobFailed"}], ids=["succeeded", "failed"])
@pytest.mark.parametrize("step", ["service after", "report after", "job"])
def test_one_odd_value_never_makes_deleted_of_a_cache_that_is_not_shown_to_be_gone(
    wires: Wires, tmp_path: Path, step: str, job: Any, reported: bool
) -> None:
    base: dict[str, bytes | None] = {"job": json.dumps(job).encode()}
    if not reported:
        base.update({"report before": None, "report after": None})
    if base.get(step, b"") is not None:
        for body in every_odd_body(job if step == "job" else GOOD[step], (None, [], True)):
            tell(wires, tmp_path / "journal", {**base, step: body})


def test_the_story_of_the_hostile_server_ends_in_deleted_where_nothing_is_spoiled(wires: Wires, tmp_path: Path) -> None:
    story = Story({})
    wires.serve(story.answer)
    receipt = delete_map_server_cache(
        f"{wires.site}/{SERVICE}", Access(clock=FastClock(), patience=PATIENCE, journal_folder=tmp_path)
    )
    assert (receipt.verdict, story.submits, story.really_says_gone()) == (Verdict.DELETED, 1, True)


@pytest.mark.parametrize(
    "job_id", ["../../x", "a/b", "..", "a%2fb", "j1?x=1", "j1#", "", " ", "j" * 101, 5, None, ["j1"]]
)
def test_a_job_id_that_is_no_id_starts_no_request_elsewhere(wires: Wires, tmp_path: Path, job_id: Any) -> None:
    story = Story({"submit": json.dumps({"jobId": job_id, "jobStatus": "esriJobSubmitted"}).encode()})
    wires.serve(story.answer)
    receipt = fed_to(
        delete_map_server_cache,
        f"{wires.site}/{SERVICE}",
        Access(clock=FastClock(), patience=PATIENCE, journal_folder=tmp_path),
    )
    assert receipt.verdict is Verdict.DELETED, "the look shows that the cache is gone"
    assert (story.submits, receipt.job_url) == (1, None)
    assert not [path for path, _ in wires.here.asked if ".." in path or path.startswith(f"{TASK}/jobs")]


# --- the rehearsal server's own hostile faults, over real TLS


@pytest.mark.parametrize(
    "fault", ["huge-message", "control-characters", "html-in-messages", "hostile-result-url", "endless-body@result"]
)
def test_hostile_words_change_no_verdict_and_reach_no_terminal(rehearsal: Callable[..., Any], fault: str) -> None:
    server = rehearsal(faults=[fault])
    listener = Listener()
    receipt = delete(server, messages=listener)
    assert (receipt.verdict, receipt.exit_code, server.submits) == (Verdict.DELETED, 0, 1)
    assert not Path(server.services[0]["cache"]).exists()
    everything = listener.everything + receipt.to_text() + "\n".join(receipt.messages)
    assert everything.replace("\n", " ").isprintable()
    assert max(map(len, receipt.messages), default=0) <= LONGEST_MESSAGE + 20
    page = receipt.to_html()
    assert not re.search(r"<(script|img|b)\b", page)
    if fault == "html-in-messages":
        assert "&lt;script" in page
    assert receipt.output_url == service_url(server)


def test_an_endless_body_ends_in_a_true_verdict(rehearsal: Callable[..., Any]) -> None:
    server = rehearsal(faults=["endless-body@job"])
    receipt = delete(server, clock=FastClock(200.0))
    folder = Path(server.services[0]["cache"])
    assert receipt.verdict is Verdict.DELETED, "the look shows that the cache is gone"
    assert files_below(folder) == 0
    assert server.submits == 1
    assert any("though the job didn't report success: no answer" in text for text in receipt.warnings)


def test_an_endless_body_instead_of_the_look_proves_nothing(rehearsal: Callable[..., Any]) -> None:
    server = rehearsal(faults=["endless-body@service-after", "endless-body@report-after"])
    receipt = delete(server, clock=FastClock(200.0), deadline=600.0)
    assert receipt.verdict not in (Verdict.DELETED, Verdict.NOTHING_TO_DELETE, Verdict.NOT_DELETED)
    assert (receipt.after.of(Witness.SERVICE).says, receipt.after.tiles) == (Says.NOTHING, None)
    assert server.submits == 1
