"""ReportCacheStatus: the scales of a cache, with the tiles and bytes that the server counts in each."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from ...errors import NoAnswer, ServerSaysNo
from ...messages import plain_words
from ...naming.identity import Means, names_service
from ...naming.service import ServiceReference
from ...proof.evidence import LARGEST, Remark, Says, Scale, Testimony, Why, Witness, silent
from ..body import Body, fields_in, in_small_letters, json_object
from ..wire import Wire
from .numbers import number, whole

ADDRESS = "System/ReportingTools/GPServer/ReportCacheStatus/execute"
EXISTS, NONE = ("EXISTS", "COMPLETED"), "NONE"
FAILED = ("FAILED", "FAILURE", "FAILING")
BUSY = ("SUBMITTED", "PROCESSING")
COMPLAINT = re.compile("error|abort", re.IGNORECASE)  # as in esriJobMessageTypeError
TROUBLE = ("error", "errors", "errormessage", "exception")
NAMES, TYPES = ("name", "servicename"), ("type", "servicetype")
ADDRESSES, FOLDERS = ("service_url", "serviceurl", "service", "url"), ("folder", "foldername")
LEVEL_COUNTS = ("tilecount", "tilessize")
COUNTS = (*LEVEL_COUNTS, "tiles", "bundles", "bundlecount", "cachesize", "ondisk", "bytes")
NOT_THERE = ("expected", "missing", "empty", "max")
FLAGS = ("exists", "iscached", "singlefusedmapcache")
YES = ("true", "1", "yes")
NOT_WHOLE = re.compile("exceeded|truncated|partial")
SUCCEEDED = "esriJobSucceeded"
MOST_SCALES = 1000
REFUSALS = {403: Why.REFUSED, 499: Why.REFUSED, 404: Why.NOT_OFFERED}

_nothing = partial(silent, Witness.REPORT)


def ask(wire: Wire, service: ServiceReference, tries: int) -> Testimony:
    """What the report says (protocol.md 5.1).

    It counts only where it is about this service, and all its levels can be read. Any positive count or size, and the
    word EXISTS without levels, say that there is a cache; NONE, or levels that are all zero, that there is none.
    Raises SignInRefused, DeadlinePassed, Cancelled.
    """
    try:
        answer = wire.post(f"{service.site}/rest/services/{ADDRESS}", {"service_url": service.task_name}, tries=tries)
    except ServerSaysNo as error:
        # Only ArcGIS's own refusal means that this account may not count; a web tier's page may come and go.
        why = REFUSALS.get(error.code, Why.UNREADABLE) if error.shape == "rest" else Why.UNREADABLE
        return _nothing(why, error.what)
    except NoAnswer as error:
        wire.run.go_on()
        return _nothing(Why.UNREADABLE, error.what)
    report = _report_in(answer)
    if report is None:
        return _nothing(Why.UNREADABLE, "ReportCacheStatus gave no report in the known form.")
    return _judged(answer, report, service)


def _judged(answer: Body, report: Body, service: ServiceReference) -> Testimony:
    """What a report amounts to, in the answer in which it stands."""
    complaint = _complaint_in(answer, report)
    if complaint:
        return _nothing(Why.UNREADABLE, f"ReportCacheStatus complains, so it counts nothing: {complaint}")
    if not _is_about(report, service):
        return _nothing(Why.ABOUT_ANOTHER, "ReportCacheStatus gave a report about another service.")
    levels, infos = _levels(report), _infos_in(report)
    testimony = _testimony(report.get("status"), levels)
    if testimony.says is Says.GONE and _is_contradicted(answer, report):
        return _nothing(Why.UNREADABLE, "ReportCacheStatus contradicts itself, so it counts nothing.")
    elsewhere = _counts_in(answer) > sum(number(info.get(name)) > 0 for info in infos for name in LEVEL_COUNTS)
    if elsewhere or any(map(_contradicts_itself, infos)):
        testimony = replace(testimony, scales=None)  # there are more tiles than the levels count
    if testimony.says is Says.THERE and testimony.scales is None:
        testimony = replace(testimony, words="The report's counts can't be read.")
    listed = frozenset((scale.level, scale.scale) for scale in levels.scales)
    at_work = frozenset({Remark.AT_WORK} if _is_at_work(report) else ())
    return replace(testimony, remarks=testimony.remarks | at_work, expected=_expected(infos), listed=listed)


def _report_in(answer: Body) -> Body | None:
    """The value of the only result that is a report, its names in small letters: an object, or a string that holds one.

    The parameter's name isn't known, so that of two reports neither can be told to be the right one.
    """
    results = answer.get("results")
    values = (_value(result) for result in (results if isinstance(results, list) else []))
    reports = [value for value in values if isinstance(value, dict)]
    return in_small_letters(reports[0]) if len(reports) == 1 else None


def _value(result: Any) -> Any:
    value = result.get("value") if isinstance(result, dict) else None
    return json_object(value) if isinstance(value, str) else value


def _complaint_in(answer: Body, report: Body) -> str:
    """What the task or its report says has gone wrong; empty where nothing has."""
    for part in (report, in_small_letters(answer)):
        for trouble in filter(None, map(part.get, TROUBLE)):
            return plain_words(trouble)
        said = part.get("messages")
        for message in map(in_small_letters, said if isinstance(said, list) else [said]):
            if COMPLAINT.search(plain_words(message.get("type"))):
                return plain_words(message.get("description")) or "an error without words"
        status = part.get("jobstatus", SUCCEEDED)
        if part.get("success") is False:
            return "it had no success"
        if status != SUCCEEDED:
            return f"its job has the status {plain_words(status)}"
    return ""


def _is_about(report: Body, service: ServiceReference) -> bool:
    """True unless anything in the report names another service."""
    mine, own_kind = service.task_name.rpartition(":")[::2]
    names = [plain_words(report[key]) for key in NAMES if report.get(key) is not None] or [mine]
    kinds = [plain_words(report[key]) for key in TYPES if report.get(key) is not None] or [own_kind]
    if any(names_service(service, f"{name}:{kind}") is not Means.THIS for name in names for kind in kinds):
        return False
    said = [report[key] for key in ADDRESSES if isinstance(report.get(key), str)]
    texts = [text for text in said if "/gpserver" not in text.lower()]  # the report's own task or job
    folders = [report[key].strip("/\\ ") for key in FOLDERS if isinstance(report.get(key), str)]
    bare = [f"{service.folder}/{text}" for text in texts if text.strip() and not set("/\\:.") & set(text)]
    paths = [*(f"{folder}/{service.name}" for folder in folders), *bare]
    texts += [f"{path}:{service.kind}".lstrip("/") for path in paths]
    return all(names_service(service, text) is not Means.ANOTHER for text in texts)


def _is_contradicted(answer: Body, report: Body) -> bool:
    """True where anything in an answer that counts none speaks of a cache all the same, wherever it stands."""
    return any(map(_contradicts_itself, _infos_in(report))) or any(
        _speaks_of_a_cache(name, value)
        for name, value in fields_in(answer)
        if name != "status" or value != report.get("status")
    )


def _contradicts_itself(level: Body) -> bool:
    """True for a level that counts no tile, though it should hold some and is called filled."""
    is_filled = number(level.get("percent")) > 0 or plain_words(level.get("status")).lower() == "complete"
    return is_filled and number(level.get("expectedtilecount")) > 0 and not number(level.get("tilecount")) > 0


def _speaks_of_a_cache(name: str, value: Any) -> bool:
    """The word EXISTS, a flag, a count or size that isn't plainly zero, or that something was left out."""
    name = re.sub("[^a-z]", "", name)
    if name in FLAGS or NOT_WHOLE.search(name):
        return plain_words(value).lower() in YES
    if name.endswith(COUNTS) and not name.startswith(NOT_THERE):
        return value is not None and number(value) != 0
    return isinstance(value, str) and value.strip().upper() == "EXISTS"


