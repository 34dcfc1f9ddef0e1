"""`delete`: exit codes, receipts, what goes to which stream, the question."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.choosing import one_in
from support.command_line import (
    LOOK,
    RECEIPT,
    Outcome,
    PseudoTerminal,
    Site,
    begun_and_out_of_time,
    ended,
    shell,
    started,
    wait_for_line,
)
from support.story import service_url

from cachetools_core.rehearsal.server import Rehearsal

QUESTION = "/rest/services/Rainfall/MapServer? Type yes: "
NO_PROGRAM = ["--user", "u", "--password-command", "a-program-that-is-nowhere"]


def test_a_deletion_says_what_it_does_and_ends_with_0(run: Callable[..., Outcome], site: Site) -> None:
    folder = site.server.cache("Rainfall").folder
    done = run("delete", *site.to(), "--yes", stdin=site.password)
    assert done.code == 0
    assert done.out.splitlines()[0].split() == ["Verdict:", "deleted"]
    assert f"Output:     {service_url(site.server)}" in done.out
    assert "Signed in as siteadmin: given for this run." in done.err
    assert ": 1 tile, " in done.err
    assert "Submitted: " in done.err and "... " in done.err
    assert "Deleted: the cache of Rainfall:MapServer is gone and the service answers." in done.err
    assert not folder.exists() and site.server.submits == 1


def test_json_is_one_receipt_on_standard_output(run: Callable[..., Outcome], site: Site) -> None:
    done = run("delete", *site.to(), "--yes", "--json", stdin=site.password)
    receipt = done.json
    assert set(receipt) >= RECEIPT
    assert (done.code, receipt["exit_code"], receipt["verdict"]) == (0, 0, "deleted")
    assert receipt["service"] == receipt["output_url"] == service_url(site.server)
    assert receipt["job_url"].startswith(f"{site.server.site}/rest/services/System/CachingTools/GPServer/DeleteCache/")
    assert receipt["job_status"] == "esriJobSucceeded" and receipt["error"] is None
    assert set(receipt["before"]) == set(receipt["after"]) == LOOK
    assert receipt["before"]["cached"] is True and receipt["before"]["tiles"] == site.server.services[0]["tiles"]
    after = {name: receipt["after"][name] for name in ("cached", "tiles", "bytes", "scales")}
    assert after == {"cached": False, "tiles": 0, "bytes": 0, "scales": []}
    assert any("Deleting the cache" in text for text in receipt["messages"])
    assert receipt["started"].endswith("Z") and receipt["started"] <= receipt["finished"]
    assert "Deleted:" in done.err


def test_nothing_to_delete_is_a_success(run: Callable[..., Outcome], site: Site) -> None:
    run("delete", *site.to(), "--yes", stdin=site.password)
    done = run("delete", *site.to(), "--yes", "--json", stdin=site.password)
    assert (done.code, done.json["verdict"]) == (0, "nothing-to-delete")
    assert "WARNING: Rainfall:MapServer has no cache: nothing to delete, nothing submitted." in done.err
    assert site.server.submits == 1


def test_a_failed_job_ends_with_1_and_the_servers_words(run: Callable[..., Outcome], site: Site) -> None:
    site.server.fault("job-failed")
    done = run("delete", *site.to(), "--yes", "--json", stdin=site.password)
    assert (done.code, done.json["verdict"], done.json["exit_code"]) == (1, "not-deleted", 1)
    assert done.json["error"]["id"] == "CT701" and "is still there" in done.json["error"]["text"]
    assert done.json["error"]["text"] in done.err, "a log of standard error alone tells what went wrong"


def test_a_half_deleted_cache_ends_with_1(run: Callable[..., Outcome], site: Site) -> None:
    site.server.fault("job-failed-half-deleted")
    done = run("delete", *site.to(), "--yes", "--json", stdin=site.password)
    assert (done.code, done.json["verdict"], done.json["error"]["id"]) == (1, "partly-deleted", "CT702")


def test_a_deadline_ends_with_5_and_a_rerun_attaches(run: Callable[..., Outcome], rehearsal: Any) -> None:
    site = Site(rehearsal(job_seconds=60.0))
    done = begun_and_out_of_time(run, site)
    site.server.let_jobs_take(0.0)
    assert (done.code, done.json["verdict"], done.json["error"]["id"]) == (5, "still-running", "CT704")
    again = run("delete", *site.to(), "--yes", "--json", stdin=site.password)
    assert (again.code, again.json["verdict"], again.json["job_url"]) == (0, "deleted", done.json["job_url"])
    assert site.server.submits == 1


@pytest.mark.parametrize(
    ("role", "password", "message_id"),
    [("administrator", "wrong", "CT402"), ("user", None, "CT303")],
)
def test_sign_in_and_permission_end_with_4(
    run: Callable[..., Outcome], server: Rehearsal, role: str, password: str | None, message_id: str
) -> None:
    site = Site(server, role)
    done = run("delete", *site.to(), "--yes", "--json", stdin=password or site.password)
    assert (done.code, done.json["error"]["id"], done.json["verdict"]) == (4, message_id, "not-deleted")
    assert server.submits == 0


def test_no_account_ends_with_4_and_says_how_to_store_one(run: Callable[..., Outcome], server: Rehearsal) -> None:
    done = run("delete", service_url(server), "--ca-file", str(server.ca_file), "--yes")
    assert done.code == 4 and f'cachetools_core sign-in "{server.site}" --user NAME.' in done.out
    assert done.out.splitlines()[0].split() == ["Verdict:", "not-deleted"]


@pytest.mark.parametrize("as_json", [True, False])
def test_a_failure_before_the_job_prints_a_receipt_too(run: Callable[..., Outcome], as_json: bool) -> None:
    done = run("delete", "https://h/server/rest/services/A/FeatureServer", "--yes", *(["--json"] if as_json else []))
    assert done.code == 2 and "CT101" in done.err
    if as_json:
        assert set(done.json) >= RECEIPT
        assert (done.json["before"], done.json["after"], done.json["job_url"]) == (None, None, None)
        assert done.json["verdict"] == "not-deleted" and done.json["error"]["id"] == "CT101"
        assert done.json["started"] and done.json["finished"]
    else:
        assert "Verdict:    not-deleted" in done.out and "Error:      CT101: " in done.out


def test_nobody_at_the_terminal_needs_yes(run: Callable[..., Outcome], site: Site) -> None:
    for stdin in (site.password, None):
        arguments = site.to() if stdin else [service_url(site.server)]
        done = run("delete", *arguments, "--json", stdin=stdin)
        assert (done.code, done.json["error"]["id"]) == (2, "CT104")
        assert "no interactive terminal" in done.json["error"]["text"] and "--yes" in done.json["error"]["text"]
    assert site.server.requests == []


@pytest.mark.parametrize("command", [["delete"], ["delete-tiles", "--levels", "0"]])
@pytest.mark.parametrize(
    ("more", "trouble"),
    [([], "--yes"), (["--yes", "--user", "u", "--password-stdin"], "no password"), (["--yes", *NO_PROGRAM], "started")],
)
def test_a_run_that_is_refused_before_its_first_request_leaves_a_receipt(
    run: Callable[..., Outcome], tmp_path: Path, command: list[str], more: list[str], trouble: str
) -> None:
    folder = tmp_path / "receipts"
    named = "https://gis.example.com/server/rest/services/Rainfall/MapServer"
    done = run(*command, named, *more, "--json", "--receipts", str(folder))
    assert (done.code, done.json["verdict"], done.json["service"]) == (2, "not-deleted", named)
    assert set(done.json) >= RECEIPT and trouble in done.json["error"]["text"]
    (kept,) = folder.glob("*.json")
    assert json.loads(kept.read_text())["error"] == done.json["error"]


def test_a_run_over_several_that_is_refused_leaves_a_receipt_for_each_and_a_summary(
    run: Callable[..., Outcome], tmp_path: Path
) -> None:
    site = "https://gis.example.com/server/rest/services"
    done = run("delete", f"{site}/A/MapServer", f"{site}/B/MapServer", "--json", "--receipts", str(tmp_path / "r"))
    assert (done.code, done.json["counts"], done.json["exit_code"]) == (2, {"not-deleted": 2}, 2)
    assert {receipt["error"]["id"] for receipt in done.json["receipts"]} == {"CT104"}
    assert len([*(tmp_path / "r").glob("*.json")]) == 3 and done.err.count("--yes") == 1


@pytest.mark.parametrize("answer", one_in(2, [" Yes \n", "yes\n"]))
def test_yes_at_the_terminal_deletes(
    server: Rehearsal, at_terminal: Callable[..., PseudoTerminal], answer: str
) -> None:
    terminal = at_terminal("--json")
    terminal.wait_for(QUESTION)
    assert terminal.shown.count("1:591,657,528") == 1
    assert server.submits == 0
    terminal.type(answer)
    code, out = terminal.end()
    assert (code, json.loads(out)["verdict"]) == (0, "deleted")
    assert not server.cache("Rainfall").folder.exists()


@pytest.mark.parametrize("answer", one_in(3, ["\n", "no\n", "y\n", "\x04", "yes please\n"]))
def test_anything_else_at_the_terminal_deletes_nothing(
    server: Rehearsal, at_terminal: Callable[..., PseudoTerminal], answer: str
) -> None:
    terminal = at_terminal("--json")
    terminal.wait_for(QUESTION)
    terminal.type(answer)
    code, out = terminal.end()
    receipt = json.loads(out)
    assert (code, receipt["error"]["id"], receipt["verdict"]) == (3, "CT601", "not-deleted")
    assert "the answer wasn't yes" in receipt["error"]["text"]
    assert server.submits == 0 and server.cache("Rainfall").exists()


def test_no_question_where_there_is_nothing_to_delete(
    server: Rehearsal, at_terminal: Callable[..., PseudoTerminal]
) -> None:
    code, _ = at_terminal("--yes").end()
    assert code == 0
    terminal = at_terminal("--json")
    code, out = terminal.end()
    assert (code, json.loads(out)["verdict"]) == (0, "nothing-to-delete")
    assert "has no cache" in terminal.shown and "Type yes" not in terminal.shown


def test_what_went_wrong_is_told_once_to_whoever_reads_both_streams(
    server: Rehearsal, at_terminal: Callable[..., PseudoTerminal]
) -> None:
    terminal = at_terminal(stdout=None)
    terminal.wait_for(QUESTION)
    terminal.type("no\n")
    code, _ = terminal.end()
    assert (code, server.submits) == (3, 0)
    assert terminal.shown.count("the answer wasn't yes") == 1 and terminal.shown.count("1:591,657,528") == 1


def test_a_closed_standard_input_is_nobody_to_ask(server: Rehearsal) -> None:
    done = shell('"$@" <&-', "delete", service_url(server), "--json")
    assert (done.code, done.json["error"]["id"], server.requests) == (2, "CT104", [])


@pytest.mark.parametrize(("answer", "code"), [("yes\n", 0), pytest.param("no\n", 5, marks=pytest.mark.thorough)])
def test_a_job_that_was_begun_earlier_is_asked_about_as_what_it_is(
    rehearsal: Any,
    run: Callable[..., Outcome],
    stored_account: Callable[[Rehearsal], list[str]],
    answer: str,
    code: int,
) -> None:
    server = rehearsal(job_seconds=20.0)
    arguments = stored_account(server)
    begun = started("delete", *arguments, "--yes", "--json")
    wait_for_line(begun, "Submitted: ")
    begun.kill()
    ended(begun)
    terminal = PseudoTerminal("delete", *arguments, "--json")
    terminal.wait_for("Type yes: ")
    assert "Follow it to its end? Type yes: " in terminal.shown and "Delete the cache" not in terminal.shown
    server.let_jobs_take(0.0)
    terminal.type(answer)
    ending, out = terminal.end()
    assert (ending, server.submits) == (code, 1)
    assert json.loads(out)["exit_code"] == code


def test_a_missing_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "requests.py").write_text("raise ModuleNotFoundError('no', name='requests')", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    done = shell('"$@"', "report", "https://gis.example.com/server/rest/services/A/MapServer", "--json")
    assert (done.code, done.json["error"]["id"]) == (2, "CT104") and "can't be loaded: requests" in done.err
