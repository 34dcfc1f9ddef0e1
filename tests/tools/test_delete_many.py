"""Several services in one run: one plan, one question, and nobody's trouble is another one's."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from support.body_server import BodyServer, refusal
from support.clocks import ScaledClock
from support.job_site import LIST
from support.listener import Listener
from support.many import Many
from support.many_services import ManyServices
from support.many_sites import simulated_sites
from support.no_room import NO_ROOM, no_room
from support.schema import summary_misfits
from support.second_port import second_port
from support.story import account_of, delete

from cachetools_core.account import Account
from cachetools_core.errors import WrongUsage
from cachetools_core.local.journal import Journal
from cachetools_core.naming.identity import service_key
from cachetools_core.naming.service import read_service
from cachetools_core.proof.entry import Entry
from cachetools_core.rehearsal.request import Request
from cachetools_core.rehearsal.server import Rehearsal
from cachetools_core.tools.access import Access
from cachetools_core.tools.delete import plan_deletion, run_deletion
from cachetools_core.tools.delete_many import delete_map_server_caches
from cachetools_core.tools.plans import Plans
from cachetools_core.tools.report_site import report_services

NAMES = ("Map0000", "Planning/Map0001", "Transport/Map0002", "Water/Map0003", "Map0004", "Planning/Map0005")


@pytest.fixture
def many(rehearsal: Callable[..., Rehearsal], tmp_path: Path) -> Iterator[Many]:
    yield Many(rehearsal(services=len(NAMES)), tmp_path)


def test_all_are_deleted_with_one_sign_in_and_no_more_jobs_at_a_time_than_allowed(many: Many) -> None:
    many.server.before_request = lambda _: many.server.let_jobs_take(0.2 if many.server.most_jobs_at_once > 1 else 60)
    summary = many.delete(per_site=2)
    assert (summary.counts, summary.exit_code) == ({"deleted": 6}, 0)
    assert [one.service for one in summary.receipts] == many.services
    assert [many.files_of(name) for name in NAMES] == [0] * 6
    assert (many.server.submits, many.server.most_jobs_at_once) == (6, 2)
    assert (many.steps("token"), many.steps("tasks"), many.steps("task")) == (1, 1, 1)
    assert many.ledgers == []
    assert many.heard.warnings == [], "no deletion takes the job of another one for its own, or waits for it"


def test_nobody_reads_the_jobs_while_the_answer_to_a_submit_is_on_its_way(tmp_path: Path) -> None:
    """A job in the list whose id nobody knows yet would be taken for somebody else's."""
    with simulated_sites(1, 4) as (clock, (site,)):
        site.submit_takes = 0.2
        heard = Listener()
        access = Access(clock=clock, messages=heard, receipts=tmp_path / "r", journal_folder=tmp_path / "j")
        summary = delete_map_server_caches(site.urls, access, per_site=4)
    assert (summary.counts, site.most, site.listed_meanwhile) == ({"deleted": 4}, 4, 0)
    assert heard.warnings and all("tiling scheme couldn't be saved" in words for words in heard.warnings)


def test_a_receipt_a_service_and_a_summary_are_kept(many: Many) -> None:
    summary = many.delete(many.services[:2])
    kept = sorted(file.name for file in many.receipts.iterdir() if file.suffix in (".json", ".html"))
    assert sum("-summary-" in name for name in kept) == 2 and len(kept) == 6
    page = Path(summary.page)
    found = json.loads(page.with_suffix(".json").read_text(encoding="utf-8"))
    assert (found["counts"], found["exit_code"], len(found["receipts"])) == ({"deleted": 2}, 0, 2)
    assert any(words.startswith("Summary: ") for words in many.heard.lines)


def test_a_receipts_folder_that_cant_be_written_costs_warnings_only(many: Many) -> None:
    many.receipts.write_text("not a folder", encoding="utf-8")
    summary = many.delete(many.services[:2])
    assert (summary.counts, summary.exit_code, summary.page) == ({"deleted": 2}, 0, "")
    assert [words for words in many.heard.warnings if words.startswith("The summary couldn't be saved: ")]
    assert many.receipts.read_text(encoding="utf-8") == "not a folder"


def test_a_summary_holds_to_its_published_schema(many: Many) -> None:
    missing = f"{many.server.site}/rest/services/Nowhere/MapServer"
    summary = many.delete([*many.services[:2], missing, "Rainfall"])
    assert summary_misfits(json.loads(summary.to_json())) == []


