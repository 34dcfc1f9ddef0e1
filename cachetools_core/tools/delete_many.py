"""Delete the caches of several services: one plan, one question, then exactly that plan."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from copy import copy
from dataclasses import dataclass, replace
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
from ..proof.receipt import Receipt
from ..proof.summary import Summary
from ..proof.verdict import UNSETTLED
from ..proof.words import in_utc
from ..waiting import Run
from .access import Access
from .among_many import WarningsOnly
from .carrying_out_many import carry_out_many
from .plans import Plans
from .record import Record
from .relay import Relay
from .side_by_side import ManySession

PER_SITE = 4
MOST_PER_SITE = 100


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
    _check_number(per_site)
    relay = Relay(access.messages, access.clock)
    session = ManySession(access, relay, per_site)
    began, started = access.clock.monotonic(), access.clock.now()
    named = _named(texts, session, session.run.beside(relay.cancelled))
    wanted = [one for one in named if isinstance(one, ServiceReference)]
    _check_directory(access, wanted)
    with session.discreetly(), ExitStack() as releases:
        ledger = _NoLedger(refusal) if refusal else _held(wanted, session, releases)
        if isinstance(ledger, Ledger):
            ended = carry_out_many(wanted, len(named) - len(wanted), agree, ledger, session, relay)
        else:
            ended = dict(zip(wanted, _refused(wanted, ledger, session)))
        receipts = tuple(one if isinstance(one, Receipt) else ended[one] for one in named)
        finished = access.clock.now()
        summary = Summary(receipts, in_utc(started), in_utc(finished), access.clock.monotonic() - began)
        summary = _kept(summary, access, session.messages)
        if isinstance(ledger, Ledger):
            _close(ledger, receipts, session.messages)
        relay.hand_on()
    return summary


def _check_number(per_site: int) -> None:
    if not isinstance(per_site, int) or not 1 <= per_site <= MOST_PER_SITE:
        most = f"The number of jobs at a time on one site must be a whole number from 1 to {MOST_PER_SITE}."
        raise WrongUsage(most, f"{PER_SITE} is usual.")


def _check_directory(access: Access, services: Sequence[ServiceReference]) -> None:
    if access.cache_directory is not None and len({*map(site_key, services)}) > 1:
        raise WrongUsage(
            "A cache directory belongs to one site, and these services are on several.",
            "Store each site's directory with its sign-in, and name none here.",
        )


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
