"""The verdict on a deletion: a table over how the job ended, what the witnesses say of the cache, and the service."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from .ending import JobEnd
from .evidence import Look, Says, ServiceState, Witness


class Verdict(Enum):
    """How a deletion ended for the cache."""

    DELETED = "deleted"
    NOTHING_TO_DELETE = "nothing-to-delete"
    NOT_DELETED = "not-deleted"
    PARTLY_DELETED = "partly-deleted"
    DELETED_SERVICE_DOWN = "deleted-service-down"
    STILL_RUNNING = "still-running"
    UNKNOWN = "unknown"


class Remains(Enum):
    """What the witnesses say is left of the cache, held against the look before."""

    NOTHING = "the cache is gone"
    NOTHING_BY_ONE = "one witness says that the cache is gone, and the others can't be asked"
    FEWER = "fewer tiles or files than before"
    ALL = "as many tiles or files as before"
    SOMETHING = "a cache, its tiles not counted before or after"
    CONTRADICTORY = "the witnesses contradict each other"
    UNTOLD = "nobody can tell"


ANY_END = frozenset(JobEnd)
SUCCEEDED = frozenset({JobEnd.SUCCEEDED})
ENDED = ANY_END - {JobEnd.RUNNING, JobEnd.NO_ANSWER, JobEnd.GONE}
ENDED_OR_GONE = ENDED | {JobEnd.GONE}
NOT_TO_END = frozenset({JobEnd.NEVER_ARRIVED})
ANY_SERVICE = frozenset(ServiceState)
ANSWERS = frozenset({ServiceState.ANSWERS})
NOT_STARTED = frozenset({ServiceState.NOT_STARTED})
ANYTHING = frozenset(Remains)

# The verdict is the first row that fits how the job ended, what is left of the cache, and how the service answers.
# A job that the server doesn't know any more has ended where tiles are missing; where none are, it may still wait for
# its turn. Where one witness alone can be asked, the job's success stands in for the second.
VERDICTS: tuple[tuple[frozenset[JobEnd], frozenset[Remains], frozenset[ServiceState], Verdict], ...] = (
    (frozenset({JobEnd.RUNNING}), ANYTHING, ANY_SERVICE, Verdict.STILL_RUNNING),
    (ANY_END, frozenset({Remains.NOTHING}), ANSWERS, Verdict.DELETED),
    (ANY_END, frozenset({Remains.NOTHING}), NOT_STARTED, Verdict.DELETED_SERVICE_DOWN),
    (SUCCEEDED, frozenset({Remains.NOTHING_BY_ONE}), ANSWERS, Verdict.DELETED),
    (SUCCEEDED, frozenset({Remains.NOTHING_BY_ONE}), NOT_STARTED, Verdict.DELETED_SERVICE_DOWN),
    (ENDED_OR_GONE, frozenset({Remains.FEWER}), ANY_SERVICE, Verdict.PARTLY_DELETED),
    (ENDED, frozenset({Remains.ALL}), ANY_SERVICE, Verdict.NOT_DELETED),
    (SUCCEEDED | NOT_TO_END, frozenset({Remains.SOMETHING}), ANY_SERVICE, Verdict.NOT_DELETED),
    (ANY_END, ANYTHING, ANY_SERVICE, Verdict.UNKNOWN),
)
UNSETTLED = frozenset({Verdict.STILL_RUNNING, Verdict.UNKNOWN})
# Who reads of many services wants to act: maps that are down first, then caches that are left, then what needs a look.
WORST_FIRST = (
    Verdict.DELETED_SERVICE_DOWN,
    Verdict.PARTLY_DELETED,
    Verdict.NOT_DELETED,
    Verdict.UNKNOWN,
    Verdict.STILL_RUNNING,
    Verdict.NOTHING_TO_DELETE,
    Verdict.DELETED,
)


def verdict(end: JobEnd, remains: Remains, service: ServiceState) -> Verdict:
    """The verdict for one cell of the table.

    >>> verdict(JobEnd.FAILED, Remains.FEWER, ServiceState.ANSWERS)
    <Verdict.PARTLY_DELETED: 'partly-deleted'>
    """
    return next(row[3] for row in VERDICTS if end in row[0] and remains in row[1] and service in row[2])


def what_remains(before: Look, after: Look) -> Remains:
    """What the second look shows, held against the first.

    The cache is gone where nobody says that it is there, the service says that it is gone, and so does a witness that
    counts: the report, or the disk where the cache's files were seen before. Where nobody may count, the service's word
    counts as one witness, if it said before that there is a cache.
    A witness that says the opposite of another one may be stale, or come from a web tier: then nothing is certain.
    """
    if after.saying(Says.THERE):
        return _of_what_is_there(before, after)
    service_says_gone = after.of(Witness.SERVICE).says is Says.GONE
    if after.service is ServiceState.NOT_STARTED:
        # A stopped service says nothing itself; the administrator API still does.
        service_says_gone = after.of(Witness.ADMIN).says is Says.GONE
    counted_gone = after.counted_gone or _files_have_gone(before, after)
    if counted_gone and service_says_gone:
        return Remains.NOTHING
    if counted_gone and after.service is ServiceState.NOT_STARTED:
        return Remains.NOTHING_BY_ONE
    service_said_there = before.of(Witness.SERVICE).says is Says.THERE
    if service_says_gone and after.nobody_may_count and service_said_there:
        return Remains.NOTHING_BY_ONE
    return Remains.UNTOLD


def _files_have_gone(before: Look, after: Look) -> bool:
    return before.of(Witness.DISK).says is Says.THERE and after.of(Witness.DISK).says is Says.GONE


def _of_what_is_there(before: Look, after: Look) -> Remains:
    if after.of(Witness.DISK).says is Says.THERE:
        return _of_what_lies_there(before, after)
    counted_both_times = before.tiles is not None and after.tiles is not None
    if after.contradicts_itself and not (counted_both_times and _contradicted_itself_alike(before, after)):
        return Remains.CONTRADICTORY
    return by_counts([(before.tiles, after.tiles)])


def _of_what_lies_there(before: Look, after: Look) -> Remains:
    """Files on disk are the cache, whatever service and report say of it.

    A part of a bundle may be gone while its file stays, so the report's tiles count beside them where it has any.
    """
    counts = [(before.of(Witness.DISK).files, after.of(Witness.DISK).files)]
    if after.of(Witness.REPORT).says is Says.THERE:
        counts.append((before.tiles, after.tiles))
    return by_counts(counts)


def by_counts(counts: Iterable[tuple[int | None, int | None]]) -> Remains:
    """What is left where something is, by what was counted before and after. Raises nothing."""
    known = [(was, now) for was, now in counts if was is not None and now is not None]
    if not known:
        return Remains.SOMETHING
    return Remains.FEWER if any(now < was for was, now in known) else Remains.ALL


def _contradicted_itself_alike(before: Look, after: Look) -> bool:
    """True where each witness that speaks now said the same before.

    A cache may have no tiles yet, and tiles may lie where no cache is advertised; that is no news then.
    """
    return all(before.of(one.witness).says is one.says for one in after.testimonies if one.says is not Says.NOTHING)
