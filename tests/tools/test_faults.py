"""Each named fault at least once, with what must come of it; `tests/matrix.py` runs them all at every step.

The rows are run beforehand on several servers at once, since most of their time is waiting; each test looks at one.
"""

from __future__ import annotations

from typing import Any

import pytest
from support.bench import Outcome
from support.cells import AWAY, LOST, SLOW, Cell
from support.servers import Servers, at_once

from cachetools_core.rehearsal.faults import FAULTS

pytestmark = pytest.mark.thorough

FILES = 12  # that the Rainfall cache has
HALF = 8

Facts = tuple[str, int, str, int, int]
DELETED: Facts = ("deleted", 0, "-", 1, 0)
STILL_RUNNING: Facts = ("still-running", 5, "CT704", 1, FILES)
DOWN: Facts = ("deleted-service-down", 1, "CT703", 1, 0)
PARTLY: Facts = ("partly-deleted", 1, "CT702", 1, HALF)


def stopped_by(error_id: str, code: int = 1) -> Facts:
    """Nothing was submitted and nothing is gone."""
    return "not-deleted", code, error_id, 0, FILES


def kept(error_id: str = "CT701", code: int = 1) -> Facts:
    """The job has ended and everything is still there."""
    return "not-deleted", code, error_id, 1, FILES


def unknown(submits: int, files: int) -> Facts:
    return "unknown", 5, "CT705", submits, files


