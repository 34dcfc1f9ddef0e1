"""The administrator API's own record of a service, which can be read while the service is stopped, too."""

from __future__ import annotations

import re

from ...errors import NoAnswer, ServerSaysNo
from ...messages import plain_words
from ...naming.identity import Means, names_service
from ...naming.service import ServiceReference
from ...proof.evidence import Remark, Says, Testimony, Why, Witness, silent
from ...waiting import Run
from ..body import Body, fields_in, in_small_letters
from ..wire import Wire

YES = re.compile(r"\b(?:true|yes|on|1)\b")
ON_DEMAND = {"true": (Remark.ON_DEMAND,), "false": (Remark.NOT_ON_DEMAND,)}
REFUSED = (401, 403, 498, 499)


def ask(wire: Wire, service: ServiceReference, tries: int) -> Testimony:
    """What `properties.isCached` and `cacheOnDemand` say; they are strings (seen in publishing scripts, protocol.md 6).

    Raises SignInRefused, DeadlinePassed, Cancelled.
    """
    try:
        answer = in_small_letters(wire.get(service.admin_url, tries=tries))
    except (ServerSaysNo, NoAnswer) as error:
        return silent(Witness.ADMIN, why_silent(error, wire.run), error.what)
    if not _is_about(answer, service):
        words = f"{service.admin_url} was answered with another service."
        return silent(Witness.ADMIN, Why.ABOUT_ANOTHER, words)
    properties = in_small_letters(answer.get("properties"))
    remarks = frozenset(ON_DEMAND.get(plain_words(properties.get("cacheondemand")).lower(), ()))
    # A cache is claimed wherever the word stands and however it is spelled; that there is none, in one place and way.
    if any(name == "iscached" and YES.search(plain_words(value).lower()) for name, value in fields_in(answer)):
        return Testimony(Witness.ADMIN, Says.THERE, remarks=remarks)
    if plain_words(properties.get("iscached")).lower() == "false":
        return Testimony(Witness.ADMIN, Says.GONE, remarks=remarks)
    words = f"{service.admin_url} doesn't say whether the service is cached."
    return Testimony(Witness.ADMIN, Says.NOTHING, Why.UNREADABLE, words, remarks=remarks)


def why_silent(error: ServerSaysNo | NoAnswer, run: Run) -> Why:
    """Why a witness says nothing whose asking ended so. Raises Cancelled, DeadlinePassed where the run has to end."""
    if isinstance(error, ServerSaysNo):
        return Why.REFUSED if error.code in REFUSED else Why.UNREADABLE
    run.go_on()
    return Why.UNREADABLE


def _is_about(answer: Body, service: ServiceReference) -> bool:
    """True unless the answer names another service; its `serviceName` has no folder, which isn't relied on."""
    said = answer.get("foldername")
    folder = said.strip("/") if isinstance(said, str) else service.folder
    name, kind = plain_words(answer.get("servicename", service.name)), plain_words(answer.get("type", service.kind))
    named = "/".join(part for part in (folder, name.rpartition("/")[2]) if part)
    return names_service(service, f"{named}:{kind}") is Means.THIS


def cache_directory(wire: Wire, service: ServiceReference) -> str:
    """The server's directory that `properties.cacheDir` names; empty where that can't be read. Asked once.

    Raises SignInRefused, DeadlinePassed, Cancelled.
    """
    try:
        properties = wire.get(service.admin_url, tries=1).get("properties")
    except (ServerSaysNo, NoAnswer):
        wire.run.go_on()
        return ""
    told = properties.get("cacheDir") if isinstance(properties, dict) else None
    return plain_words(told) if isinstance(told, str) else ""
