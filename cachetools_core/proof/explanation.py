"""What a verdict that isn't a success means for a whole cache, and what to do next."""

from __future__ import annotations

from dataclasses import dataclass

from ..naming.service import ServiceReference
from .ending import JobEnd, JobReport
from .evidence import Look, Says, Witness
from .look_words import who_says_what
from .verdict import Remains, Verdict, what_remains
from .words import capitalized, plural

LOG = (
    "The server's log is in ArcGIS Server Manager under Logs: look at messages of level Warning and Severe from"
    " System/CachingTools; if there are none, set the log level to Fine and run this again."
)
# Why a job ended that didn't end by itself.
ENDED_BY: dict[JobEnd, str] = {
    JobEnd.CANCELLED: "Somebody cancelled the job on the server.",
    JobEnd.TIMED_OUT: "The job reached the time limit of System/CachingTools, which you can raise in Server Manager.",
    JobEnd.DELETED: "Somebody deleted the job on the server.",
    JobEnd.GONE: "The server forgot the job, as it does when it restarts.",
}


@dataclass(frozen=True)
class Story:
    """Everything that a verdict is explained from.

    `journal_file` notes a job that this machine began, and is empty where none is noted. `stopped` is true where the
    administrator cancelled, `out_of_time` where the deadline passed, `cut_short` where one of them came while the looks
    after the job weren't over.
    """

    service: ServiceReference
    before: Look
    report: JobReport
    after: Look
    journal_file: str
    stopped: bool = False
    out_of_time: bool = False
    cut_short: bool = False

    @property
    def broken_off_by(self) -> str:
        """What came before all was seen, in a sentence; empty where nothing did."""
        if self.cut_short and self.stopped:
            return "You cancelled before all was seen."
        return "The time limit of this run was reached." if self.out_of_time else ""

    @property
    def way_to_a_new_job(self) -> str:
        """What to do if the noted job isn't to be looked for any more; empty where none is noted."""
        return f" If no job runs and you want a new one, delete {self.journal_file}." if self.journal_file else ""


def explain(verdict: Verdict, story: Story) -> tuple[str, str]:
    """What a verdict that isn't a success means for this service, and what to do next."""
    facts = f"The job: {story.report.in_words().rstrip('.')}. Afterwards {who_says_what(story.after)}."
    if verdict is Verdict.NOT_DELETED:
        return _not_deleted(story, facts)
    if verdict is Verdict.PARTLY_DELETED:
        return _partly_deleted(story, facts)
    if verdict is Verdict.DELETED_SERVICE_DOWN:
        return _service_down(story, facts)
    if verdict is Verdict.STILL_RUNNING:
        return still_running(story)
    return _unknown(story, facts)


def _service_down(story: Story, facts: str) -> tuple[str, str]:
    start = f"start it in ArcGIS Server Manager under Services, or with a POST to {story.service.admin_url}/start."
    if story.cut_short:
        ended = "You cancelled" if story.stopped else "The time limit of this run was reached"
        what = f"The cache of {story.service} is gone. {ended} before the service was back. {facts}"
        return what, f"Look at {story.service.url} in some minutes. If it is still down, {start}"
    return f"The cache of {story.service} is gone, but the service is down. {facts}", capitalized(start)


def _not_deleted(story: Story, facts: str) -> tuple[str, str]:
    if story.report.end is JobEnd.NEVER_ARRIVED:
        return (
            f"The cache of {story.service} is still there: the submit never arrived at the server. {facts}",
            "Run this again.",
        )
    if story.after.of(Witness.DISK).says is Says.THERE:
        return _still_on_disk(story, f"The cache of {story.service} is still on disk.", facts)
    counted = "there" if story.after.tiles is not None else "advertised, and nobody counted its tiles"
    what = f"The cache of {story.service} is still {counted}. {facts}"
    if story.stopped:
        return what, "You cancelled before the job deleted anything. Run this again to delete the cache."
    why = why_it_ended(story.report)
    return what, f"{why} Running this again is safe." if why else f"The server doesn't say why. {LOG}"


