"""One look at a service's cache: the witnesses are asked one after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from ..naming.service import ServiceReference
from ..proof.evidence import Look, Remark, Says, ServiceState, Testimony, Witness
from .wire import READ_TRIES, Wire
from .witnesses import administrator, cache_info, report, service

NOBODY_ASKED = Look()
# A kept connection may have been shut, which looks like a lost answer; so a request is sent twice at most, not once.
OF_MANY_TRIES = 2

Ask = Callable[[Wire, ServiceReference, int], Testimony]
Other = Callable[[Look], Testimony]
"""A witness that isn't on the server; it is told what was said so far."""


def _not_asked(so_far: Look) -> bool:
    return not any(one.witness is Witness.SERVICE for one in so_far.testimonies)


def _in_doubt(so_far: Look) -> bool:
    """True where service and report together leave a doubt that the administrator API may settle."""
    said, counted = so_far.of(Witness.SERVICE), so_far.of(Witness.REPORT)
    if so_far.service is ServiceState.MISSING:
        return False
    counted_gone = counted.says is Says.GONE and Remark.CLAIMS_A_CACHE not in counted.remarks
    return counted_gone if said.says is Says.THERE else not (counted_gone and said.says is Says.GONE)


# In this order, each where its condition holds for what was said so far.
WITNESSES: tuple[tuple[Ask, Callable[[Look], bool]], ...] = (
    (service.ask, _not_asked),
    (report.ask, lambda so_far: True),
    (administrator.ask, _in_doubt),
)


def _nobody_counted(so_far: Look) -> bool:
    """True where a cache's end rests on the service's word and the job's alone."""
    said_gone = so_far.of(Witness.SERVICE).says is Says.GONE and not so_far.saying(Says.THERE)
    return said_gone and so_far.nobody_may_count and so_far.of(Witness.DISK).says is Says.NOTHING


# Asked once in a run, after its job: these submit jobs of their own, and no look that is repeated may do that.
LAST_WITNESSES: tuple[tuple[Ask, Callable[[Look], bool]], ...] = ((cache_info.ask, _nobody_counted),)


def look(
    wire: Wire,
    reference: ServiceReference,
    *,
    tries: int = READ_TRIES,
    others: Sequence[Other] = (),
    so_far: Look = NOBODY_ASKED,
) -> Look:
    """Ask every witness that is needed what it says of the service's cache, then each of the others.

    `so_far` is what the service itself has said a moment ago, which isn't asked again.
    Raises NotPermitted or TokenRefused where the account may not see the service, SignInRefused, DeadlinePassed,
    Cancelled; everything else that goes wrong is in the look.
    """
    return with_others(_asked(WITNESSES, wire, reference, so_far, tries), others)


def glance(wire: Wire, reference: ServiceReference) -> Look:
    """What the service itself says, asked once; a look goes on from there. Raises what `look` raises."""
    return Look((service.ask(wire, reference, 1),))


def last_words(wire: Wire, reference: ServiceReference, found: Look) -> Look:
    """The look after a job, with what those say who are asked once. Raises SignInRefused, DeadlinePassed, Cancelled."""
    return _asked(LAST_WITNESSES, wire, reference, found, READ_TRIES)


def _asked(
    witnesses: Sequence[tuple[Ask, Callable[[Look], bool]]],
    wire: Wire,
    reference: ServiceReference,
    found: Look,
    tries: int,
) -> Look:
    for ask, is_needed in witnesses:
        if is_needed(found):
            found = replace(found, testimonies=(*found.testimonies, ask(wire, reference, tries)))
    return found


def with_others(found: Look, others: Sequence[Other]) -> Look:
    """The look, with what each of these witnesses says. Raises what they raise."""
    for other in others:
        found = replace(found, testimonies=(*found.testimonies, other(found)))
    return found


def closer_look(wire: Wire, reference: ServiceReference, *, others: Sequence[Other] = ()) -> Look:
    """A look for people: where there is a cache, the administrator API is asked in any case.

    It alone tells whether a tile is made when somebody looks at its place. Raises what `look` raises.
    """
    found = look(wire, reference, others=others)
    return with_administrator(wire, reference, found) if found.saying(Says.THERE) else found


def closer_look_at_one_of_many(wire: Wire, reference: ServiceReference) -> Look:
    """The same closer look in a few requests: of a service that can't be read nobody else is asked, and nothing often.

    Raises what `look` raises.
    """
    first = Look((service.ask(wire, reference, OF_MANY_TRIES),))
    if first.service in (ServiceState.MISSING, ServiceState.UNREADABLE):
        return first
    found = look(wire, reference, tries=OF_MANY_TRIES, so_far=first)
    return with_administrator(wire, reference, found, tries=OF_MANY_TRIES) if found.saying(Says.THERE) else found


def with_administrator(wire: Wire, reference: ServiceReference, found: Look, *, tries: int = READ_TRIES) -> Look:
    """The look, with what the administrator API says; it is asked once. Raises what `look` raises."""
    if any(one.witness is Witness.ADMIN for one in found.testimonies):
        return found
    return Look((*found.testimonies, administrator.ask(wire, reference, tries)))
