"""Delete the caches of several services: one plan, one question, then exactly that plan."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from copy import copy
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from ..errors import (
    AlreadyRunning,
    CacheToolsError,
    Cancelled,
    DeadlinePassed,
    JournalError,
    ReceiptNotKept,
    WrongUsage,
)
from ..local.ledger import Ledger
from ..local.receipts import ReceiptFolder
from ..messages import Messages
from ..naming.address import safe_text
from ..naming.files import find_service
from ..naming.identity import service_key, site_key
from ..naming.service import ServiceReference
from ..naming.several import list_of_texts
from ..proof.evidence import plural
from ..proof.receipt import Receipt
from ..proof.summary import Summary
from ..proof.verdict import UNSETTLED, Verdict
from ..proof.words import in_megabytes, in_utc
from ..waiting import Run
from .access import Access
from .among_many import WarningsOnly
from .deletion import NO
from .lanes import Lanes
from .one_of_many import OneOfMany, doubt_of, maybe_the_same, tell
from .plan import Plan
from .record import Record
from .relay import Relay
from .side_by_side import ManySession

PER_SITE = 4
MOST_PER_SITE = 100


@dataclass(frozen=True)
class Plans:
    """What a run over several services would do: `deleting` and `following` are the plans for those that it is about.

    `without` is how many have no cache, `settled` how many an earlier part of the run has deleted, `failed` how many
    can't be deleted.
    """

    deleting: tuple[Plan, ...]
    following: tuple[Plan, ...]
    without: int
    settled: int
    failed: int

    def in_words(self) -> str:
        """The sum, in one line. Raises nothing."""
        counted = [plan.before for plan in self.deleting if plan.before.tiles is not None]
        tiles, size = sum(one.tiles or 0 for one in counted), sum(one.bytes or 0 for one in counted)
        caches = plural(len(self.deleting), "cache")
        parts = [f"{caches} to delete, {plural(tiles, 'tile')}, {in_megabytes(size)}"]
        uncounted = len(self.deleting) - len(counted)
        parts += [f"{uncounted} of them not counted"] if uncounted else []
        parts += [f"{len(self.following)} begun earlier"] if self.following else []
        parts += [f"{self.settled} deleted by an earlier part of this run"] if self.settled else []
        parts += [f"{self.without} without a cache"] if self.without else []
        parts += [f"{self.failed} that can't be deleted"] if self.failed else []
        return f"In all: {', '.join(parts)}."


def delete_map_server_caches(
    services: Iterable[str],
    access: Access = Access(),  # noqa: B008 - frozen
    per_site: int = PER_SITE,
) -> Summary:
    """Delete the caches of several map or image services, their files on the servers included; this can't be undone.

    Each of `services` is any text that names one, as for `delete_map_server_cache`; one that is named twice is done
    once. Sites are worked on side by side, with `per_site` jobs at a time on each. A run that was stopped is gone on
    with by the same call: what is deleted stays deleted, what was submitted is followed.

    Returns the summary, however each service ended; its `exit_code` is that of the worst. Raises WrongUsage where
    no service is given, or one text in place of a list, `per_site` is no whole number from 1 to 100, or one cache
    directory is named for several sites.
    """
    return run_deletions(services, access, lambda plans: True, per_site)


def run_deletions(
    services: Iterable[str],
    access: Access,
    agree: Callable[[Plans], bool],
    per_site: int = PER_SITE,
    refusal: CacheToolsError | None = None,
) -> Summary:
    """Plan the deletions, have the plan agreed to, and carry it out; `agree` is asked where there is anything to do.

    `refusal` is why the run must not begin: nothing is sent then, and each service's receipt says so.
    Returns and raises as `delete_map_server_caches` does.
    """
    texts = list_of_texts(services)
    if not isinstance(per_site, int) or not 1 <= per_site <= MOST_PER_SITE:
        most = f"The number of jobs at a time on one site must be a whole number from 1 to {MOST_PER_SITE}."
        raise WrongUsage(most, f"{PER_SITE} is usual.")
    relay = Relay(access.messages, access.clock)
    session = ManySession(access, relay, per_site)
    began, started = access.clock.monotonic(), access.clock.now()
    named = _named(texts, session, session.run.beside(relay.cancelled))
    wanted = [one for one in named if isinstance(one, ServiceReference)]
    if access.cache_directory is not None and len({*map(site_key, wanted)}) > 1:
        raise WrongUsage(
            "A cache directory belongs to one site, and these services are on several.",
            "Store each site's directory with its sign-in, and name none here.",
        )
    done = {id(one): one for one in named if isinstance(one, Receipt)}
    with session.discreetly(), ExitStack() as releases:
        ledger = _NoLedger(refusal) if refusal else _held(wanted, session, releases)
        if isinstance(ledger, Ledger):
            names = _names(wanted)
            ones = {id(service): OneOfMany(service, names[service], session, ledger) for service in wanted}
            _Run(relay, session, list(ones.values()), len(done)).carry_out(agree)
            done.update({key: one.receipt for key, one in ones.items() if one.receipt is not None})
        else:
            done.update(zip(map(id, wanted), _refused(wanted, ledger, session)))
        receipts = tuple(done[id(one)] for one in named)
        finished = access.clock.now()
        summary = Summary(receipts, in_utc(started), in_utc(finished), access.clock.monotonic() - began)
        summary = _kept(summary, access, session.messages)
        if isinstance(ledger, Ledger):
            _close(ledger, receipts, session.messages)
        relay.hand_on()
    return summary


@dataclass(frozen=True)
class _NoLedger:
    """Why the ledger can't be had; `noted` says that it may tell of an earlier run, and is empty where it doesn't."""

    error: CacheToolsError
    noted: str = ""


def _held(services: Sequence[ServiceReference], session: ManySession, releases: ExitStack) -> Ledger | _NoLedger:
    noted = ""
    try:
        ledger = Ledger(map(service_key, services), session.access.journal_folder, session.secrets.blotted_value)
        noted = f"{ledger.file} may note an unfinished deletion." if ledger.is_left else ""
        releases.enter_context(ledger.held())
    except AlreadyRunning as error:
        return _NoLedger(error)
    except JournalError as error:
        return _NoLedger(error, noted)
    if ledger.goes_on:
        session.messages.info(f"Continuing a run over these services that was stopped; it is noted in {ledger.file}.")
    return ledger


def _refused(services: Sequence[ServiceReference], why: _NoLedger, session: ManySession) -> Iterator[Receipt]:
    """The receipts of services that aren't even looked at; why is said once for all of them."""
    session.messages.warning(str(why.error))
    hears = WarningsOnly(session.messages)
    for service in services:
        record = Record(service.url, hears, session.secrets, session.access.clock)
        record.note_service(service.url)
        with record.failing(), record.unsettled(why.noted):
            raise copy(why.error)
        yield record.keep(session.access.receipts)