ROWS: dict[tuple[str, ...], Facts] = {
    # before the submit
    ("refuse@info",): stopped_by("CT202"),
    ("reset-before@token",): stopped_by("CT201"),
    ("reset-during@service-before",): stopped_by("CT501"),
    ("reset-after@tasks",): stopped_by("CT201"),
    ("reset-before@task:3",): DELETED,
    ("blackhole-before@info:1",): DELETED,
    ("blackhole-during@token",): stopped_by("CT201"),
    ("blackhole-after@report-before:1",): DELETED,
    ("drip@service-before",): stopped_by("CT203"),
    ("endless-body@task",): stopped_by("CT201"),
    ("truncated-json@info",): stopped_by("CT206"),
    ("empty-body@tasks",): stopped_by("CT206"),
    ("not-json@token",): stopped_by("CT402", 4),
    ("bom",): DELETED,
    ("html-login@service-before",): stopped_by("CT501"),
    ("negotiate-401@info",): stopped_by("CT206"),
    ("http-403@tasks",): stopped_by("CT206"),
    ("http-404@info",): stopped_by("CT206"),
    ("http-429@info:2",): DELETED,
    ("http-500@service-before",): stopped_by("CT501"),
    ("http-502@token",): stopped_by("CT402", 4),
    ("http-503@info:3",): DELETED,
    ("http-504@tasks",): stopped_by("CT206"),
    ("json-500@tasks",): stopped_by("CT501"),
    ("json-status-error@info",): stopped_by("CT301"),
    ("json-code-400@token",): stopped_by("CT402", 4),
    ("json-status-failed@task",): stopped_by("CT301"),
    ("redirect-https@info",): stopped_by("CT205"),
    ("redirect-other-host@token",): stopped_by("CT402", 4),
    ("redirect-loop@tasks",): stopped_by("CT205"),
    ("token-498@service-before",): stopped_by("CT302", 4),
    ("token-499@tasks",): stopped_by("CT302", 4),
    ("token-498@service-before:1",): DELETED,
    ("access-denied@service-before",): stopped_by("CT303", 4),
    ("account-locked@token",): stopped_by("CT402", 4),
    ("expires-as-string@exchange",): DELETED,
    ("reset-after@exchange",): stopped_by("CT201"),
    ("token-short-lived@token",): DELETED,
    ("expires-as-string@token",): DELETED,
    ("wrong-token-host",): DELETED,
    ("caching-tools-stopped",): stopped_by("CT501"),
    ("caching-tools-missing",): stopped_by("CT501"),
    ("controllers-stopped",): DELETED,
    ("reporting-tools-missing",): DELETED,
    ("report-refused",): DELETED,
    ("report-as-string",): DELETED,
    ("other-job-running",): stopped_by("CT501"),
    ("admin-closed",): DELETED,
    ("basic-401@info",): stopped_by("CT206"),
    ("redirect-https-info@info",): stopped_by("CT205"),
    ("redirect-single-sign-on@info",): stopped_by("CT205"),
    ("redirect-gateway@tasks",): stopped_by("CT205"),
    ("owner-other-port",): stopped_by("CT403", 4),
    ("owner-other-path",): stopped_by("CT403", 4),
    ("owner-is-site",): DELETED,
    ("owner-with-command",): DELETED,
    ("owner-with-quotes",): DELETED,
    ("exchange-returns-same-token@exchange",): stopped_by("CT403", 4),
    ("token-odd-body@token",): stopped_by("CT402", 4),
    ("account-locked-500@token",): stopped_by("CT402", 4),
    ("no-token-security",): DELETED,
    ("read-only-site",): stopped_by("CT301"),
    ("tiles-only-with-blank",): stopped_by("CT501"),
    ("tiles-only-list",): stopped_by("CT501"),
    ("service-body-bare@service-before",): stopped_by("CT501"),
    ("service-flag-as-text@service-before",): stopped_by("CT501"),
    ("report-nameless-none", "html-login@service-before"): stopped_by("CT501"),
    ("report-error-500", "service-says-uncached"): stopped_by("CT501"),
    ("service-says-uncached", "report-refused", "admin-says-cached"): stopped_by("CT501"),
    ("huge-answer@service-before",): stopped_by("CT501"),
    ("deep-answer@report-before",): DELETED,
    ("nan-extent",): DELETED,
    ("counts-as-text",): DELETED,
    ("echo-in-parameter-name@task",): stopped_by("CT501"),
    ("echo-in-challenge@tasks",): stopped_by("CT206"),
    ("echo-in-location@tasks",): stopped_by("CT205"),
    ("echo-in-error@tasks",): stopped_by("CT501"),
    # the submit
    ("access-denied@submit",): stopped_by("CT303", 4),
    ("token-498@submit",): stopped_by("CT302", 4),
    ("json-code-400@submit",): unknown(0, FILES),
    ("lost-submit-answer",): DELETED,
    ("lost-submit-answer", "admin-closed"): DELETED,
    ("lost-submit-answer", "admin-closed", "job-failed"): unknown(1, FILES),
    ("lost-submit-answer", "job-failed"): unknown(1, FILES),
    ("blackhole-after@submit",): DELETED,
    ("http-504-after@submit",): DELETED,
    ("http-502-after@submit",): DELETED,
    ("truncated-json@submit",): DELETED,
    ("reset-before@submit",): unknown(0, FILES),
    ("http-502@submit",): unknown(0, FILES),
    ("json-500@submit",): unknown(0, FILES),
    ("json-status-failed@submit",): unknown(0, FILES),
    ("redirect-other-host@submit",): unknown(0, FILES),
    ("hostile-job-id",): DELETED,
    ("submit-error-408",): DELETED,
    ("submit-error-409",): DELETED,
    ("submit-error-425",): DELETED,
    ("submit-error-429", "job-waits-forever"): STILL_RUNNING,
    ("http-403-after@submit",): DELETED,
    ("http-499-after@submit",): DELETED,
    ("hyphenated-job-ids",): DELETED,
    ("echo-in-job-id",): DELETED,
    ("job-list-cut", LOST, "job-waits-forever"): unknown(1, FILES),
    ("job-list-respelled", LOST): DELETED,
    ("job-list-nameless", LOST): DELETED,
    ("job-list-names-own-host", LOST): DELETED,
    ("other-deletion-waits",): ("still-running", 5, "CT503", 0, FILES),
    ("job-input-respelled", LOST): DELETED,
    # the job
    ("job-messages-roll",): DELETED,
    ("huge-answer@job:1",): DELETED,
    ("job-failed-tersely",): kept(),
    ("job-failed-tersely-half-deleted",): PARTLY,
    ("job-failed-tersely-cache-gone",): DELETED,
    ("echo-in-message",): DELETED,
    ("echo-old-tokens",): DELETED,
    ("echo-with-controls",): DELETED,
    ("echo-in-result",): DELETED,
    ("echo-in-status",): DELETED,
    ("refuse@job:1",): DELETED,
    ("blackhole-before@job",): DELETED,
    ("http-404@job",): DELETED,
    ("token-499@job:1",): DELETED,
    ("access-denied@job",): DELETED,
    ("token-expires-mid-job",): DELETED,
    ("account-locked@token-after", "token-expires-mid-job"): unknown(1, 0),
    ("job-failed",): kept(),
    ("job-failed-half-deleted",): PARTLY,
    ("job-failed-cache-gone",): DELETED,
    ("job-failed-silent",): kept(),
    ("job-failed-silent-half-deleted",): PARTLY,
    ("job-failed-silent-cache-gone",): DELETED,
    ("job-timed-out",): kept(),
    ("job-timed-out-half-deleted",): PARTLY,
    ("job-timed-out-cache-gone",): DELETED,
    ("job-cancelled-elsewhere",): kept(),
    ("job-cancelled-elsewhere-half-deleted",): PARTLY,
    ("job-cancelled-elsewhere-cache-gone",): DELETED,
    ("job-deleted",): kept(),
    ("job-deleted-half-deleted",): PARTLY,
    ("job-deleted-cache-gone",): DELETED,
    ("job-gone",): DELETED,
    ("job-gone-cache-stays",): unknown(1, FILES),
    ("job-gone-half-deleted",): PARTLY,
    ("job-unknown-status",): DELETED,
    ("job-unknown-status-cache-stays",): unknown(1, FILES),
    ("job-unknown-status-half-deleted",): unknown(1, HALF),
    ("job-no-status",): DELETED,
    ("job-no-status-cache-stays",): unknown(1, FILES),
    ("job-no-status-half-deleted",): unknown(1, HALF),
    ("job-says-succeeded-cache-stays",): kept(),
    ("job-succeeded-half-deleted",): PARTLY,
    ("job-no-results",): DELETED,
    ("job-late-results",): DELETED,
    ("job-no-messages",): DELETED,
    ("job-waits-forever",): STILL_RUNNING,
    ("json-code-400@job", "job-waits-forever"): unknown(1, FILES),
    ("server-restarts",): ("partly-deleted", 1, "CT702", 1, HALF),
    ("huge-message",): DELETED,
    ("control-characters",): DELETED,
    ("html-in-messages",): DELETED,
    ("hostile-result-url",): DELETED,
    # after the job
    ("report-exists-as-text@report-after",): unknown(1, 0),
    ("report-exists-without-levels@report-after",): unknown(1, 0),
    ("report-level-unreadable@report-after",): unknown(1, 0),
    ("report-names-another-service@report-after",): unknown(1, 0),
    ("report-failed@report-after",): unknown(1, 0),
    ("report-error-500@report-after",): unknown(1, 0),
    ("report-nameless-none@report-after",): DELETED,
    ("report-nameless-none@report-after", "job-says-succeeded-cache-stays"): unknown(1, FILES),
    ("report-refused@report-after",): DELETED,
    ("report-refused@report-after", "admin-says-cached"): unknown(1, 0),
    ("service-says-uncached",): DELETED,
    ("service-says-uncached", "job-says-succeeded-cache-stays"): kept(),
    ("service-says-uncached@service-after", "job-says-succeeded-cache-stays"): unknown(1, FILES),
    ("service-says-cached",): unknown(1, 0),
    ("service-body-bare@service-after",): unknown(1, 0),
    ("service-flag-as-text@service-after",): unknown(1, 0),
    ("html-login@service-after",): unknown(1, 0),
    ("reset-during@result",): DELETED,
    ("http-503@service-after:3",): DELETED,
    ("http-503@service-after",): unknown(1, 0),
    ("html-login@report-after",): unknown(1, 0),
    ("html-login@report-after", "job-failed-cache-gone"): unknown(1, 0),
    ("http-502@report-after:1", "job-failed-cache-gone"): DELETED,
    ("access-denied@service-after:1",): DELETED,
    ("service-stays-stopped",): DELETED,
    ("access-denied@start", AWAY): DOWN,
    ("reset-after@start", AWAY): DELETED,
    ("admin-closed", AWAY): DOWN,
    ("admin-closed", "report-refused", AWAY): unknown(1, 0),
    ("slow-restart",): DELETED,
    ("stale-metadata",): DELETED,
    ("stale-metadata", "report-refused"): DELETED,
    ("service-removed-meanwhile",): unknown(1, 0),
    ("service-renamed-meanwhile",): unknown(1, 0),
    ("cache-rebuilt-meanwhile",): kept(),
    ("cache-info-finds-a-cache",): DELETED,
    ("cache-info-finds-a-cache", "report-refused"): unknown(1, 0),
    ("cache-info-fails", "report-refused"): DELETED,
    ("cache-info-hangs", "report-refused"): DELETED,
    ("cache-info-not-offered", "report-refused"): DELETED,
    # what only a deletion of tiles asks for
    ("tilemap-adjusted",): DELETED,
    ("tilemap-no-list",): DELETED,
    ("tilemap-odd-bits",): DELETED,
    ("tilemap-other-place",): DELETED,
    ("tilemap-other-size",): DELETED,
}
LONG_JOBS = {("token-short-lived@token",), ("token-expires-mid-job",), ("server-restarts",)}
LONG_WAITS = {("slow-restart",), ("stale-metadata",), ("stale-metadata", "report-refused")}