def test_messages_come_in_the_thread_that_called_and_name_their_service(many: Many) -> None:
    threads: set[int] = set()

    class Here(Listener):
        def info(self, text: str) -> None:
            threads.add(threading.get_ident())
            super().info(text)

        def progress(self, label: str, percent: float | None = None) -> None:
            threads.add(threading.get_ident())
            super().progress(label, percent)

        def cancelled(self) -> bool:
            threads.add(threading.get_ident())
            return super().cancelled()

    many.delete(messages=Here())
    assert threads == {threading.get_ident()}
    for name in NAMES:
        assert any(words.startswith(f"{name}:MapServer: deleted, ") for words in many.heard.lines)
    assert any(words.startswith("In all: 6 caches to delete, ") for words in many.heard.lines)
    assert many.heard.labels[-1][0].startswith("6 of 6 done, ")
    assert "0 of 6 done, 0 kB so far" in [label for label, _ in many.heard.labels]


def test_the_trouble_of_one_is_not_the_others(many: Many) -> None:
    many.server.stop_service("Map0004")
    many.server.fault("job-failed:1")
    missing = many.services[0].replace("Map0000", "Nowhere")
    services = [missing, "no service", *many.services, many.services[1].replace("Planning", "PLANNING")]
    summary = many.delete(services, per_site=1)
    verdicts = {one.service: (one.verdict.value, "" if one.error is None else one.error.message_id)
                for one in summary.receipts}  # fmt: skip
    assert verdicts["no service"] == ("not-deleted", "CT101")
    assert verdicts[missing] == verdicts[many.services[4]] == ("not-deleted", "CT501")
    others = sorted(verdicts[url] for url in many.services if url != many.services[4])
    assert others == [("deleted", "")] * 4 + [("not-deleted", "CT701")]
    assert len(summary.receipts) == 8 and summary.exit_code == 2
    assert any("named more than once" in words for words in many.heard.lines)


def test_what_has_changed_since_the_plan_is_left_alone(many: Many) -> None:
    def meanwhile(_: Any) -> bool:
        many.server.cache("Map0000").delete_tile(
            0, *next((row, col) for _, row, col in many.server.cache("Map0000").tiles())
        )
        return True

    summary = many.delete(many.services[:3], meanwhile)
    assert [one.verdict.value for one in summary.receipts] == ["not-deleted", "deleted", "deleted"]
    assert "has changed in the meantime. Nothing was submitted." in str(summary.receipts[0].error)
    assert many.server.submits == 2


def test_what_has_changed_while_it_waited_for_its_turn_is_left_alone(many: Many) -> None:
    changed: list[str] = []

    def change_the_other(request: Request) -> None:
        if request.step == "submit" and not changed:
            changed.append("Planning/Map0001" if "Map0002" in request.form["service_url"] else "Transport/Map0002")
            cache = many.server.cache(changed[0])
            cache.delete_tile(0, *next((row, col) for _, row, col in cache.tiles()))

    many.server.before_request = change_the_other
    summary = many.delete(many.services[1:3], per_site=1)
    assert summary.counts == {"deleted": 1, "not-deleted": 1} and many.server.submits == 1
    left = next(one for one in summary.receipts if changed[0] in one.service)
    assert "has changed in the meantime. Nothing was submitted." in str(left.error)


def test_what_is_gone_by_its_turn_is_nothing_to_delete(many: Many) -> None:
    def meanwhile(_: Any) -> bool:
        delete(many.server, many.services[0], journal_folder=many.folder / "another")
        return True

    summary = many.delete(many.services[:2], meanwhile)
    assert [one.verdict.value for one in summary.receipts] == ["nothing-to-delete", "deleted"]
    assert (summary.exit_code, many.server.submits) == (0, 2)


def test_a_service_by_two_contexts_of_its_server_gets_one_job(many: Many) -> None:
    others = [url.replace("/arcgis/", "/server/") for url in many.services[:3]]
    summary = many.delete([*many.services[:3], *others])
    assert summary.counts == {"deleted": 3, "nothing-to-delete": 3}
    assert (summary.exit_code, many.server.submits) == (0, 3)
    assert any(f"{others[0]} may be {many.services[0]}" in words for words in many.heard.lines)


