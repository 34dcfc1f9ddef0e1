"""The deletion of a whole cache, as a job: what it takes, how it is looked at, and what is said of it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

from ..errors import CannotDelete
from ..messages import plain_words
from ..naming.service import ServiceReference
from ..proof.ending import JobEnd, JobReport
from ..proof.evidence import Look, Says, ServiceState, Witness
from ..proof.explanation import Story, explain
from ..proof.look_words import look_in_words, who_says_what
from ..proof.scheme import NoScheme
from ..proof.verdict import Remains, Verdict, what_remains
from ..proof.words import plural
from ..server.looks import NOBODY_ASKED, Other, look, with_administrator
from ..server.site import Task, find_task
from ..server.wire import READ_TRIES, Wire
from ..server.witnesses.administrator import cache_directory
from .record import Record
from .work import Work

TASK = "DeleteCache"
INPUTS = ("service_url", "thread_count")  # never a cache_path, which nobody has documented


@dataclass(frozen=True)
class WholeCache:
    """The wish that a service's whole cache goes."""

    def check(self) -> None:
        """Raises nothing."""

    def work(self, wire: Wire, service: ServiceReference, others: Sequence[Other], record: Record) -> tuple[Work, Look]:
        """The deletion of the cache, and the look before it.

        That there is nothing to delete ends the run with success, so the administrator API has a say in it too.
        Raises CannotDelete where a deletion can't start, and what server.looks.look raises.
        """
        before, work = look(wire, service, others=others), CacheWork(service)
        if before.has_no_cache:
            before = with_administrator(wire, service, before)
        record.note_before(before)
        refuse_hopeless(service, before)
        if work.is_needed(before):
            work.show(before, record)
        return work, before

    def is_met_by(self, work: Work) -> bool:
        return isinstance(work, CacheWork)


@dataclass(frozen=True)
class CacheWork:
    """The deletion of the whole cache of one service."""

    service: ServiceReference

    in_words = "the cache"
    what_is_left = "a cache"

    def find_task(self, wire: Wire) -> Task:
        """DeleteCache, which stands in CachingTools only. Raises what server.site.find_task raises."""
        return find_task(wire, self.service.site, TASK)

    def inputs(self, task: Task) -> dict[str, str]:
        """Only what the server lists. Raises CannotDelete."""
        return inputs_listed(task, dict(zip(INPUTS, (self.service.task_name, "-1"))))

    def look(
        self, wire: Wire, others: Sequence[Other], *, tries: int = READ_TRIES, so_far: Look = NOBODY_ASKED
    ) -> Look:
        """What the witnesses say of the cache. Raises what server.looks.look raises."""
        return look(wire, self.service, tries=tries, others=others, so_far=so_far)

    def is_needed(self, before: Look) -> bool:
        return not before.has_no_cache

    def what_remains(self, before: Look, after: Look) -> Remains:
        return what_remains(before, after)

    def is_left(self, before: Look, after: Look) -> bool:
        """True where anybody says that there is a cache. Raises nothing."""
        return bool(after.saying(Says.THERE))

    def explain(self, verdict: Verdict, story: Story) -> tuple[str, str]:
        return explain(verdict, story)

    def show(self, before: Look, record: Record) -> None:
        """Its scales, and what may be doubted. Raises nothing."""
        record.info(f"Before: {look_in_words(before)}.")
        for scale in before.scales or ():
            record.info(
                f"  level {scale.level}, 1:{scale.scale:,.0f}: {plural(scale.tiles, 'tile')}, {scale.bytes:,} bytes"
            )
        if before.scales is None:
            record.warning(" ".join(("The tiles couldn't be counted beforehand.", *before.trouble)))
        tell_disk(before, record, expected=Says.THERE)
        if before.of(Witness.SERVICE).says is Says.GONE and before.tiles:
            record.warning(
                f"{self.service} says that it has no cache, and yet {plural(before.tiles, 'tile')} were counted."
            )

    def save_what_goes(self, wire: Wire, before: Look, receipts: str | os.PathLike[str] | None, record: Record) -> None:
        """The tiling scheme, which a deletion takes with it. Raises as server.witnesses.administrator's calls do."""
        scheme = before.of(Witness.SERVICE).scheme or NoScheme("the service shows none")
        if isinstance(scheme, NoScheme):
            record.warning(f"The tiling scheme couldn't be saved: {scheme.why}.")
            return
        record.keep_way_back(receipts, scheme, cache_directory(wire, self.service))

    def tell_nothing(self, before: Look, record: Record) -> None:
        uncounted = f" Nobody counted its tiles: {' '.join(before.trouble)}" if before.scales is None else ""
        record.warning(f"{self.service} has no cache: nothing to delete, nothing submitted.{uncounted}")
        tell_disk(before, record, expected=Says.GONE)

    def tell_success(self, report: JobReport, remains: Remains, after: Look, record: Record) -> None:
        """The warnings that belong to a success that isn't plain, and the success."""
        if report.end is not JobEnd.SUCCEEDED:
            record.warning(f"The cache is gone, though the job didn't report success: {report.in_words().rstrip('.')}.")
        tell_disk(after, record, expected=Says.GONE)
        tell_of_work(after, record)
        if remains is Remains.NOTHING_BY_ONE:
            why = " ".join(after.trouble)
            other = " Get Cache Info finds no cache either." if after.of(Witness.CACHE_INFO).says is Says.GONE else ""
            rests = f"this relies on the job's success and on what the service says.{other}"
            record.warning(f"Nobody counted the tiles: {rests} {why}")
        if after.claims_a_cache:
            record.warning("ReportCacheStatus no longer counts any tiles, but still says that the cache exists.")
        record.info(f"After: {look_in_words(after)}.")
        record.info(f"Deleted: the cache of {self.service} is gone and the service answers.")


