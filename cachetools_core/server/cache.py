"""What cache a service has (scales, tiles, bytes, work going on), and what two looks say together."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from typing import Any

from ..errors import CacheToolsError, NoAnswer, NotPermitted, ServerSaysNo, SignInRefused, TokenRefused
from ..messages import plain_words
from ..naming.service import ServiceReference
from .answers import Body
from .site import advertised_in_admin
from .wire import READ_TRIES, Wire

REPORT = "System/ReportingTools/GPServer/ReportCacheStatus/execute"
# Tuples, since a server may send a list where a word belongs, and a set can't be asked for that.
REPORT_STATUSES = ("EXISTS", "NONE", "COMPLETED", "FAILED", "FAILURE", "FAILING")
BUSY_STATUSES = ("SUBMITTED", "PROCESSING")
MOST_SCALES = 1000
NO_ACCESS = (NotPermitted, TokenRefused)


class ServiceState(Enum):
    """How the service answers."""

    ANSWERS = "answers"
    NOT_STARTED = "is not started"
    MISSING = "does not exist"
    UNREADABLE = "could not be read"


class CacheState(Enum):
    """What the look after shows, held against the look before."""

    NONE = "no cache, and no tiles reported"
    UNADVERTISED = "no cache advertised, tiles not counted"
    FEWER = "fewer tiles than before"
    AS_BEFORE = "as many tiles as before"
    UNCOUNTED = "a cache, tiles not counted before or after"
    CONTRADICTORY = "the service and the report contradict each other"
    UNREADABLE = "unreadable"


@dataclass(frozen=True)
class Scale:
    """One scale that holds tiles: its level in the tiling scheme, its scale (1:n), its tiles and their bytes."""

    level: int
    scale: float
    tiles: int
    bytes: int


@dataclass(frozen=True)
class CacheLook:
    """One look at a service's cache.

    `cached` is what the service itself advertises, or what the administrator API and the report say while it advertises
    nothing; None where nobody says. `scales` are those that hold tiles by ReportCacheStatus, None where no report could
    be read. `tiles_only` is a hosted tile layer, which is a map service (captured, protocol.md 3.2); a cached image
    service has images behind its tiles, whatever its capabilities say.
    `scheme_scales` is how many scales the tiling scheme has, filled or not; 0 where the service shows no scheme.
    `trouble` says why something is missing.
    """

    service: ServiceState
    cached: bool | None = None
    scales: tuple[Scale, ...] | None = None
    busy: bool = False
    tiles_only: bool = False
    scheme_scales: int = 0
    trouble: tuple[str, ...] = ()

    @property
    def tiles(self) -> int | None:
        """How many tiles the report counts."""
        return None if self.scales is None else sum(scale.tiles for scale in self.scales)

    @property
    def bytes(self) -> int | None:
        """How many bytes these tiles take."""
        return None if self.scales is None else sum(scale.bytes for scale in self.scales)

    @property
    def shows_no_cache(self) -> bool:
        """True where the service advertises no cache and the report, as far as it can be read, counts no tile."""
        return self.cached is False and not self.tiles


def look(wire: Wire, service: ServiceReference, *, tries: int = READ_TRIES) -> CacheLook:
    """Look at the service's own JSON and, where allowed, at ReportCacheStatus.

    Raises NoAccess' kinds (NotPermitted, TokenRefused, SignInRefused) where the account may not see the service, and
    DeadlinePassed or Cancelled; everything else that goes wrong is told in the look.
    """
    trouble: list[str] = []
    state, advertised = _read_service(wire, service, tries, trouble)
    cached = _is_cached(advertised) if state is ServiceState.ANSWERS else _held_by_admin(wire, service, state, trouble)
    report = _read_report(wire, service, tries, trouble)
    if cached is None and state is not ServiceState.MISSING and report is not None and report["status"] == "NONE":
        cached = False
    capabilities = plain_words(advertised.get("capabilities", "")).split(",")
    tile_info = advertised.get("tileInfo")
    lods = tile_info.get("lods") if isinstance(tile_info, dict) else None
    return CacheLook(
        service=state,
        cached=cached,
        scales=_scales(report) if report is not None else None,
        busy=report is not None and _is_busy(report),
        tiles_only=service.kind == "MapServer" and "TilesOnly" in capabilities,
        scheme_scales=len(lods) if isinstance(lods, list) else 0,
        trouble=tuple(trouble),
    )


def compare(before: CacheLook, after: CacheLook) -> CacheState:
    """What the second look shows, held against the first.

    Tiles are gone for certain only where the service advertises no cache and the report counts none. Where one of the
    two still sees what the other no longer sees, nothing is certain: either may be stale, or come from a web tier.
    """
    if after.tiles is None:
        return {True: CacheState.UNCOUNTED, False: CacheState.UNADVERTISED, None: CacheState.UNREADABLE}[after.cached]
    if _contradict_each_other(before, after):
        return CacheState.CONTRADICTORY
    if after.tiles or after.cached:
        if before.tiles is None:
            return CacheState.UNCOUNTED
        return CacheState.FEWER if after.tiles < before.tiles else CacheState.AS_BEFORE
    return CacheState.NONE if after.cached is False else CacheState.UNREADABLE


def _contradict_each_other(before: CacheLook, after: CacheLook) -> bool:
    """True where the two say so only now: a cache may have no tiles yet, and tiles may lie where none is advertised."""
    if after.cached and after.tiles == 0:
        return before.tiles != 0
    return after.cached is False and bool(after.tiles) and before.cached is not False


def _read_service(wire: Wire, service: ServiceReference, tries: int, trouble: list[str]) -> tuple[ServiceState, Body]:
    try:
        advertised = wire.get(service.url, tries=tries)
        if _is_cached(advertised) is not None or "capabilities" in advertised:
            return ServiceState.ANSWERS, advertised
        trouble.append(f"{service.url} was answered with something that isn't a service.")
        return ServiceState.UNREADABLE, {}
    except NO_ACCESS:
        raise
    except ServerSaysNo as error:
        trouble.append(error.what)
        return _state_in(error), {}
    except NoAnswer as error:
        _note(wire, error, trouble)
        return ServiceState.UNREADABLE, {}


def _state_in(error: ServerSaysNo) -> ServiceState:
    """A stopped service says 500 "not started", a missing one 404 "not found", before 10.1 400 "does not exist"."""
    words = error.server_words.lower()
    if error.code == 500 and ("not started" in words or "could not access any" in words):
        return ServiceState.NOT_STARTED
    if (error.code == 404 and "not found" in words) or (error.code == 400 and "does not exist" in words):
        return ServiceState.MISSING
    return ServiceState.UNREADABLE


def _is_cached(advertised: Body) -> bool | None:
    """What `singleFusedMapCache` says; a body without it proves nothing, unless it holds a tiling scheme."""
    fused = advertised.get("singleFusedMapCache")
    if fused is True or isinstance(advertised.get("tileInfo"), dict):
        return True
    return False if fused is False else None


def _held_by_admin(wire: Wire, service: ServiceReference, state: ServiceState, trouble: list[str]) -> bool | None:
    """A stopped service advertises nothing, but the administrator API may still say whether it is cached."""
    if state is not ServiceState.NOT_STARTED:
        return None
    try:
        return advertised_in_admin(wire, service)
    except (NoAnswer, ServerSaysNo) as error:
        _note(wire, error, trouble)
        return None


def _read_report(wire: Wire, service: ServiceReference, tries: int, trouble: list[str]) -> Body | None:
    """ReportCacheStatus's value: an object, or a string that holds one (protocol.md 5.1).

    It is optional: not every account may use it, so whatever it says, the look goes on without it.
    """
    try:
        answer = wire.post(f"{service.site}/rest/services/{REPORT}", {"service_url": service.task_name}, tries=tries)
    except SignInRefused:
        raise
    except (NoAnswer, ServerSaysNo) as error:
        _note(wire, error, trouble)
        return None
    results = answer.get("results")
    value = results[0].get("value") if isinstance(results, list) and results and isinstance(results[0], dict) else None
    if isinstance(value, str):
        with suppress(ValueError, RecursionError):
            value = json.loads(value)
    if not isinstance(value, dict) or value.get("status") not in REPORT_STATUSES or not _is_about(value, service):
        trouble.append("ReportCacheStatus gave no report in the known form.")
        return None
    return value


def _note(wire: Wire, error: CacheToolsError, trouble: list[str]) -> None:
    wire.run.go_on()
    trouble.append(error.what)


def _is_about(report: Body, service: ServiceReference) -> bool:
    name, kind = report.get("name"), report.get("type")
    return name is None or f"{plain_words(name)}:{plain_words(kind)}".lower() == service.task_name.lower()


def _scales(report: Body) -> tuple[Scale, ...] | None:
    """The scales that hold tiles; None where one of them can't be read, since half a count is none."""
    infos = report.get("lodInfos") or ([] if report["status"] == "NONE" else None)
    if not isinstance(infos, list) or len(infos) > MOST_SCALES:
        return None
    scales = [scale for scale in map(_scale, infos) if scale is not None]
    return tuple(scale for scale in scales if scale.tiles) if len(scales) == len(infos) else None


def _scale(info: Any) -> Scale | None:
    fields = info if isinstance(info, dict) else {}
    counts = [_whole(fields.get(name)) for name in ("levelID", "tileCount")] + [_whole(fields.get("tilesSize", 0))]
    level, tiles, size = counts
    scale = fields.get("scale")
    if level is None or tiles is None or size is None or not isinstance(scale, (int, float)) or not 0 <= scale < 1e18:
        return None
    return Scale(level, float(scale), tiles, size)


def _whole(value: Any) -> int | None:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return int(value) if number and 0 <= value < 1e18 and value == int(value) else None


def _is_busy(report: Body) -> bool:
    """Another caching job is at work; `isRunning` is the text "true" or "false" (captured)."""
    infos = report.get("lodInfos")
    running = any(
        isinstance(info, dict) and plain_words(info.get("isRunning")).lower() == "true"
        for info in (infos if isinstance(infos, list) else [])
    )
    return running or report.get("cacheExecutionStatus") in BUSY_STATUSES