def test_while_the_first_of_two_contexts_is_not_settled_the_other_is_left_alone(many: Many) -> None:
    many.server.fault("job-waits-forever")
    other = many.services[0].replace("/arcgis/", "/server/")
    summary = many.delete([many.services[0], other], deadline=60.0)
    assert summary.counts == {"still-running": 1, "not-deleted": 1} and many.server.submits == 1
    assert "isn't settled" in str(summary.receipts[1].error)


@pytest.mark.parametrize("is_listed", [True, False])
def test_a_service_by_two_ports_of_its_server_gets_one_job(is_listed: bool, tmp_path: Path) -> None:
    lists, both_have_listed = count(), threading.Event()

    def answer(path: str) -> Any:
        if path.endswith("/submitJob"):
            both_have_listed.wait(0.3)
        said = site.answer(path) if is_listed or path != LIST else json.dumps(refusal(403)).encode()
        if path == LIST and next(lists):
            both_have_listed.set()
        return said

    with simulated_sites(1, 1) as (clock, (site,)), second_port(site.urls[0]) as other:
        site.server.answer = answer
        access = Access(clock=clock, messages=Listener(), receipts=tmp_path / "r", journal_folder=tmp_path / "j")
        summary = delete_map_server_caches([*site.urls, other], access)
    assert (summary.counts, [named for named, _ in site.jobs.values()]) == ({"deleted": 2}, ["S0:MapServer"])


def test_without_a_yes_nothing_is_deleted(many: Many) -> None:
    summary = many.delete(agree=lambda plans: False)
    assert (summary.counts, summary.exit_code, many.server.submits) == ({"not-deleted": 6}, 3, 0)
    assert many.delete(agree=lambda plans: len(plans.deleting) == 6).exit_code == 0


def test_without_a_yes_nobody_says_that_an_earlier_job_has_deleted_nothing(many: Many) -> None:
    """It isn't followed then, and may have deleted anything."""
    plan = plan_deletion(many.services[0], many.access())
    task_url = f"{many.server.site}/rest/services/System/CachingTools/GPServer/DeleteCache"
    with Journal(many.services[0], many.folder / "journal").held() as journal:
        journal.write(Entry(many.services[0], "", many.clock.now(), plan.before, task_url, frozenset()))
    alone = run_deletion(many.services[0], many.access(), lambda plan: False)
    among, other = many.delete(many.services[:2], lambda plans: False).receipts
    for receipt in (alone, among):
        assert (receipt.verdict.value, receipt.exit_code) == ("unknown", 5)
        assert any("An unfinished deletion is noted in " in words for words in receipt.warnings)
    assert (other.verdict.value, other.exit_code, many.server.submits) == ("not-deleted", 3, 0)


def test_an_earlier_job_that_cant_be_followed_for_want_of_a_lock_is_not_settled(many: Many) -> None:
    """As in a home that has become read-only."""
    plan = plan_deletion(many.services[0], many.access())
    task_url = f"{many.server.site}/rest/services/System/CachingTools/GPServer/DeleteCache"
    with Journal(many.services[0], many.folder / "journal").held() as journal:
        journal.write(Entry(many.services[0], "", many.clock.now(), plan.before, task_url, frozenset()))
    lock = journal.file.with_suffix(".lock")
    lock.unlink()
    lock.mkdir()
    receipt = run_deletion(many.services[0], many.access(), lambda plan: True)
    assert receipt.error is not None and receipt.error.message_id == "CT502"
    assert (receipt.verdict.value, receipt.exit_code, many.server.submits) == ("unknown", 5, 0)


def test_a_service_is_named_once_in_what_is_said_of_it(many: Many) -> None:
    many.delete(many.services[:1])
    many.delete(many.services[:2])
    assert many.heard.warnings == ["Map0000:MapServer has no cache: nothing to delete, nothing submitted."]


def test_a_token_goes_to_no_other_address_of_the_same_site(many: Many) -> None:
    """At another port, or where the scheme is another, somebody else may answer."""
    others = [url.replace("localhost", "127.0.0.1") for url in many.services[:2]]
    summary = many.delete([*others, *many.services[2:4]], per_site=1)
    assert summary.counts == {"deleted": 4}
    hosts: dict[str, set[str]] = {}
    for request in many.server.requests:
        hosts.setdefault(request.token, set()).add(request.headers["host"].partition(":")[0])
    assert sorted(map(sorted, (told for token, told in hosts.items() if token))) == [["127.0.0.1"], ["localhost"]]
    assert many.server.most_jobs_at_once == 1, "its jobs are the same, whatever the address"