def tell_disk(one: Look, record: Record, *, expected: Says) -> None:
    """What lies on disk, where that was asked; a warning where it isn't what was expected."""
    disk = one.of(Witness.DISK)
    if disk.words:
        (record.info if disk.says is expected else record.warning)(f"On disk: {disk.words}")


def tell_of_work(after: Look, record: Record) -> None:
    """A warning where a caching job is still at work, since it may make tiles again."""
    if after.busy:
        record.warning("ReportCacheStatus says that a caching job is still running, so tiles may come back.")


def refuse_hopeless(named: ServiceReference, before: Look) -> None:
    """Raises CannotDelete where a deletion can't start."""
    if before.service is ServiceState.MISSING:
        raise CannotDelete(f"{named.url} does not exist.", "Check folder, name and type of the service.")
    if before.service is ServiceState.NOT_STARTED:
        raise CannotDelete(
            f"{named} is stopped; what a deletion does then isn't documented.",
            "Start the service in ArcGIS Server Manager, then run this again.",
        )
    if before.of(Witness.SERVICE).says is Says.NOTHING:
        raise CannotDelete(
            f"{named.url} doesn't say whether it has a cache. {' '.join(before.trouble)}",
            f"Open {named.url} in a browser and see what answers.",
        )
    if before.tiles_only:
        raise CannotDelete(
            f"{named} is a hosted tile layer: its tiles are all it has, with no map behind them.",
            "Delete the item in the portal if you want it gone.",
        )
    if before.busy:
        raise CannotDelete(
            f"Another caching job is running on {named}.",
            "Wait for it to end, or cancel it in ArcGIS Server Manager, then run this again.",
        )
    if [one.witness for one in before.saying(Says.THERE)] == [Witness.DISK]:
        raise CannotDelete(
            f"{named} says that it has no cache, but there are files in its folder. {before.of(Witness.DISK).words}",
            "Nothing was submitted: the server knows of no cache that it could delete. Find out whose files these are;"
            " what is left of a deleted cache may be deleted by hand.",
        )
    if before.of(Witness.SERVICE).says is Says.GONE and not before.has_no_cache and not before.tiles:
        raise CannotDelete(
            f"Can't tell whether {named} has a cache: {who_says_what(before)}. {' '.join(before.trouble)}".rstrip(),
            "Nothing was submitted. Look at the service in ArcGIS Server Manager under Caching; if it shows a cache,"
            " restart the service, then run this again.",
        )


def inputs_listed(task: Task, wanted: dict[str, str]) -> dict[str, str]:
    """What is wanted, as far as the task lists it. Raises CannotDelete where the task wants something else."""
    inputs = {name: value for name, value in wanted.items() if name in task.inputs}
    unknown = sorted(task.required - set(inputs))
    if unknown or "service_url" not in inputs:
        wants = plain_words(", ".join(unknown)) or "no service_url"
        raise CannotDelete(
            f"The task {task.url} isn't the one that CacheTools knows: it requires {wants}.",
            "Please report this with the version of ArcGIS Server.",
        )
    return inputs
