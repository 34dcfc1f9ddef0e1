"""The service's own JSON: whether it answers, and whether it says that it has a cache."""

from __future__ import annotations

import json
import re
from hashlib import sha256
from typing import Any

from ...errors import Moved, NoAnswer, NotArcGIS, NotPermitted, ServerSaysNo, TokenRefused
from ...messages import plain_words
from ...naming.service import ServiceReference
from ...proof.evidence import Remark, Says, ServiceState, Testimony, Why, Witness
from ...proof.scheme_shown import scheme_of
from ..body import Body, fields_in, in_small_letters
from ..moved import moved_service
from ..wire import Wire

NO_ACCESS = (NotPermitted, TokenRefused)
TILES_ONLY = re.compile(r"(?<![a-z])tiles[\s_-]*only(?![a-z])")


def ask(wire: Wire, service: ServiceReference, tries: int) -> Testimony:
    """What the service says of itself (protocol.md 3.2, 3.3).

    Only an explicit `singleFusedMapCache` counts; a tiling scheme beside an explicit false proves nothing.
    Raises NotPermitted, TokenRefused where the account may not see the service, SignInRefused, DeadlinePassed,
    Cancelled.
    """
    try:
        body = wire.get(service.url, tries=tries)
    except NO_ACCESS:
        raise
    except ServerSaysNo as error:
        return _silent(_state_in(error), error.what)
    except NoAnswer as error:
        wire.run.go_on()
        return _silent(ServiceState.UNREADABLE, _with_the_way_past(error, service))
    cached = body.get("singleFusedMapCache")
    contradicted = any(name == "singlefusedmapcache" and value is not cached for name, value in fields_in(body))
    if not isinstance(cached, bool) or contradicted or _is_of_another_type(service, body):
        return _silent(ServiceState.UNREADABLE, f"{service.url} was answered with something that isn't a service.")
    return Testimony(
        Witness.SERVICE,
        Says.THERE if cached else Says.GONE,
        remarks=frozenset({Remark.TILES_ONLY} if _is_tiles_only(service, body) else ()),
        state=ServiceState.ANSWERS,
        scheme_scales=_scales_in_scheme(body) if cached else 0,
        scheme=scheme_of(body) if cached else None,
        map_name=plain_words(body.get("mapName", "")),
        scheme_mark=_mark_of_scheme(body) if cached else "",
    )


def _is_of_another_type(service: ServiceReference, body: Body) -> bool:
    """True where an image service answers in a map service's place: only its answer tells a type of data."""
    return service.kind == "MapServer" and "serviceDataType" in body


def _silent(state: ServiceState, words: str) -> Testimony:
    return Testimony(Witness.SERVICE, Says.NOTHING, Why.UNREADABLE, words, state=state)


def _with_the_way_past(error: NoAnswer, service: ServiceReference) -> str:
    """What happened, and where something in front of the site answers, the way past it."""
    if isinstance(error, Moved):
        error = moved_service(error, service)
    elif not (isinstance(error, NotArcGIS) and not error.passing and error.status in (200, 401)):
        return error.what
    return f"{error.what} {error.remedy}"


def _state_in(error: ServerSaysNo) -> ServiceState:
    """A stopped service says 500 "not started", a missing one 404 "not found", before 10.1 400 "does not exist"."""
    words = error.server_words.lower()
    if error.code == 500 and ("not started" in words or "could not access any" in words):
        return ServiceState.NOT_STARTED
    if (error.code == 404 and "not found" in words) or (error.code == 400 and "does not exist" in words):
        return ServiceState.MISSING
    return ServiceState.UNREADABLE


def _is_tiles_only(service: ServiceReference, body: Body) -> bool:
    """A hosted tile layer is a map service (captured, protocol.md 3.2).

    A cached image service has images behind its tiles, whatever its capabilities say.
    """
    capabilities: Any = in_small_letters(body).get("capabilities")
    listed = capabilities if isinstance(capabilities, list) else [capabilities]
    words = " ".join(map(plain_words, listed)).lower()
    return service.kind == "MapServer" and bool(TILES_ONLY.search(words))


def _mark_of_scheme(body: Body) -> str:
    tile_info = body.get("tileInfo")
    return sha256(json.dumps(tile_info, sort_keys=True).encode()).hexdigest() if isinstance(tile_info, dict) else ""


def _scales_in_scheme(body: Body) -> int:
    tile_info = body.get("tileInfo")
    lods = tile_info.get("lods") if isinstance(tile_info, dict) else None
    return len(lods) if isinstance(lods, list) else 0