def test_a_site_that_refuses_the_account_is_asked_once(many: Many) -> None:
    wrong = Account(account_of(many.server).username, "not the password")
    summary = many.delete(account=wrong)
    assert summary.exit_code == 4 and {one.error.message_id for one in summary.receipts if one.error} == {"CT402"}
    assert (many.steps("info"), many.steps("token")) == (1, 1)


def test_a_dead_site_costs_the_others_nothing(many: Many) -> None:
    dead = [f"https://127.0.0.1:1/arcgis/rest/services/S{at}/MapServer" for at in range(3)]
    summary = many.delete([*dead, *many.services[:2]])
    assert [one.verdict.value for one in summary.receipts] == ["not-deleted"] * 3 + ["deleted"] * 2
    assert {one.error.message_id for one in summary.receipts[:3] if one.error} == {"CT202"}


@pytest.mark.parametrize("where", ["the site", "its services"])
def test_a_site_that_hangs_leaves_the_others_their_time(many: Many, where: str) -> None:
    """All wait for the plan, so no site may take all the time that there is, whatever each request may take."""
    seen: list[Plans] = []
    with BodyServer(lambda path: None) as silent, BodyServer(lambda path: None) as good:
        sites = ManyServices(silent, [f"S{at}" for at in range(3)]), ManyServices(good, ["S0", "S1"])
        paths = [f"rest/services/S{at}/MapServer" for at in range(3)]
        sites[0].hanging = {"rest/info"} if where == "the site" else set(paths)
        services = [f"{sites[0].url}/{path}" for path in paths] + [f"{sites[1].url}/{path}" for path in paths[:2]]

        def decline(plans: Plans) -> bool:
            seen.append(plans)
            return False

        many.clock = ScaledClock(40.0)
        summary = many.delete(services, decline, 1, account=None, deadline=400.0)
        sites[0].let_go.set()
        asked = any(path.endswith("MapServer") for path, _ in silent.asked)
    assert [len(one.deleting) for one in seen] == [2]
    assert {one.error.message_id for one in summary.receipts[:3] if one.error} == {"CT201"}
    assert asked == (where != "the site")


def test_a_cancel_stops_the_submitting_and_tells_the_rest(many: Many) -> None:
    many.server.let_jobs_take(1.5)
    many.server.after_request = lambda request: stop.set() if request.step == "job" else None
    stop = threading.Event()

    class Stopping(Listener):
        def cancelled(self) -> bool:
            return stop.is_set()

    summary = many.delete(messages=Stopping(), per_site=2)
    submitted = [one for one in summary.receipts if one.job_url]
    assert len(submitted) == many.server.submits <= 2
    rest = [one for one in summary.receipts if not one.job_url]
    assert {(one.verdict.value, one.exit_code) for one in rest} == {("not-deleted", 3)}
    assert len(many.ledgers) == 1, "a run that was stopped isn't over"
    many.server.after_request = lambda request: None
    again = many.delete()
    assert (again.counts, again.exit_code, many.ledgers) == ({"deleted": 6}, 0, [])