def _still_on_disk(story: Story, what: str, facts: str) -> tuple[str, str]:
    """Where server and disk agree, another job may delete the files; else nobody but a person does."""
    after = story.after
    what = f"{what} {after.of(Witness.DISK).words} {facts}"
    if after.saying(Says.GONE):
        return what, (
            "The server no longer knows of a cache, so another job may change nothing. Files that another program holds"
            " open are the usual reason: close it, then delete what is left by hand."
        )
    if story.stopped:
        return what, "You cancelled. Run this again to delete the cache."
    why = why_it_ended(story.report) or "Files that another program holds open are the usual reason."
    return what, f"Run this again to delete the rest. {why}"


def _partly_deleted(story: Story, facts: str) -> tuple[str, str]:
    part = f"Only part of the cache of {story.service} is gone: {_how_much(story)}."
    if story.after.of(Witness.DISK).says is Says.THERE:
        return _still_on_disk(story, part, facts)
    what = f"{part} {facts}"
    again = "Run this again to delete the rest."
    if story.stopped:
        return what, f"You cancelled while the job was deleting. {again}"
    why = why_it_ended(story.report) or "Files that another program holds open are the usual reason."
    return what, f"{again} {why}"


def _how_much(story: Story) -> str:
    """What has gone, in files where there are fewer of them, else in tiles: a bundle stays while tiles in it go."""
    files, files_left = (look.of(Witness.DISK).files for look in (story.before, story.after))
    if files is not None and files_left is not None and files_left < files:
        return f"{files - files_left:,} of {plural(files, 'file')}"
    tiles, tiles_left = story.before.tiles or 0, story.after.tiles or 0
    return f"{tiles - tiles_left:,} of {plural(tiles, 'tile')}"


def why_it_ended(report: JobReport) -> str:
    """Why the job ended before its work was done; empty where nobody says."""
    if report.reasons:
        return "The server's own words say why."
    return ENDED_BY.get(report.end, "")


def still_running(story: Story) -> tuple[str, str]:
    """What a job that goes on means, and what to do next."""
    report = story.report
    status = f" ({report.status})" if report.status else ""
    refused = f" The server didn't accept the cancel: {report.cancel_refused}" if report.cancel_refused else ""
    doubt = f", {report.trouble.rstrip('.')}" if report.trouble else ""
    time = " The time limit of this run was reached." if story.out_of_time else ""
    return (
        f"The server's job is still running: {report.url}{status}{doubt}.{time}{refused}",
        "Run this again at any time: it follows that job and submits no other.",
    )


def _unknown(story: Story, facts: str) -> tuple[str, str]:
    contradiction = ""
    if what_remains(story.before, story.after) is Remains.CONTRADICTORY:
        contradiction = f" {_who_contradicts_whom(story.after)}"
    time = "" if story.broken_off_by.rstrip(".") in facts else f" {story.broken_off_by}"
    trouble = " ".join(("", *story.after.trouble))
    what = f"Can't tell whether the cache of {story.service} was deleted.{time} {facts}{contradiction}{trouble}"
    again = (
        f"Look at {story.service.url} and at the jobs of System/CachingTools in ArcGIS Server Manager, then run this"
        " again: it looks for its job before it submits anything."
    )
    if story.after.has_no_cache:
        # Without its entry a run would take these very answers for "there was none".
        counted = "Use an account that may run System/ReportingTools, so that the tiles are counted."
        return what.rstrip(), f"{again} {counted}"
    return what.rstrip(), again + story.way_to_a_new_job


def _who_contradicts_whom(look: Look) -> str:
    gone = " and ".join(one.witness.in_words for one in look.saying(Says.GONE))
    there = " and ".join(one.witness.in_words for one in look.saying(Says.THERE))
    return f"They contradict each other: according to {gone} there is no cache, according to {there} there is one."
