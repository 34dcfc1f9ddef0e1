"""What a verdict on some tiles means, in words."""

from __future__ import annotations

from .evidence import Look, Says, ServiceState, Witness
from .explanation import Story, still_running, why_it_ended
from .look_words import who_says_what
from .tiles import Selection
from .tiles_left import count_of, levels_that_lost, tiles_on_disk, unlisted
from .verdict import Remains, Verdict
from .words import capitalized, plural

LOG = (
    "The server's log is in ArcGIS Server Manager under Logs: look at messages of level Warning and Severe from"
    " System/CachingControllers and System/CachingTools."
)
LEFT_ON_DISK = (
    "The server no longer counts any of these tiles, and yet their files are there. Files that another program holds"
    " open are the usual reason: close it, then run this again."
)
AGAIN = "Running this again is safe: it looks for its job before it submits anything."


def explain_tiles(verdict: Verdict, story: Story, selection: Selection, remains: Remains) -> tuple[str, str]:
    """What a verdict that isn't a success means for these tiles, and what to do next."""
    tiles = f"{selection.in_words} of {story.service}"
    facts = f"The job: {story.report.in_words().rstrip('.')}. Afterwards {seen(story.after)}."
    if verdict is Verdict.STILL_RUNNING:
        return still_running(story)
    if verdict in (Verdict.PARTLY_DELETED, Verdict.NOT_DELETED):
        return _some_are_left(verdict, story, selection, tiles, facts)
    doubts = " ".join(one for one in _doubts(story, remains) if one.rstrip(".") not in facts)
    return (
        f"Can't tell whether {tiles} were deleted. {facts} {doubts}".rstrip(),
        f"Look at {story.service.url} and at the jobs of System/CachingControllers and System/CachingTools in ArcGIS"
        f" Server Manager. {AGAIN}{story.way_to_a_new_job}",
    )


def _some_are_left(verdict: Verdict, story: Story, selection: Selection, tiles: str, facts: str) -> tuple[str, str]:
    why = why_it_ended(story.report)
    if tiles_on_disk(story.after, selection):
        facts = f"{story.after.of(Witness.DISK).words} {facts}"
        if count_of(story.after, selection) == 0:
            some = "some of " if verdict is Verdict.PARTLY_DELETED else ""
            return f"{capitalized(some + tiles)} are still on disk. {facts}", LEFT_ON_DISK
    if verdict is Verdict.PARTLY_DELETED:
        return f"Only some of {tiles} are gone. {facts}", f"Run this again to delete the rest. {why}".rstrip()
    what = f"{capitalized(tiles)} are still there. {facts}"
    if story.stopped:
        return what, "You cancelled before the job deleted any. Run this again."
    return what, f"{why} Running this again is safe." if why else f"The server doesn't say why. {LOG}"


def _doubts(story: Story, remains: Remains) -> list[str]:
    """Why nothing is certain, as far as that can be told."""
    before, after, doubts = story.before, story.after, list(story.after.trouble)
    was, now = before.close_up, after.close_up
    if after.of(Witness.SERVICE).says is Says.GONE:
        doubts.append("The service says that it no longer has any cache.")
    elif was and now and now.scheme and was.scheme != now.scheme:
        doubts.append("Its tiling scheme isn't the one from before.")
    lost = levels_that_lost(before, after)
    missing = () if now is None else unlisted(after, now.selection)
    if missing:
        doubts.append(unlisted_in_words(missing))
    if lost:
        doubts.append(f"Scales that weren't asked for hold fewer tiles or files than before: {levels_in_words(lost)}.")
    if was and now and now.sampled and was.outside != now.outside:
        doubts.append("Tiles outside the extent have changed.")
    if remains is Remains.CONTRADICTORY:
        doubts.append(f"The witnesses contradict each other: {seen(after)}.")
    if story.broken_off_by:
        doubts.append(story.broken_off_by)
    return doubts


def unlisted_in_words(levels: tuple[int, ...]) -> str:
    """What it means that these levels aren't in the report with their scales."""
    return f"ReportCacheStatus doesn't list the chosen scale of {levels_in_words(levels)}."


def levels_in_words(levels: tuple[int, ...]) -> str:
    """Levels by their numbers, such as "level 5, 6"."""
    return f"level {', '.join(map(str, levels))}"


def seen(look: Look) -> str:
    """What a look shows of the chosen tiles, in one line."""
    if look.had_no_time or look.close_up is None or look.service is not ServiceState.ANSWERS:
        return who_says_what(look)
    seen_of, count = look.close_up, count_of(look, look.close_up.selection)
    counted = (
        "nobody counts the tiles of the chosen scales"
        if count is None
        else f"the chosen scales hold {plural(count, 'tile')}"
    )
    on_disk = tiles_on_disk(look, seen_of.selection)
    if on_disk is not None:
        many = "" if look.of(Witness.DISK).files is not None or not on_disk else "at least "
        within = "" if seen_of.selection.extent is None else " in the extent"
        counted += f", {many}{plural(on_disk, 'tile')}{within} on disk"
    inside = [one for one in seen_of.sampled if one.inside]
    if not inside:
        return counted
    looked = sum(one.looked for one in inside)
    return f"{counted}, and {seen_of.there(inside=True):,} of {plural(looked, 'tile')} sampled in the extent are there"
