"""The deletion of some tiles, as a job: what it takes, how it is looked at, and what is said of it."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

from ..errors import CannotDelete
from ..naming.service import ServiceReference
from ..proof.choosing import select
from ..proof.ending import JobEnd, JobReport
from ..proof.evidence import Look, Says, Witness
from ..proof.explanation import Story
from ..proof.tile_range import touched
from ..proof.tile_words import explain_tiles, seen, unlisted_in_words
from ..proof.tiles import Asked, By, CloseUp, Sampled, Selection, is_near, same_system
from ..proof.tiles_left import are_none, count_of, tiles_on_disk, unlisted, what_remains_of_tiles
from ..proof.verdict import Remains, Verdict
from ..proof.words import plural
from ..server.looks import NOBODY_ASKED, Other, closer_look, look, with_others
from ..server.site import Task, find_task
from ..server.wire import READ_TRIES, Wire
from ..server.witnesses.samples import offers_tilemap, sample
from .cache_work import inputs_listed, refuse_hopeless, tell_disk, tell_of_work
from .record import Record
from .work import Work

TASK = "Manage Map Cache Tiles"
# CachingControllers is what clients use; where it doesn't list the task, CachingTools does (captured, 10.8.1).
OFFERED_BY = ("CachingControllers", "CachingTools")


@dataclass(frozen=True)
class SomeTiles:
    """The wish that some tiles of a service go."""

    asked: Asked

    def check(self) -> None:
        """Raises WrongUsage for what no service could have."""
        self.asked.check()

    def work(self, wire: Wire, service: ServiceReference, others: Sequence[Other], record: Record) -> tuple[Work, Look]:
        """The deletion of the tiles, and the look before it.

        Raises CannotDelete where a deletion can't start, also for a scale or an extent that the service doesn't have
        and where nobody could see whether the tiles are gone; and what server.looks.look raises.
        """
        found = closer_look(wire, service)
        record.note_before(found)
        refuse_hopeless(service, found)
        if found.of(Witness.SERVICE).says is not Says.THERE:
            raise CannotDelete(
                f"{service} says that it has no cache, so it has no tiles to delete.",
                "Check that it is the right service.",
            )
        selection = select(self.asked, found.scheme, str(service))
        work = TileWork(service, selection, _way_to_sample(wire, service, selection, found))
        before = work.seen_close(wire, found, others)
        record.note_before(before)
        _refuse_uncounted(service, before)
        if work.is_needed(before):
            work.show(before, record)
        return work, before

    def is_met_by(self, work: Work) -> bool:
        """True where an earlier job was begun for just these tiles. Raises nothing.

        An extent in another coordinate system is another place, whatever its numbers. Where that job's system wasn't
        given, this can't be told, and a look after it tells.
        """
        if not isinstance(work, TileWork) or work.selection != self._as_in(work.selection):
            return False
        wkid = None if self.asked.extent is None else self.asked.wkid
        return wkid is None or (work.selection.wkid is not None and same_system(wkid, work.selection.wkid))

    def _as_in(self, other: Selection) -> Selection | None:
        """This wish in a scheme of which the other selection's levels are all that is known."""
        known = {one.level: one for one in other.levels}
        named = {number for number in self.asked.levels if number in known}
        scales = {one.level for one in other.levels for scale in self.asked.scales if is_near(one, scale)}
        missing = len(named) < len(set(self.asked.levels)) or any(
            not any(is_near(one, scale) for one in other.levels) for scale in self.asked.scales
        )
        levels = tuple(one for one in other.levels if one.level in named | scales)
        return None if missing else Selection(levels, self.asked.extent)


def _refuse_uncounted(service: ServiceReference, before: Look) -> None:
    """Raises CannotDelete where nobody could tell afterwards whether the tiles are gone.

    Whole scales are counted by the report or on disk; within an extent, tiles of every scale are looked at.
    """
    assert before.close_up is not None
    chosen = before.close_up.selection
    if chosen.extent is not None and not (before.close_up.covers_some and before.close_up.service_answers):
        none = " Not one tile that was asked for is there, inside or outside." if before.close_up.covers_some else ""
        raise CannotDelete(
            f"The tiles of {service} in the extent can't be looked at, so nobody could tell if they are gone.{none}",
            "Run this again; if it stays so, leave out the extent. Nothing was submitted.",
        )
    if chosen.extent is None and count_of(before, chosen) is None and not tiles_on_disk(before, chosen):
        missing = unlisted(before, chosen)
        why, remedy = " ".join(before.trouble), "Use an account that may run System/ReportingTools."
        if missing:
            why, remedy = unlisted_in_words(missing), "Rebuild the cache's status with Manage Map Server Cache Status."
        raise CannotDelete(
            f"The tiles of {service} can't be counted, so nobody could tell whether they are gone. {why}".rstrip(),
            f"{remedy} Nothing was submitted.",
        )


def _way_to_sample(wire: Wire, service: ServiceReference, selection: Selection, before: Look) -> By | None:
    """How single tiles are looked at; None where whole scales are counted. Raises CannotDelete where nobody could."""
    if selection.extent is None:
        return None
    if before.scheme is not None and offers_tilemap(wire, service, selection, before.scheme):
        return By.TILEMAP
    if before.on_demand is False:
        return By.TILES
    raise CannotDelete(
        f"{service} has no tile map, and looking at a tile may make it: "
        + ("it makes tiles on demand." if before.on_demand else "it isn't known whether it makes tiles on demand."),
        "So nobody could tell whether the tiles are gone. Switch caching on demand off in ArcGIS Server Manager, and"
        " use an account that may read that setting; or leave out the extent. Nothing was submitted.",
    )


