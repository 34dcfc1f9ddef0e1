"""The plan of a deletion: what was seen, or the job that an earlier run has begun; it changes nothing."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..errors import CannotDelete, JournalError
from ..local.journal import Journal
from ..naming.service import ServiceReference
from ..proof.entry import Entry
from ..proof.evidence import Look
from ..proof.words import for_people, in_utc
from .cache_work import CacheWork
from .other_addresses import Elsewhere, deletions_elsewhere
from .record import Record
from .session import Session
from .work import Wish, Work

SHOWN_FOR = 30.0


@dataclass(frozen=True)
class Plan:
    """What a deletion would do: delete what was seen, follow a job that was begun earlier, or nothing.

    `before` is the look at the cache, for an earlier job the one from before its submit. `entry` is that job's, and
    `work` what it was begun for; `wish` is what this run is asked for, `warnings` what was said while it was made.
    `looked_at` is in seconds of the run's own clock.
    """

    service: ServiceReference
    before: Look
    entry: Entry | None
    looked_at: float = field(compare=False)
    session: Session = field(repr=False, compare=False)
    work: Work = field(repr=False, compare=False)
    wish: Wish = field(repr=False, compare=False)
    warnings: tuple[str, ...] = field(default=(), compare=False)

    @property
    def follows(self) -> bool:
        """True where a job that was begun earlier is followed and none is submitted."""
        return self.entry is not None

    @property
    def deletes(self) -> bool:
        """True where a new job would be submitted."""
        return not self.follows and self.work.is_needed(self.before)

    def shows_the_same_as(self, other: Plan) -> bool:
        """True where a person who agreed to the other plan has agreed to this one."""
        same_work = self.entry == other.entry and self.work == other.work
        return same_work and _facts(self.before) == _facts(other.before)

    @property
    def is_old(self) -> bool:
        """True where the cache may have changed since it was looked at."""
        return self.session.run.clock.monotonic() - self.looked_at > SHOWN_FOR

    @property
    def noted(self) -> str:
        """Where the job of an earlier run is noted, which may have deleted anything; empty where there is none."""
        return _noted(self.entry, self.service, self.session)

    @property
    def waits_its_turn(self) -> bool:
        """True where other deletions come first, whose jobs may take hours: the look is repeated before the submit."""
        return self.deletes and self.session.neighbours.are_there


def _facts(one: Look) -> list[tuple[object, ...]]:
    return [(said.witness, said.says, said.scales, said.files, said.level_files) for said in one.testimonies]


def make_plan(wish: Wish, named: ServiceReference, session: Session, record: Record) -> Plan:
    """What a deletion would do, on this record; changes nothing. Raises what `plan_deletion_of` raises."""
    entry = _unfinished(named, session, record)
    with record.unsettled(_noted(entry, named, session)):
        site = session.site_of(named, record)
        record.note_site(site.account, site.info.version)
        elsewhere = Elsewhere() if entry is not None else deletions_elsewhere(named, site.wire, session)
        entry = entry or _unfinished_elsewhere(elsewhere, named, session, record)
        if entry is not None:
            return _plan_to_follow(entry, wish, named, session, record)
        work, before = wish.work(site.wire, named, session.others_of(named), record)
        if work.is_needed(before):
            elsewhere.refuse_unclear(named)
    return Plan(named, before, None, session.run.clock.monotonic(), session, work, wish)


def made_anew(plan: Plan, record: Record) -> Plan:
    """The plan by a look of now: it shows the same, or that the cache is gone without this run.

    Raises CannotDelete where it shows something else, and what `make_plan` raises.
    """
    now = make_plan(plan.wish, plan.service, plan.session, record)
    is_gone = not now.follows and not now.deletes
    if not is_gone and not now.shows_the_same_as(plan):
        raise CannotDelete(
            f"What the plan shows for {plan.service} has changed in the meantime. Nothing was submitted.",
            "Make a new plan and look at what it shows.",
        )
    return now


def _noted(entry: Entry | None, named: ServiceReference, session: Session) -> str:
    return "" if entry is None else noted_in(journal_of(named, session))


def noted_in(journal: Journal) -> str:
    """Where the journal notes a job whose end nobody saw."""
    return f"An unfinished deletion is noted in {journal.file}."


def _plan_to_follow(entry: Entry, wish: Wish, named: ServiceReference, session: Session, record: Record) -> Plan:
    work = _work_begun(entry, named)
    begun = for_people(in_utc(entry.begun))
    what = "this deletion" if wish.is_met_by(work) else f"to delete {work.in_words} of {named}"
    record.info(f"An earlier run began {what} on {begun}; its job comes first.")
    return Plan(named, entry.before, entry, session.run.clock.monotonic(), session, work, wish)


def _work_begun(entry: Entry, service: ServiceReference) -> Work:
    """What the job of an entry was begun for."""
    seen = entry.before.close_up
    if seen is None:
        return CacheWork(service)
    from .tile_work import TileWork

    return TileWork(service, seen.selection, seen.by)


def _unfinished(named: ServiceReference, session: Session, record: Record) -> Entry | None:
    """The entry that an earlier run has left, if any. Raises JournalError."""
    journal = journal_of(named, session)
    try:
        return journal.entry()
    except JournalError:
        if journal.holds_entry:
            record.leave_unsettled(f"{journal.file} may note an unfinished deletion.")
        raise


def _unfinished_elsewhere(
    elsewhere: Elsewhere, named: ServiceReference, session: Session, record: Record
) -> Entry | None:
    """The entry of a run that reached the same service through another port of this machine, or context, if any.

    Raises JournalError.
    """
    session.note_names(named, elsewhere.certain)
    return _unfinished(named, session, record) if elsewhere.certain else None


def journal_of(service: ServiceReference, session: Session) -> Journal:
    """The journal of this machine's user for this service. Raises JournalError where there can be none."""
    names = session.names_of(service)
    return Journal(service.url, session.access.journal_folder, also=names, blotted=session.secrets.blotted_value)
