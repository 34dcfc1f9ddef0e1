"""The services of one run, carried out side by side: looked at, agreed to together, deleted, counted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial

from ..errors import CacheToolsError, Cancelled
from ..local.ledger import Ledger
from ..naming.identity import site_key
from ..naming.service import ServiceReference
from ..proof.receipt import Receipt
from ..proof.verdict import Verdict
from ..proof.words import in_megabytes, plural
from .deletion import NO
from .lanes import Lanes
from .one_of_many import OneOfMany, doubt_of, maybe_the_same, tell
from .plans import Plans
from .relay import Relay
from .side_by_side import ManySession


def carry_out_many(
    services: Sequence[ServiceReference],
    failed: int,
    agree: Callable[[Plans], bool],
    ledger: Ledger,
    session: ManySession,
    relay: Relay,
) -> dict[ServiceReference, Receipt]:
    """The receipt of each service, however it ended; `failed` more can't even be looked at, and are counted.

    Raises what a listener raises.
    """
    names = _names(services)
    ones = [OneOfMany(service, names[service], session, ledger) for service in services]
    _Run(relay, session, ones, failed).carry_out(agree)
    return {one.service: one.receipt for one in ones if one.receipt is not None}


class _Run:
    """The services of one run, from the plan to the last receipt."""

    def __init__(self, relay: Relay, session: ManySession, ones: Sequence[OneOfMany], failed: int) -> None:
        self._relay, self._session, self._ones = relay, session, ones
        self._all, self._done, self._gone = len(ones) + failed, failed, 0

    def carry_out(self, agree: Callable[[Plans], bool]) -> None:
        """Look at all of them, tell what would be done, have it agreed to, and do it. Raises what a listener raises."""
        self._look()
        planned = [one for one in self._ones if one.plan is not None]
        good = sum(one.is_good for one in self._ones)
        self._done += len(self._ones) - len(planned)
        plans = Plans(tuple(one.plan for one in planned if one.plan), settled=good, failed=self._done - good)
        self._session.messages.info(plans.in_words())
        self._relay.hand_on()
        refusal = _refusal(plans, agree) if plans.deleting or plans.following else None
        if not refusal and planned:
            self._show_progress()
        # What an earlier run has submitted is at work by now, so its place among the jobs of the site is taken first.
        in_order = sorted(planned, key=lambda one: one.plan is None or not one.plan.follows)
        self._work_on(maybe_the_same(in_order), partial(self._delete, refusal=refusal))

    def _look(self) -> None:
        messages = self._session.messages
        if self._ones:
            messages.progress(f"Looking at {plural(len(self._ones), 'service')}")
        self._work_on([(one,) for one in self._ones], lambda ones: ones[0].look())
        for one in self._ones:
            (messages.info if one.plan or one.is_good else messages.warning)(one.planned())
        for first, *others in maybe_the_same(one for one in self._ones if one.plan and one.plan.deletes):
            for one in others:
                messages.info(f"{one.service.url} may be {first.service.url} by another address, and is done after it.")

    def _work_on(self, groups: Iterable[Sequence[OneOfMany]], do: Callable[[Sequence[OneOfMany]], None]) -> None:
        work: Lanes[None] = Lanes(self._relay, self._session.workers)
        for group in groups:
            work.add(site_key(group[0].service), partial(do, group))
        for _ in work.outcomes():
            """Each tells by itself what became of it."""

    def _delete(self, ones: Sequence[OneOfMany], refusal: CacheToolsError | None) -> None:
        for number, one in enumerate(ones):
            one.delete(refusal or doubt_of(ones[:number], one))
            self._relay.tell(partial(self._tell, one))

    def _tell(self, one: OneOfMany) -> None:
        """In the listening thread: counts."""
        tell(one, self._session.messages)
        self._done += 1
        assert one.receipt is not None
        if one.receipt.verdict is Verdict.DELETED and one.receipt.before is not None:
            self._gone += one.receipt.before.bytes or 0
        self._show_progress()

    def _show_progress(self) -> None:
        label = f"{self._done:,} of {self._all:,} done, {in_megabytes(self._gone)} so far"
        self._session.messages.progress(label, 100 * self._done / self._all)


def _names(services: Sequence[ServiceReference]) -> dict[ServiceReference, str]:
    """What each service is called in messages: its address where there are several sites."""
    one_site = len({*map(site_key, services)}) == 1
    return {service: str(service) if one_site else service.url for service in services}


def _refusal(plans: Plans, agree: Callable[[Plans], bool]) -> CacheToolsError | None:
    try:
        return None if agree(plans) else Cancelled(*NO)
    except CacheToolsError as error:
        return error