@dataclass(frozen=True)
class TileWork:
    """The deletion of the chosen tiles of one service; `by` is how single tiles are looked at, if they are."""

    service: ServiceReference
    selection: Selection
    by: By | None = None

    what_is_left = "such tiles"

    @property
    def in_words(self) -> str:
        """What goes, such as "the tiles of 2 scales"."""
        return self.selection.in_words

    def find_task(self, wire: Wire) -> Task:
        """Manage Map Cache Tiles. Raises what server.site.find_task raises."""
        return find_task(wire, self.service.site, TASK, OFFERED_BY)

    def inputs(self, task: Task) -> dict[str, str]:
        """Only what the server lists; the optional ones may be empty. Raises CannotDelete."""
        extent = self.selection.extent
        wanted = {
            "service_url": self.service.task_name,
            "levels": self.selection.denominators,
            "thread_count": "-1",
            "update_mode": "DELETE_TILES",
            "constraining_extent": "DEFAULT" if extent is None else json.dumps(asdict(extent)),
            "jobid": "",
            "area_of_interest": "",
        }
        inputs = inputs_listed(task, wanted)
        missing = {"levels", "update_mode", "constraining_extent"} - set(inputs)
        if missing:
            raise CannotDelete(
                f"The task {task.url} isn't the one that CacheTools knows: it lacks {', '.join(sorted(missing))}.",
                "Please report this with the version of ArcGIS Server.",
            )
        return inputs

    def look(
        self, wire: Wire, others: Sequence[Other], *, tries: int = READ_TRIES, so_far: Look = NOBODY_ASKED
    ) -> Look:
        """What the witnesses say, and the tiles that are sampled. Raises what server.looks.look raises."""
        return self.seen_close(wire, look(wire, self.service, tries=tries, so_far=so_far), others)

    def seen_close(self, wire: Wire, found: Look, others: Sequence[Other]) -> Look:
        """The look with what the chosen tiles show, on disk too. Raises SignInRefused, DeadlinePassed, Cancelled."""
        sampled: tuple[Sampled, ...] = ()
        if self.by is not None and found.scheme is not None:
            sampled = sample(wire, self.service, self.selection, found.scheme, self.by)
        close_up = CloseUp(self.selection, found.scheme_mark, self.by, sampled)
        return with_others(replace(found, close_up=close_up), others)

    def is_needed(self, before: Look) -> bool:
        return not are_none(before)

    def what_remains(self, before: Look, after: Look) -> Remains:
        return what_remains_of_tiles(before, after)

    def is_left(self, before: Look, after: Look) -> bool:
        return self.what_remains(before, after) in (Remains.FEWER, Remains.ALL)

    def show(self, before: Look, record: Record) -> None:
        """The chosen scales with their tiles, and what may be doubted. Raises nothing."""
        count = count_of(before, self.selection)
        tiles = {scale.level: scale for scale in before.scales or ()}
        counted = "not counted" if count is None else plural(count, "tile")
        record.info(f"To be deleted: {self.in_words} of {self.service}, {counted}.")
        for one in self.selection.levels:
            held = tiles.get(one.level)
            known = "" if count is None else f": {plural(held.tiles if held else 0, 'tile')}"
            record.info(f"  level {one.level}, 1:{one.scale:,.0f}{known}{self._at_most(before, one.level)}")
        tell_disk(before, record, expected=Says.THERE)
        if self.selection.extent is not None:
            record.info(f"How many tiles lie in the extent isn't known beforehand; {seen(before)}.")
            record.info("The server works in blocks of 4096 pixels, so tiles just outside the extent may go too.")
        if before.on_demand:
            record.warning(
                f"{self.service} makes tiles on demand: they come back as soon as somebody views the map. Switch that"
                " off in ArcGIS Server Manager first, to keep them from coming back."
            )

    def _at_most(self, before: Look, level: int) -> str:
        if self.selection.extent is None or before.scheme is None:
            return ""
        inside = touched(replace(before.scheme, extent=self.selection.extent), level)
        return "" if inside is None else f", in the extent at most {inside.tiles:,}"

    def save_what_goes(self, wire: Wire, before: Look, receipts: str | os.PathLike[str] | None, record: Record) -> None:
        """Nothing: the tiling scheme stays. Raises nothing."""

    def tell_nothing(self, before: Look, record: Record) -> None:
        number = len(self.selection.levels)
        chosen = (
            f"The {number} chosen scales of {self.service} have"
            if number > 1
            else f"The chosen scale of {self.service} has"
        )
        within = "" if self.selection.extent is None else " in the extent"
        record.warning(f"{chosen} no tiles{within}: nothing to delete, nothing submitted.")

    def tell_success(self, report: JobReport, remains: Remains, after: Look, record: Record) -> None:
        """The warnings that belong to a success that isn't plain, and the success."""
        if report.end is not JobEnd.SUCCEEDED:
            record.warning(
                f"The tiles are gone, though the job didn't report success: {report.in_words().rstrip('.')}."
            )
        if remains is Remains.NOTHING_BY_ONE:
            record.warning(
                "Nobody counted the tiles, and none is left to show that the service still answers for them: this"
                " relies on the job's success."
            )
        tell_disk(after, record, expected=Says.THERE)
        tell_of_work(after, record)
        record.info(f"After: {seen(after)}.")
        record.info(f"Deleted: {self.in_words} of {self.service} are gone; the service is cached as before.")

    def explain(self, verdict: Verdict, story: Story) -> tuple[str, str]:
        return explain_tiles(verdict, story, self.selection, self.what_remains(story.before, story.after))