class _Run:
    """The services of one run, from the plan to the last receipt."""

    def __init__(self, relay: Relay, session: ManySession, ones: Sequence[OneOfMany], failed: int) -> None:
        self._relay, self._session, self._ones = relay, session, ones
        self._all = len(ones) + failed
        self._failed, self._gone, self._done = failed, 0, failed

    def carry_out(self, agree: Callable[[Plans], bool]) -> None:
        """Look at all of them, tell what would be done, have it agreed to, and do it. Raises what a listener raises."""
        messages = self._session.messages
        if self._ones:
            messages.progress(f"Looking at {plural(len(self._ones), 'service')}")
        self._work_on([(one,) for one in self._ones], lambda ones: ones[0].look())
        for one in self._ones:
            (messages.info if one.plan or one.is_good else messages.warning)(one.planned())
        settled, ended = sum(one.is_good for one in self._ones), sum(one.plan is None for one in self._ones)
        self._done += ended
        planned = [(one, one.plan) for one in self._ones if one.plan is not None]
        plans = Plans(
            deleting=tuple(plan for _, plan in planned if plan.deletes),
            following=tuple(plan for _, plan in planned if plan.follows),
            without=sum(not plan.deletes and not plan.follows for _, plan in planned),
            settled=settled,
            failed=self._failed + ended - settled,
        )
        for first, *others in maybe_the_same([one for one, plan in planned if plan.deletes]):
            for one in others:
                messages.info(f"{one.service.url} may be {first.service.url} by another address, and is done after it.")
        messages.info(plans.in_words())
        self._relay.hand_on()
        refusal = _refusal(plans, agree) if plans.deleting or plans.following else None
        if not refusal and planned:
            self._show_progress()
        # What an earlier run has submitted is at work by now, so its place among the jobs of the site is taken first.
        in_order = [one for one, plan in sorted(planned, key=lambda pair: not pair[1].follows)]
        self._work_on(maybe_the_same(in_order), partial(self._delete, refusal=refusal))

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


def _named(services: Sequence[str], session: ManySession, run: Run) -> list[ServiceReference | Receipt]:
    """The services that the texts name, each once; for a text that names none the receipt of that."""
    found: list[ServiceReference | Receipt] = []
    known: set[str] = set()
    for text in services:
        record = Record(safe_text(text), session.messages, session.secrets, session.access.clock)
        with record.failing():
            service = find_service(text, run)
            if service_key(service) in known:
                record.info(f"{service.url} is named more than once, and done once.")
            else:
                known.add(service_key(service))
                found.append(service)
            continue
        receipt = record.keep(session.access.receipts)
        session.messages.warning(f"{receipt.service}: {receipt.error}")
        found.append(receipt)
    return found


def _names(services: Sequence[ServiceReference]) -> dict[ServiceReference, str]:
    """What each service is called in messages: its address where there are several sites."""
    one_site = len({*map(site_key, services)}) == 1
    return {service: str(service) if one_site else service.url for service in services}


def _refusal(plans: Plans, agree: Callable[[Plans], bool]) -> CacheToolsError | None:
    try:
        return None if agree(plans) else Cancelled(*NO)
    except CacheToolsError as error:
        return error


def _kept(summary: Summary, access: Access, messages: Messages) -> Summary:
    try:
        folder = ReceiptFolder(access.receipts)
        stem = folder.stem_of_summary(access.clock.now())
        page: Path = stem.with_suffix(".html")
        folder.write_together({page: summary.to_html(), stem.with_suffix(".json"): summary.to_json()})
    except (JournalError, ReceiptNotKept) as error:
        messages.warning(f"The summary couldn't be saved: {error.what}")
        return summary
    messages.info(f"Summary: {stem}.json and .html")
    return replace(summary, page=str(page))


def _close(ledger: Ledger, receipts: Sequence[Receipt], messages: Messages) -> None:
    """A run that was stopped, or whose jobs aren't settled, isn't over."""
    if any(one.verdict in UNSETTLED or isinstance(one.error, (Cancelled, DeadlinePassed)) for one in receipts):
        return
    try:
        ledger.close()
    except JournalError as error:
        messages.warning(f"{error.what} It is out of date; you may delete it.")