@dataclass(frozen=True)
class _Levels:
    """The levels of a report; `whole` where each can be read, `something` where any of them holds anything."""

    scales: tuple[Scale, ...]
    whole: bool
    something: bool

    @property
    def counted(self) -> tuple[Scale, ...] | None:
        """The levels that hold tiles; None where one can't be read, or has a size and no tile, or none has any."""
        sound = self.whole and all(scale.tiles or not scale.bytes for scale in self.scales)
        return tuple(scale for scale in self.scales if scale.tiles) or None if sound else None


def _testimony(status: Any, levels: _Levels) -> Testimony:
    # Looked for in tuples, since a server may send a list where a word belongs.
    failed = status in FAILED
    if levels.something:
        return Testimony(Witness.REPORT, Says.THERE, scales=None if failed else levels.counted)
    if failed or status not in (*EXISTS, NONE):
        return _nothing(Why.UNREADABLE, f"ReportCacheStatus says {plain_words(status)}, so it counts nothing.")
    if not levels.whole:
        return _nothing(Why.UNREADABLE, "A level in ReportCacheStatus can't be read, so it counts nothing.")
    if status == NONE:
        return Testimony(Witness.REPORT, Says.GONE, scales=())
    if levels.scales:
        return Testimony(Witness.REPORT, Says.GONE, scales=(), remarks=frozenset({Remark.CLAIMS_A_CACHE}))
    return Testimony(Witness.REPORT, Says.THERE)


def _infos_in(report: Body) -> list[Body]:
    """What the report says of each level, the names in small letters; nothing where that is no list."""
    infos = report.get("lodinfos")
    return [*map(in_small_letters, infos)] if isinstance(infos, list) else []


def _levels(report: Body) -> _Levels:
    shown, infos = report.get("lodinfos"), _infos_in(report)
    scales = tuple(scale for scale in map(_scale, infos[:MOST_SCALES]) if scale is not None)
    is_whole = shown is None or (isinstance(shown, list) and len(scales) == len(infos))
    return _Levels(scales, is_whole, something=_counts_in(report) > 0)


def _counts_in(value: Any) -> int:
    """How many positive counts and sizes stand in it, though they may be too large or too odd to be counted with."""
    return sum(name in LEVEL_COUNTS and number(held) > 0 for name, held in fields_in(value))


def _scale(info: Body) -> Scale | None:
    """One level, None where it can't be read."""
    level, tiles = whole(info.get("levelid")), whole(info.get("tilecount"))
    size, scale = whole(info.get("tilessize", 0)), number(info.get("scale"))
    if level is None or tiles is None or size is None or not 0 <= scale < LARGEST:
        return None
    return Scale(level, scale, tiles, size)


def _expected(infos: list[Body]) -> tuple[tuple[int, int], ...]:
    """The levels of which the report says how many tiles they should hold; it says 0 where it doesn't know."""
    pairs = ((whole(info.get("levelid")), whole(info.get("expectedtilecount"))) for info in infos[:MOST_SCALES])
    return tuple((level, tiles) for level, tiles in pairs if level is not None and tiles)


def _is_at_work(report: Body) -> bool:
    """True where another caching job is at work; `isRunning` is the text "true" or "false" (captured)."""
    running = any(plain_words(info.get("isrunning")).lower() == "true" for info in _infos_in(report))
    return running or plain_words(report.get("cacheexecutionstatus")).upper() in BUSY