def cell(row: tuple[str, ...]) -> Cell:
    """The first fault is the row's own; the others bring the story there, so they are switched on before it."""
    return Cell(
        fault=row[0],
        where="",
        with_these=row[1:],
        federated="@exchange" in row[0],
        job_seconds=0.2 if row in LONG_JOBS else 0.0,
        story=SLOW["story"] if row in LONG_WAITS else {},
    )


@pytest.fixture(scope="module")
def outcomes(servers: Servers, request: pytest.FixtureRequest) -> dict[tuple[str, ...], tuple[Outcome, Outcome | None]]:
    """The rows that are asked for, several at once."""
    items: list[Any] = request.session.items
    rows = [item.callspec.params["row"] for item in items if item.module is request.module
            and "row" in getattr(getattr(item, "callspec", None), "params", {})]  # fmt: skip
    return dict(zip(rows, at_once(lambda row: cell(row).run(servers), rows)))


@pytest.mark.parametrize("row", ROWS, ids=" with ".join)
def test_fault(row, outcomes):
    first, second = outcomes[row]
    assert (first.facts, first.complaints()) == (ROWS[row], [])
    if second is not None:
        assert second.complaints() == []


@pytest.mark.parametrize("row", [row for row, facts in ROWS.items() if facts[0] == "unknown"], ids=" with ".join)
def test_a_second_run_after_an_unknown_one_submits_only_where_no_job_is_left(row, outcomes):
    first, second = outcomes[row]
    assert second is not None
    if second.verdict in ("unknown", "still-running"):
        assert second.posts == 0
    else:
        assert second.verdict in ("deleted", "nothing-to-delete")
        assert second.files == 0
        assert second.submits == first.submits + second.posts


def test_every_named_fault_is_here():
    here = {fault.partition("@")[0].partition(":")[0] for row in ROWS for fault in row}
    assert here == set(FAULTS)
    assert len(FAULTS) >= 60


def test_the_lost_answer_that_the_matrix_uses_is_the_named_fault():
    assert FAULTS["lost-submit-answer"].meaning == "The same as reset-after@submit."
    assert LOST == "reset-after@submit:1"