def test_receipts_that_cannot_be_kept_cost_warnings_only(many: Many, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    summary = many.delete(many.services[:2], receipts=tmp_path / "file")
    assert (summary.counts, summary.page) == ({"deleted": 2}, "")
    assert any(words.startswith("The summary couldn't be saved: ") for words in many.heard.warnings)


def test_one_cache_directory_for_several_sites_is_refused(many: Many) -> None:
    with pytest.raises(WrongUsage, match="belongs to one site"):
        many.delete(
            [many.services[0], "https://gis.example.com/s/rest/services/R/MapServer"], cache_directory="/caches"
        )
    assert many.server.requests == []


def test_a_token_that_ends_is_renewed_once_for_all(many: Many) -> None:
    many.server.let_jobs_take(0.5)
    many.server.fault("token-expires-mid-job:1")
    assert many.delete(per_site=1).counts == {"deleted": 6}
    assert many.steps("token") == 2


# The ledger


def stopped_after(many: Many, ended: int) -> None:
    """A run that breaks off as if it was killed, once so many services have ended."""

    class Breaking(Listener):
        def progress(self, label: str, percent: float | None = None) -> None:
            if label.startswith(f"{ended} of "):
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        many.delete(messages=Breaking(), per_site=1)
    for thread in threading.enumerate():
        if thread.name == "CacheTools worker":
            thread.join()


def submitted_twice(many: Many) -> set[str]:
    """The services with two jobs that ran to their ends; the job that a run cancels as it breaks off isn't one."""
    targets = Counter(job.target for job in many.server.jobs if job.status != "esriJobCancelled")
    return {target for target, jobs in targets.items() if jobs > 1}


def test_a_rerun_goes_on_and_its_summary_tells_of_all(many: Many) -> None:
    stopped_after(many, 3)
    submitted = many.server.submits
    assert 3 <= submitted < 6 and len(many.ledgers) == 1
    summary = many.delete()
    assert (summary.counts, summary.exit_code, submitted_twice(many)) == ({"deleted": 6}, 0, set())
    told = [one for one in summary.receipts if any("An earlier part of this run" in words for words in one.warnings)]
    assert 3 <= len(told) <= submitted
    assert all(one.job_url and one.before is not None and one.before.tiles for one in told)
    assert many.ledgers == []


def test_a_cache_that_is_there_again_is_told_and_not_deleted(many: Many) -> None:
    stopped_after(many, 3)
    submitted = many.server.submits
    many.server.rebuild_cache("Map0000")
    summary = many.delete()
    first = summary.receipts[0]
    assert first.verdict.value == "not-deleted" and "has deleted its cache, and there is one again" in str(first.error)
    assert submitted_twice(many) == set() and submitted < 6 and many.files_of("Map0000") > 0
    assert "in a run of its own" in str(first.error), "another one may keep this run from being over"
    assert many.delete().counts == {"deleted": 1, "nothing-to-delete": 5}


def test_a_submit_that_never_arrived_is_made_up_for(many: Many) -> None:
    plan = plan_deletion(many.services[0], many.access())
    task_url = f"{many.server.site}/rest/services/System/CachingTools/GPServer/DeleteCache"
    lost = Entry(many.services[0], "", many.clock.now(), plan.before, task_url, frozenset())
    with Journal(many.services[0], many.folder / "journal").held() as journal:
        journal.write(lost)
    summary = many.delete(many.services[:2])
    assert (summary.counts, many.server.submits) == ({"deleted": 2}, 2)
    assert any("following an earlier deletion to its end" in words for words in many.heard.lines)


def test_a_service_that_another_run_works_on_takes_no_place_from_the_others(many: Many) -> None:
    """What that run has at work is no job of this run, and its end is seen to."""
    plan = plan_deletion(many.services[0], many.access())
    task_url = f"{many.server.site}/rest/services/System/CachingTools/GPServer/DeleteCache"
    with Journal(many.services[0], many.folder / "journal").held() as journal:
        journal.write(Entry(many.services[0], "", many.clock.now(), plan.before, task_url, frozenset()))
        summary = many.delete(many.services[:3], per_site=1)
        assert (summary.counts, many.server.submits) == ({"still-running": 1, "deleted": 2}, 2)
        journal.clear()
    again = many.delete(many.services[:3], per_site=1)
    assert (again.counts, many.server.submits) == ({"deleted": 3}, 3), "no part of this run has submitted for it before"


def test_a_job_that_another_run_has_followed_to_its_end_meanwhile_is_settled(many: Many) -> None:
    plan = plan_deletion(many.services[0], many.access())
    task_url = f"{many.server.site}/rest/services/System/CachingTools/GPServer/DeleteCache"
    with Journal(many.services[0], many.folder / "journal").held() as journal:
        journal.write(Entry(many.services[0], "", many.clock.now(), plan.before, task_url, frozenset()))

    def agree(plans: Plans) -> bool:
        assert len(plans.following) == 1
        with Journal(many.services[0], many.folder / "journal").held() as journal:
            journal.clear()
        assert run_deletion(many.services[0], many.access(), lambda plan: True).exit_code == 0
        many.clock.jump += 60.0
        return True

    summary = many.delete(many.services[:1], agree)
    assert (summary.counts, many.server.submits) == ({"nothing-to-delete": 1}, 1)


def test_no_secret_stands_in_the_ledger(many: Many) -> None:
    stopped_after(many, 2)
    (ledger,) = many.ledgers
    text = ledger.read_text(encoding="utf-8")
    assert many.server.password not in text and ledger.stat().st_mode & 0o077 == 0
    assert json.loads(text.splitlines()[0])["services"] == sorted(map(key_of, many.services))


def key_of(url: str) -> str:
    return service_key(read_service(url))


def test_a_ledger_that_cannot_be_read_ends_the_run_before_any_service(many: Many) -> None:
    stopped_after(many, 2)
    (ledger,) = many.ledgers
    ledger.write_text("nonsense\n", encoding="utf-8")
    asked = len(many.server.requests)
    summary = many.delete()
    assert (summary.counts, summary.exit_code, len(many.server.requests)) == ({"unknown": 6}, 5, asked)
    told = [words for words in many.heard.warnings if "Delete that file and run this again" in words]
    assert len(told) == 1 and told[0].startswith("CT502: ") and Path(summary.page).exists()


@pytest.mark.parametrize("odd", ["a file", "no home"])
def test_no_place_for_our_files_ends_with_a_summary(many: Many, odd: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is asked, nobody is asked, and nothing is submitted."""
    if odd == "a file":
        (many.folder / "journal").write_text("", encoding="utf-8")
        summary = many.delete(agree=lambda plans: False)
    else:
        for name, value in (("HOME", "home"), ("XDG_DATA_HOME", "data"), ("LOCALAPPDATA", "data")):
            monkeypatch.setenv(name, value)  # relative, so of no use
        summary = many.delete(agree=lambda plans: False, journal_folder=None, receipts=None)
    assert (summary.counts, summary.exit_code, many.server.requests) == ({"not-deleted": 6}, 1, [])
    assert [one.service for one in summary.receipts] == many.services
    assert {one.error.message_id for one in summary.receipts if one.error} == {"CT502"}
    assert summary_misfits(json.loads(summary.to_json())) == [] and "6 not-deleted, in" in summary.to_text()
    assert sum(words.startswith("CT502: ") for words in many.heard.warnings) == 1 + (odd == "no home")


def test_a_disk_that_is_full_from_the_submit_on_costs_receipts_and_no_verdict(many: Many) -> None:
    with ExitStack() as later:

        def fill(request: Request) -> None:
            if request.step == "submit":
                later.enter_context(no_room())

        many.server.before_request = fill
        summary = many.delete(many.services[:2], per_site=1)
    many.server.before_request = lambda request: None
    (first, second) = sorted(summary.receipts, key=lambda one: one.exit_code)
    assert (first.verdict.value, first.exit_code, summary.exit_code, many.server.submits) == ("deleted", 0, 1, 1)
    assert second.error is not None and second.error.message_id == "CT502"
    assert [words for words in many.heard.warnings if words.startswith("The summary couldn't be saved: ")]
    assert any(NO_ROOM in words for words in first.warnings) and not list(many.receipts.glob("*.html"))
    again = many.delete(many.services[:2], per_site=1)
    assert (again.counts, many.server.submits) == ({"deleted": 1, "nothing-to-delete": 1}, 2)


def test_two_runs_over_the_same_services_do_not_go_side_by_side(many: Many) -> None:
    def second(_: Any) -> bool:
        other = Many(many.server, many.folder).delete()
        assert (other.counts, other.exit_code) == ({"still-running": 6}, 5)
        return True

    assert many.delete(agree=second).exit_code == 0


def test_no_service_is_no_run(many: Many) -> None:
    with pytest.raises(WrongUsage, match="No service is named"):
        delete_map_server_caches([], many.access())
    assert many.delete(["no service"]).exit_code == 2


def test_services_that_can_be_gone_through_only_once_are_all_done(many: Many) -> None:
    summary = delete_map_server_caches((url for url in many.services[:2]), many.access())
    assert summary.counts == {"deleted": 2}
    assert len(report_services((url for url in many.services[2:4]), many.access()).caches) == 2


def test_what_is_no_list_or_no_number_is_no_run(many: Many) -> None:
    """A text is a sequence of its letters, each of which would be a service that isn't understood."""
    one: Any = many.services[0]
    nothing: Any = None
    for deletes in (delete_map_server_caches, report_services):
        with pytest.raises(WrongUsage, match="Put it into a list"):
            deletes(one, many.access())
        with pytest.raises(WrongUsage, match="one of these isn't a text"):
            deletes([one, nothing], many.access())
        with pytest.raises(WrongUsage, match="this is none"):
            deletes(nothing, many.access())
        with pytest.raises(WrongUsage, match="No service is named"):
            deletes(iter([]), many.access())
    wrong: tuple[Any, ...] = (0, 1.5, "2", 101, 10**9)
    for per_site in wrong:
        with pytest.raises(WrongUsage, match="a whole number"):
            delete_map_server_caches([one], many.access(), per_site)
