"""A deletion, whatever goes: planned, agreed to, submitted once or followed, settled, concluded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ..errors import CacheToolsError, Cancelled
from ..naming.address import as_text, safe_text
from ..naming.files import find_service
from ..naming.service import ServiceReference
from ..proof.receipt import Receipt
from .access import Access
from .carrying_out import Next, carry_out_once
from .plan import Plan, made_anew, make_plan
from .record import Record
from .session import Session
from .work import Wish

NO = ("Nothing was submitted, since the answer wasn't yes.", "This run has changed nothing on the server.")


def outcome(receipt: Receipt) -> Receipt:
    """The receipt of a success. Raises its error otherwise, with the receipt on it."""
    if receipt.error is not None:
        receipt.error.receipt = receipt
        raise receipt.error
    return receipt


def run_deletion_of(wish: Wish, service: str, access: Access, agree: Callable[[Plan], bool]) -> Receipt:
    """Plan the deletion, have it agreed to, and carry it out; the receipt tells what happened, whatever happened.

    `agree` is asked for every plan that would submit or follow a job. Where its answer takes longer than 30 seconds,
    the look is repeated, and where it shows something else, `agree` is asked again. Raises nothing.
    """
    session = Session(access)
    record = Record(safe_text(as_text(service)), session.messages, session.secrets, access.clock)
    with record.failing():
        named = find_service(service, session.run)
        record.note_service(named.url)
        wish.check()
        plan = _agreed(wish, named, session, record, agree)
        while carry_out_once(plan, record) is not Next.NOTHING:
            plan = _agreed(wish, named, session, record, agree, plan)
    return record.keep(access.receipts)


def refused_deletion(service: str, access: Access, why: CacheToolsError) -> Receipt:
    """The receipt of a deletion that ends in `why` before it begins: nothing is sent. Raises nothing."""
    session = Session(access)
    record = Record(safe_text(service), session.messages, session.secrets, access.clock)
    with record.failing():
        record.note_service(find_service(service, session.run).url)
        raise why
    return record.keep(access.receipts)


def plan_deletion_of(wish: Wish, service: str, access: Access) -> Plan:
    """What a deletion would do, for `carry_out`; changes nothing.

    Raises NotAService, ConnectionFileError, CertificateFileError, NoAnswer, ServerSaysNo, NoAccount, SignInRefused,
    UnsafeSignIn, JournalError, Cancelled; CannotDelete where a deletion can't start.
    """
    session = Session(access)
    with session.discreetly():
        named = find_service(service, session.run)
        wish.check()
        record = Record(named.url, session.messages, session.secrets, access.clock)
        return replace(make_plan(wish, named, session, record), warnings=record.warnings)


def carry_out(plan: Plan) -> Receipt:
    """Do what the plan shows and nothing else; the receipt tells what happened, whatever happened. Raises nothing.

    Where the plan's look is older than 30 seconds it is repeated, and where it shows something else, nothing is
    submitted; a cache that is gone by then is nothing to delete. A plan that follows a job submits none, also where
    that job ended in vain.
    """
    session = plan.session
    record = Record(plan.service.url, session.messages, session.secrets, session.access.clock)
    with record.failing():
        record.note_service(plan.service.url)
        record.recall(plan.warnings)
        do_as_planned(plan, record)
    return record.keep(session.access.receipts)


def do_as_planned(plan: Plan, record: Record) -> Next:
    """What `carry_out` does, on this record, and what is left to do. Raises CacheToolsError as `make_plan` does."""
    step = Next.ANOTHER_LOOK if plan.is_old and not plan.waits_its_turn else carry_out_once(plan, record)
    while step is Next.ANOTHER_LOOK:
        step = carry_out_once(made_anew(plan, record), record)
    return step


def _agreed(
    wish: Wish,
    named: ServiceReference,
    session: Session,
    record: Record,
    agree: Callable[[Plan], bool],
    agreed_before: Plan | None = None,
) -> Plan:
    """The plan that was agreed to, its look not older than 30 seconds. Raises Cancelled, and as `make_plan` does."""
    plan = make_plan(wish, named, session, record)
    while plan.follows or plan.deletes:
        if agreed_before is not None:
            if plan.shows_the_same_as(agreed_before):
                return plan
            record.warning("What was shown has changed in the meantime.")
        with record.unsettled(plan.noted):
            if not agree(plan):
                raise Cancelled(*NO)
        if not plan.is_old:
            return plan
        agreed_before, plan = plan, make_plan(wish, named, session, record)
    return plan
