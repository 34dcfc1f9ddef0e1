"""The command line: exit codes, what goes to which stream, the question at the terminal, Ctrl+C, and the words."""

from __future__ import annotations

import errno
import io
import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keyring
import pytest
from support.body_server import BodyServer
from support.needs import needed
from support.story import account_of, files_below, service_url

from cachetools_core import __version__
from cachetools_core.cli.main import Terminal as CommandLine
from cachetools_core.cli.main import Tour, main
from cachetools_core.errors import Cancelled
from cachetools_core.rehearsal.server import Rehearsal
from cachetools_core.tools.report import report_cache

ROOT = Path(__file__).resolve().parent.parent.parent
RECEIPT = {
    "verdict", "service", "output_url", "job_url", "job_status", "account", "before", "after", "messages", "warnings",
    "error", "exit_code", "started", "finished",
}  # fmt: skip
LOOK = {"cached", "tiles", "bytes", "scales"}


@dataclass
class Outcome:
    """What a command has left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output as one JSON object and nothing else."""
        return json.loads(self.out)


@pytest.fixture(autouse=True)
def signals() -> Iterator[None]:
    """main() takes over the signals of its process; give them back to pytest."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Outcome]:
    """Run a command in this process."""

    def run(*arguments: str, stdin: str | bytes | None = "") -> Outcome:
        text = stdin.encode() if isinstance(stdin, str) else stdin
        stream = None if text is None else io.TextIOWrapper(io.BytesIO(text), encoding="utf-8")
        monkeypatch.setattr(sys, "stdin", stream)
        try:
            code = main(list(arguments))
        except SystemExit as ended:
            code = int(ended.code or 0)
        return Outcome(code, *capsys.readouterr())

    return run


@dataclass
class Site:
    """A rehearsal server, and the arguments that lead to one of its services."""

    server: Rehearsal
    role: str = "administrator"

    def to(self, name: str = "Rainfall") -> list[str]:
        account = account_of(self.server, self.role)
        return [
            service_url(self.server, name), "--ca-file", str(self.server.ca_file), "--user", account.username,
            "--password-stdin",
        ]  # fmt: skip

    @property
    def password(self) -> str:
        return account_of(self.server, self.role).password + "\n"


@pytest.fixture
def site(server: Rehearsal) -> Site:
    return Site(server)


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "cachetools_core", *arguments]


# delete


def test_a_deletion_says_what_it_does_and_ends_with_0(run: Callable[..., Outcome], site: Site) -> None:
    folder = site.server.cache("Rainfall").folder
    done = run("delete", *site.to(), "--yes", stdin=site.password)
    assert done.code == 0
    assert done.out.splitlines()[0].split() == ["Verdict:", "deleted"]
    assert f"Output:     {service_url(site.server)}" in done.out
    assert "Signed in as siteadmin: given by the caller." in done.err
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
    assert receipt["after"] == {"cached": False, "tiles": 0, "bytes": 0, "scales": []}
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
    site = Site(rehearsal(job_seconds=2.0))
    done = run("delete", *site.to(), "--yes", "--json", "--deadline", "1.2", stdin=site.password)
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
    assert done.code == 4 and f'keyring set "CacheTools:{server.site}"' in done.out
    assert done.out.splitlines()[0].split() == ["Verdict:", "not-deleted"]


# Before the job


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
        assert "Verdict:  not-deleted" in done.out and "Error:    CT101: " in done.out


def test_nobody_at_the_terminal_needs_yes(run: Callable[..., Outcome], site: Site) -> None:
    for stdin in (site.password, None):
        arguments = site.to() if stdin else [service_url(site.server)]
        done = run("delete", *arguments, "--json", stdin=stdin)
        assert (done.code, done.json["error"]["id"]) == (2, "CT104")
        assert "Add --yes" in done.json["error"]["text"]
    assert site.server.requests == []


@pytest.mark.parametrize(
    ("arguments", "stdin", "words"),
    [
        (["--password-stdin"], "p\n", "--password-stdin needs --user"),
        (["--user", "u", "--password-stdin"], "", "no password on standard input"),
        (["--user", "u", "--password-stdin"], "\n", "no password on standard input"),
        (["--user", "u", "--password-stdin"], None, "no password on standard input"),
        (["--user", "u", "--password-stdin"], b"p\xe4ss\n", "can't be read as text"),
        (["--ca-file", "/no/such/file.pem"], "", "holds no readable certificate"),
    ],
)
@pytest.mark.parametrize("what", ["delete", "report", "check"])
def test_what_can_not_be_done_as_it_stands_ends_with_2(
    run: Callable[..., Outcome], site: Site, what: str, arguments: list[str], stdin: str | bytes | None, words: str
) -> None:
    yes = ["--yes"] if what == "delete" else []
    done = run(what, service_url(site.server), *arguments, *yes, "--json", stdin=stdin)
    assert (done.code, done.json["exit_code"]) == (2, 2)
    assert words in done.json["error"]["text"] and words in done.err
    assert site.server.requests == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "COMMAND"),
        (["destroy", "x"], "invalid choice"),
        (["delete"], "SERVICE"),
        (["delete", "x", "--password", "secret"], "unrecognized arguments"),
        (["delete", "x", "--deadline", "0"], "'0' is not a number of seconds above 0"),
        (["delete", "x", "--deadline", "-1"], "'-1' is not a number of seconds above 0"),
        (["delete", "x", "--deadline", "nan"], "'nan' is not a number of seconds above 0"),
        (["delete", "x", "--deadline", "1e99"], "is not a number of seconds above 0"),
        (["delete", "x", "--deadline", "soon"], "'soon' is not a number of seconds above 0"),
        (["report", "x", "--yes"], "unrecognized arguments"),
    ],
)
def test_wrong_arguments_end_with_2(run: Callable[..., Outcome], arguments: list[str], words: str) -> None:
    done = run(*arguments)
    assert done.code == 2 and words in done.err and done.out == ""


def test_the_version_and_the_exit_codes_are_told(run: Callable[..., Outcome]) -> None:
    assert run("--version").out.strip() == __version__
    told = " ".join(run("--help").out.split())
    assert "0 deleted or nothing to delete, 1 failed, 2 usage, 3 cancelled, 4 sign-in or permission" in told


# report


def test_a_report_is_a_table_and_changes_nothing(run: Callable[..., Outcome], site: Site) -> None:
    before = files_below(site.server.cache("Rainfall").folder)
    done = run("report", *site.to(), stdin=site.password)
    lines = done.out.splitlines()
    assert done.code == 0
    assert lines[0].startswith(f"Deleting the cache of {service_url(site.server)} would take away ")
    assert lines[1].split() == ["level", "scale", "tiles", "bytes"]
    assert lines[2].split()[:3] == ["0", "1:591,657,528", "1"]
    assert lines[-1].split()[:2] == ["sum", f"{site.server.services[0]['tiles']:,}"]
    assert files_below(site.server.cache("Rainfall").folder) == before and site.server.submits == 0
    assert not [request for request in site.server.requests if request.step == "submit"]


def test_a_report_as_json_has_the_keys_of_before(run: Callable[..., Outcome], site: Site) -> None:
    done = run("report", *site.to(), "--json", stdin=site.password)
    assert set(done.json) >= {"service", "warnings", *LOOK} and done.json["warnings"] == []
    assert sum(scale["tiles"] for scale in done.json["scales"]) == done.json["tiles"]


def test_a_report_without_counts_says_so(run: Callable[..., Outcome], site: Site) -> None:
    site.server.fault("reporting-tools-missing")
    done = run("report", *site.to(), stdin=site.password)
    assert done.code == 0 and "cached, a tiling scheme of 9 scales, tiles not counted" in done.out
    assert "'Service System/ReportingTools/GPServer not found'" in done.out


def test_a_report_on_a_stopped_service_says_that_it_is_stopped(run: Callable[..., Outcome], site: Site) -> None:
    site.server.stop_service("Rainfall")
    done = run("report", *site.to(), stdin=site.password)
    assert done.code == 0 and done.out.splitlines()[-1].startswith("Beware: ") and "not started" in done.out


def test_a_report_on_no_cache(run: Callable[..., Outcome], site: Site) -> None:
    run("delete", *site.to(), "--yes", stdin=site.password)
    done = run("report", *site.to(), stdin=site.password)
    assert (done.code, done.out) == (0, f"{service_url(site.server)} has no cache.\n")


@pytest.mark.parametrize("as_json", [True, False])
def test_a_report_that_fails(run: Callable[..., Outcome], site: Site, as_json: bool) -> None:
    done = run("report", *site.to("Nothing"), *(["--json"] if as_json else []), stdin=site.password)
    assert done.code == 1 and "Nothing/MapServer does not exist." in done.err
    if as_json:
        assert done.json["error"]["id"] == "CT501" and done.json["exit_code"] == 1
        assert done.json["service"] == service_url(site.server, "Nothing")
    else:
        assert done.out == ""


def test_a_report_asks_with_an_account_of_the_callers_own(site: Site) -> None:
    report = report_cache(
        service_url(site.server), account=account_of(site.server, "publisher"), ca_file=site.server.ca_file
    )
    assert report.found.tiles == site.server.services[0]["tiles"] and report.trouble == []


# check


def findings(done: Outcome) -> dict[str, tuple[bool | None, str]]:
    return {one["what"]: (one["good"], one["words"]) for one in done.json["checks"]}


def test_a_check_that_finds_nothing_in_the_way(run: Callable[..., Outcome], site: Site) -> None:
    done = run("check", *site.to(), "--json", stdin=site.password)
    assert (done.code, done.json["possible"], done.json["exit_code"]) == (0, True, 0)
    assert list(findings(done)) == [
        "sign-in", "task DeleteCache", "System/CachingTools", "System/CachingControllers", "service", "cache",
        "other jobs", "journal",
    ]  # fmt: skip
    assert all(good for good, _ in findings(done).values())
    text = run("check", *site.to(), stdin=site.password)
    assert text.code == 0 and text.out.endswith("\n\nA deletion is possible from here.\n")
    assert f"ok  sign-in: as siteadmin on {site.server.site}, ArcGIS Server 11.3.0\n" in text.out
    assert site.server.submits == 0


def test_a_check_with_a_refused_password(run: Callable[..., Outcome], site: Site) -> None:
    done = run("check", *site.to(), "--json", stdin="wrong\n")
    assert (done.code, done.json["possible"], done.json["exit_code"]) == (4, False, 4)
    assert list(findings(done)) == ["sign-in"] and "refused the sign-in" in findings(done)["sign-in"][1]
    text = run("check", *site.to(), stdin="wrong\n")
    assert text.out.startswith("NO  sign-in: CT402: ")
    assert text.out.endswith("Not possible yet: NO marks what stops it.\n")


def test_a_check_of_a_site_that_does_not_answer(run: Callable[..., Outcome], site: Site) -> None:
    site.server.fault("http-404@info")
    done = run("check", *site.to(), "--json", stdin=site.password)
    assert done.code == 1 and list(findings(done)) == ["site"]
    assert "HTTP 404" in findings(done)["site"][1]


def test_a_check_without_the_right(run: Callable[..., Outcome], server: Rehearsal) -> None:
    site = Site(server, "user")
    done = run("check", *site.to(), "--json", stdin=site.password)
    good, words = findings(done)["task DeleteCache"]
    assert (done.code, good) == (4, False) and "takes a publisher or an administrator" in words
    assert findings(done)["System/CachingTools"][0] is None and findings(done)["other jobs"][0] is None


def test_a_check_of_a_service_that_the_account_may_not_see(run: Callable[..., Outcome], server: Rehearsal) -> None:
    server.secure_service("Rainfall")
    site = Site(server, "user")
    done = run("check", *site.to(), "--json", stdin=site.password)
    good, words = findings(done)["service"]
    assert (done.code, good) == (4, False) and "CT303" in words
    assert "cache" not in findings(done)


@pytest.mark.parametrize(
    ("fault", "what", "good", "words", "code"),
    [
        ("caching-tools-stopped", "System/CachingTools", False, "STOPPED; start it in ArcGIS Server Manager", 1),
        ("caching-tools-stopped", "task DeleteCache", False, "Start System/CachingTools", 1),
        ("caching-tools-missing", "task DeleteCache", False, "not found", 1),
        ("controllers-stopped", "System/CachingControllers", None, "STOPPED; start it in ArcGIS Server Manager", 0),
        ("admin-closed", "System/CachingTools", None, "its state can't be read", 0),
        ("other-job-running", "other jobs", False, "another caching job is at work; wait for it", 1),
        ("reporting-tools-missing", "other jobs", None, "can't be told", 0),
        ("reporting-tools-missing", "cache", True, "cached, a tiling scheme of 9 scales, tiles not counted", 0),
    ],
)
def test_what_a_check_says_of_the_caching_tools_and_jobs(
    run: Callable[..., Outcome], site: Site, fault: str, what: str, good: bool | None, words: str, code: int
) -> None:
    site.server.fault(fault)
    done = run("check", *site.to(), "--json", stdin=site.password)
    found = findings(done)[what]
    assert found[0] is good and words in found[1]
    assert (done.code, done.json["possible"]) == (code, code == 0)


def test_a_check_marks_what_it_could_not_tell(run: Callable[..., Outcome], site: Site) -> None:
    site.server.fault("admin-closed")
    done = run("check", *site.to(), stdin=site.password)
    assert " ?  System/CachingTools: its state can't be read" in done.out
    assert done.out.endswith("A deletion is possible from here; ? marks what doesn't stop it.\n")


@pytest.mark.parametrize(
    ("break_it", "words"),
    [
        (lambda server: server.stop_service("Rainfall"), "is not started; start it in ArcGIS Server Manager"),
        (lambda server: server.remove_service("Rainfall"), "does not exist; check folder, name and type"),
        (lambda server: server.fault("not-json@service"), "could not be read; open its address in a browser"),
    ],
)
def test_what_a_check_says_of_a_service_that_is_not_there(
    run: Callable[..., Outcome], site: Site, break_it: Callable[[Rehearsal], None], words: str
) -> None:
    break_it(site.server)
    done = run("check", *site.to(), "--json", stdin=site.password)
    assert done.code == 1 and findings(done)["service"] == (
        False,
        f"Rainfall:MapServer {words}" + (" and see what answers" if "browser" in words else ""),
    )
    assert "cache" not in findings(done)


def test_a_check_of_a_service_without_a_cache(run: Callable[..., Outcome], site: Site) -> None:
    run("delete", *site.to(), "--yes", stdin=site.password)
    done = run("check", *site.to(), "--json", stdin=site.password)
    assert done.code == 0 and findings(done)["cache"] == (None, "there is none, so a deletion would do nothing")


def test_a_check_tells_of_an_unfinished_deletion(run: Callable[..., Outcome], rehearsal: Any) -> None:
    site = Site(rehearsal(job_seconds=30.0))
    run("delete", *site.to(), "--yes", "--deadline", "1.2", stdin=site.password)
    good, words = findings(run("check", *site.to(), "--json", stdin=site.password))["journal"]
    assert good is True and "an unfinished deletion, begun 20" in words and "a run picks it up" in words


def test_a_check_tells_of_a_journal_that_can_not_be_read(
    run: Callable[..., Outcome], rehearsal: Any, own_home: Path
) -> None:
    site = Site(rehearsal(job_seconds=30.0))
    run("delete", *site.to(), "--yes", "--deadline", "1.2", stdin=site.password)
    (entry,) = own_home.rglob("journal/*.json")
    entry.write_text("half a jour", encoding="utf-8")
    done = run("check", *site.to(), "--json", stdin=site.password)
    assert done.code == 1 and findings(done)["journal"][0] is False and str(entry) in findings(done)["journal"][1]


def test_a_check_of_a_hosted_tile_layer_on_a_site_without_sign_in(run: Callable[..., Outcome]) -> None:
    said = {
        "rest/info": {"currentVersion": 11.3},
        "rest/services/Hosted/MapServer": {"singleFusedMapCache": True, "capabilities": "Map,TilesOnly"},
    }
    with BodyServer(lambda path: json.dumps(said[path]).encode() if path in said else None) as site:
        done = run("check", f"{site.site}/rest/services/Hosted/MapServer", "--json")
        assert findings(done)["sign-in"] == (True, f"on {site.site}, ArcGIS Server 11.3")
    assert findings(done)["kind"] == (False, "a hosted tile layer: its tiles are all it has")
    assert done.code == 1 and "Sign-in: this site asks for no sign-in." in done.err


# A terminal


class Terminal:
    """A command on a pseudo terminal, as a person has it; what it shows is read as it comes."""

    def __init__(self, *arguments: str, env: dict[str, str] | None = None) -> None:
        pty = pytest.importorskip("pty", reason="pseudo terminals are POSIX's")
        ours, theirs = pty.openpty()
        self.process = subprocess.Popen(
            command(*arguments), stdin=theirs, stdout=subprocess.PIPE, stderr=theirs, cwd=ROOT, env=env,
            start_new_session=True,
        )  # fmt: skip
        os.close(theirs)
        self._terminal = ours
        self.shown = ""

    def wait_for(self, words: str) -> None:
        while words not in self.shown:
            more = self._read()
            assert more, f"ended without {words!r}:\n{self.shown}"
            self.shown += more

    def _read(self) -> str:
        assert select.select([self._terminal], [], [], 60)[0], f"nothing more for a minute:\n{self.shown}"
        try:
            return os.read(self._terminal, 4096).decode()
        except OSError as error:
            assert error.errno == errno.EIO  # Linux's way to say that the other side is closed
            return ""

    def type(self, text: str) -> None:
        os.write(self._terminal, text.encode())

    def press_ctrl_c(self) -> None:
        """Again where nothing happens: a signal just before Python begins to read is heeded only with the next one."""
        while self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(1)

    def end(self) -> tuple[int, str]:
        while True:
            more = self._read()
            if not more:
                break
            self.shown += more
        assert self.process.stdout is not None
        out = self.process.stdout.read().decode()
        self.process.stdout.close()
        os.close(self._terminal)
        return self.process.wait(), out


@pytest.fixture
def at_terminal(server: Rehearsal, own_home: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Terminal]:
    """`delete` on a terminal, with the account in a keyring that is a plain file."""
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyrings.alt.file.PlaintextKeyring")
    monkeypatch.setenv("KEYRING_PROPERTY_FILE_PATH", str(own_home / "keyring.cfg"))
    try:
        from keyrings.alt.file import PlaintextKeyring
    except ImportError:
        needed("needs the Python package keyrings.alt")
    store = PlaintextKeyring()
    store.set_password(f"CacheTools:{server.site}", server.username, server.password)
    keyring.set_keyring(store)
    return lambda *more: Terminal(
        "delete", service_url(server), "--ca-file", str(server.ca_file), "--user", server.username, *more
    )


QUESTION = "This can't be undone. Delete it? Type yes: "


@pytest.mark.parametrize("answer", ["yes\n", " Yes \n"])
def test_yes_at_the_terminal_deletes(server: Rehearsal, at_terminal: Callable[..., Terminal], answer: str) -> None:
    terminal = at_terminal("--json")
    terminal.wait_for(QUESTION)
    assert "would take away" in terminal.shown and "1:591,657,528" in terminal.shown
    assert server.submits == 0
    terminal.type(answer)
    code, out = terminal.end()
    assert (code, json.loads(out)["verdict"]) == (0, "deleted")
    assert not server.cache("Rainfall").folder.exists()


@pytest.mark.parametrize("answer", ["y\n", "no\n", "\n", "\x04", "yes please\n"])
def test_anything_else_at_the_terminal_deletes_nothing(
    server: Rehearsal, at_terminal: Callable[..., Terminal], answer: str
) -> None:
    terminal = at_terminal("--json")
    terminal.wait_for(QUESTION)
    terminal.type(answer)
    code, out = terminal.end()
    receipt = json.loads(out)
    assert (code, receipt["error"]["id"], receipt["verdict"]) == (3, "CT601", "not-deleted")
    assert "the answer wasn't yes" in receipt["error"]["text"]
    assert server.submits == 0 and server.cache("Rainfall").exists()


def test_ctrl_c_at_the_question_ends_it(server: Rehearsal, at_terminal: Callable[..., Terminal]) -> None:
    terminal = at_terminal("--json")
    terminal.wait_for(QUESTION)
    terminal.press_ctrl_c()
    code, out = terminal.end()
    assert (code, json.loads(out)["error"]["id"]) == (3, "CT601")
    assert "Traceback" not in terminal.shown and server.submits == 0


def test_no_question_where_there_is_nothing_to_delete(server: Rehearsal, at_terminal: Callable[..., Terminal]) -> None:
    code, _ = at_terminal("--yes").end()
    assert code == 0
    terminal = at_terminal("--json")
    code, out = terminal.end()
    assert (code, json.loads(out)["verdict"]) == (0, "nothing-to-delete")
    assert "has no cache." in terminal.shown and "Type yes" not in terminal.shown


class Person(io.TextIOWrapper):
    """A person at a terminal within this process, who types `line`, or presses Ctrl+C for None."""

    def __init__(self, line: str | None) -> None:
        super().__init__(io.BytesIO(b""), encoding="utf-8")
        self.line = line

    def isatty(self) -> bool:
        return True

    def readline(self, size: int | None = -1, /) -> str:  # type: ignore[override]
        if self.line is None:
            signal.raise_signal(signal.SIGINT)
        return self.line or "yes\n"


@pytest.mark.parametrize(("line", "code", "submits"), [("yes\n", 0, 1), ("no\n", 3, 0), (None, 3, 0)])
def test_the_question_within_this_process(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    server: Rehearsal,
    at_terminal: Callable[..., Terminal],
    line: str | None,
    code: int,
    submits: int,
) -> None:
    monkeypatch.setattr(sys, "stdin", Person(line))
    arguments = ["delete", service_url(server), "--ca-file", str(server.ca_file), "--user", server.username]
    assert main(arguments) == code
    shown = capsys.readouterr()
    assert QUESTION in shown.err and server.submits == submits
    assert ("CT601: Stopped before anything was submitted. Nothing has changed." in shown.out) is (line is None)
    if not submits:
        return
    assert main(arguments) == 0
    shown = capsys.readouterr()
    assert "has no cache." in shown.err and QUESTION not in shown.err and "nothing-to-delete" in shown.out


def test_a_cancel_before_the_question_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", Person("yes\n"))
    terminal = CommandLine()
    terminal.cancel()
    with pytest.raises(Cancelled, match="Nothing has changed"):
        terminal.read_line()


def test_what_goes_on_is_shown_once(capsys: pytest.CaptureFixture[str]) -> None:
    terminal = CommandLine()
    for label, percent in (
        ("Waiting", None),
        ("Waiting", None),
        ("Deleting", 10.0),
        ("Deleting", 10.2),
        ("Deleting", 11.0),
    ):
        terminal.progress(label, percent)
    assert capsys.readouterr().err == "... Waiting\n... Deleting, 10 %\n... Deleting, 11 %\n"


def test_the_tour_is_told_on_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    terminal = CommandLine()
    tour = Tour(terminal)
    tour.warning("Beware.")
    tour.progress("Deleting", 10.0)
    assert capsys.readouterr().out == "   WARNING: Beware.\n   ... Deleting, 10 %\n"
    assert not tour.cancelled()
    terminal.cancel()
    assert tour.cancelled()


# Ctrl+C


def deletion(site: Site, *more: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        command("delete", *site.to(), "--yes", "--json", *more),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT,
    )  # fmt: skip
    assert process.stdin is not None
    process.stdin.write(site.password)
    process.stdin.close()
    process.stdin = None
    return process


def interrupt_once(process: subprocess.Popen[str], words: str, number: int) -> None:
    assert process.stderr is not None
    for line in process.stderr:
        if words in line:
            process.send_signal(number)
            return
    raise AssertionError(f"ended without {words!r}")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl+C", "terminated"])
def test_ctrl_c_cancels_the_servers_job_and_ends_with_3(rehearsal: Any, number: int) -> None:
    site = Site(rehearsal(job_seconds=8.0))
    process = deletion(site)
    interrupt_once(process, "The job is running", number)
    out, err = process.communicate(timeout=60)
    receipt = json.loads(out)
    assert (process.returncode, receipt["exit_code"], receipt["error"]["id"]) == (3, 3, "CT601")
    assert receipt["verdict"] in ("not-deleted", "partly-deleted") and receipt["job_status"] == "esriJobCancelled"
    assert "Cancel asked for: asking the server to stop the job." in err and "Traceback" not in err
    assert [request.step for request in site.server.requests].count("cancel") == 1


def test_ctrl_c_on_a_job_that_can_not_be_cancelled_ends_with_5(rehearsal: Any, run: Callable[..., Outcome]) -> None:
    site = Site(rehearsal(job_seconds=12.0, faults=["json-500@cancel"]))
    process = deletion(site, "--deadline", "3")
    interrupt_once(process, "The job is running", signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    receipt = json.loads(out)
    assert (process.returncode, receipt["verdict"], receipt["error"]["id"]) == (5, "still-running", "CT704")
    assert "didn't take the cancel" in receipt["error"]["text"]
    assert "Run this again at any time" in receipt["error"]["text"]
    good, words = findings(run("check", *site.to(), "--json", stdin=site.password))["journal"]
    assert good is True and "unfinished" in words


def test_ctrl_c_before_anything_was_submitted_ends_with_3_and_changes_nothing(rehearsal: Any) -> None:
    site = Site(rehearsal(faults=["blackhole-before@service"]))
    process = deletion(site)
    interrupt_once(process, "Signed in as", signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    receipt = json.loads(out)
    assert (process.returncode, receipt["error"]["id"]) == (3, "CT601")
    assert "Nothing on the server has changed" in receipt["error"]["text"]
    assert site.server.submits == 0 and site.server.cache("Rainfall").exists()


# The streams


def test_a_console_without_a_letter_still_shows_the_line(rehearsal: Any, rainfall: Path) -> None:
    """As a console of Windows in an old code page."""
    site = Site(rehearsal(caches={"R\u00e9seau \u65e5\u672c": rainfall}))
    name = "R%C3%A9seau%20%E6%97%A5%E6%9C%AC"
    done = subprocess.run(
        command("report", *site.to(name)), input=site.password, capture_output=True, text=True, encoding="ascii",
        cwd=ROOT, env={**os.environ, "PYTHONIOENCODING": "ascii:strict"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "\\u65e5\\u672c" in done.stderr and "would take away" in done.stdout


def test_closed_standard_input_is_nobody_at_the_terminal(server: Rehearsal) -> None:
    done = subprocess.run(
        ["sh", "-c", 'exec "$@" <&-', "sh", *command("delete", service_url(server), "--json")],
        capture_output=True, text=True, cwd=ROOT,
    )  # fmt: skip
    assert (done.returncode, json.loads(done.stdout)["error"]["id"]) == (2, "CT104")
    assert server.requests == []


# The tour


def test_the_tour(run: Callable[..., Outcome], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")  # nobody listens there, and nothing has to go there
    done = run("rehearse")
    assert done.code == 0, done.out + done.err
    assert "4. The same tile again:\n   HTTP 404" in done.out
    assert "It is gone, with every file in it." in done.out and "Verdict:    deleted" in done.out
    assert "   Submitted: " in done.out


def test_the_tour_without_its_packages_says_what_to_install(
    run: Callable[..., Outcome], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tornado.py").write_text("raise ImportError('not here')", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    done = run("rehearse")
    assert done.code == 2 and "pip install .[rehearsal]" in done.err and done.out == ""
