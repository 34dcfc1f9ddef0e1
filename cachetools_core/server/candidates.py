"""Jobs in the server's list that are for one service, or that can't be told apart from one that is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from urllib.parse import unquote

from ..errors import CacheToolsError, NoAnswer, ServerSaysNo
from ..messages import plain_words
from ..naming.identity import Means, names_service
from ..naming.service import ServiceReference
from ..proof.ending import JobEnd, JobReport
from ..proof.entry import Entry
from .following import STATUSES
from .job_list import JobList, ListedJob, is_another_task, list_jobs, service_of_job
from .neighbours import Neighbours
from .wire import READ_TRIES, Wire


@dataclass(frozen=True)
class Target:
    """What a job is for, and the way there: service, site, a signed-in wire, account, who else is at work there."""

    service: ServiceReference
    site: str
    wire: Wire
    account: str
    neighbours: Neighbours = field(default_factory=Neighbours)


@dataclass(frozen=True)
class Candidate:
    """A listed job that is for the service, or may be.

    `is_for_service` is false where the server doesn't say for which service it is; `by_another` is true where it says
    that another account has submitted it.
    """

    job: ListedJob
    is_for_service: bool
    by_another: bool

    @property
    def id(self) -> str:
        """The job's id."""
        return self.job.id


class Candidates:
    """The jobs of one task that may be for the service of a target.

    What an earlier look has shown isn't kept: each call asks the server. Raises SignInRefused, Cancelled and
    DeadlinePassed; what the server doesn't tell leaves a job as a candidate.
    """

    def __init__(self, target: Target, task_url: str) -> None:
        self._target, self._wire = target, target.wire
        self.task_url = task_url
        self._task = unquote(task_url.rpartition("/")[2])
        self._tools = task_url.partition("/rest/services/System/")[2].partition("/")[0]

    def url_of(self, job_id: str) -> str:
        """The address of a job of the task."""
        return f"{self.task_url}/jobs/{job_id}"

    def listed(self, tries: int = READ_TRIES) -> JobList | None:
        """The server's list of jobs; None where this account, site or version has none to show."""
        try:
            with self._target.neighbours.turn(self._wire.run):
                return list_jobs(self._wire, self._target.site, self._tools, tries=tries)
        except (NoAnswer, ServerSaysNo):
            self._wire.run.go_on()
            return None

    def listed_undisturbed(self) -> JobList | None:
        """The same after a submit, when a cancel changes nothing any more; None for whatever keeps it from being read.

        Raises nothing.
        """
        with self._wire.run.undisturbed(), suppress(CacheToolsError):
            return self.listed()
        return None

    def at_work(self, listed: JobList | None) -> tuple[Candidate, ...]:
        """The candidates that haven't ended, and those by which this run has done the service at another address."""
        done = self._done_at_other_addresses
        jobs = [job for job in _jobs(listed) if self._may_have_this_task(job)]
        if listed is None or not listed.whole:
            jobs += self._known_here(done - {job.id for job in jobs})
        unended = [job for job in jobs if job.id in done or not _is_an_end(job.status)]
        return self._among(job for job in self._not_of_others(unended) if job.id in done or not self._has_ended(job))

    def since(self, listed: JobList | None, entry: Entry) -> tuple[Candidate, ...]:
        """The candidates that weren't there before the entry's submit.

        Where nobody knows which jobs were there before, only those that haven't ended may be new.
        """
        if entry.known_jobs is None:
            return tuple(one for one in self.at_work(listed) if one.id != entry.job_id)
        old = {*entry.known_jobs, entry.job_id}
        new = [job for job in _jobs(listed) if self._may_have_this_task(job) and job.id not in old]
        return self._among(self._not_of_others(new))

    def unended(self, candidates: Iterable[Candidate]) -> tuple[Candidate, ...]:
        """Those of the candidates that haven't ended."""
        return tuple(one for one in candidates if not self._has_ended(one.job))

    @property
    def _done_at_other_addresses(self) -> frozenset[str]:
        return self._target.neighbours.jobs_at_other_addresses(self._target.service)

    def _known_here(self, job_ids: Iterable[str]) -> Iterator[ListedJob]:
        """Those of the jobs that this server knows, though its list doesn't tell of them."""
        for job_id in job_ids:
            with suppress(NoAnswer, ServerSaysNo):
                body = self._wire.get(self.url_of(job_id), {"returnMessages": "false"}, tries=1)
                if body.get("jobId") == job_id:
                    yield ListedJob(job_id, "", plain_words(body.get("jobStatus")), "")
            self._wire.run.go_on()

    def _not_of_others(self, jobs: Sequence[ListedJob]) -> Iterable[ListedJob]:
        others = self._target.neighbours.jobs_of_others([job.id for job in jobs], self._target.service)
        return (job for job in jobs if job.id not in others)

    def _among(self, jobs: Iterable[ListedJob]) -> tuple[Candidate, ...]:
        means = [(job, self._meaning_of(job)) for job in jobs]
        return tuple(
            Candidate(job, meaning is Means.THIS, self._is_by_another(job))
            for job, meaning in means
            if meaning is not Means.ANOTHER
        )

    def _meaning_of(self, job: ListedJob) -> Means:
        try:
            means = names_service(self._target.service, service_of_job(self._wire, self.url_of(job.id)))
        except (NoAnswer, ServerSaysNo):
            self._wire.run.go_on()
            means = Means.UNCLEAR
        return Means.THIS if means is Means.UNCLEAR and job.id in self._done_at_other_addresses else means

    def _may_have_this_task(self, job: ListedJob) -> bool:
        return not is_another_task(job.task, self._task)

    def _is_by_another(self, job: ListedJob) -> bool:
        """Accounts of a portal or a domain are spelled in more than one way: `anna`, `CITY\\anna`, `anna@city`."""
        return bool(job.user and self._target.account) and not _name_parts(job.user) & _name_parts(self._target.account)

    def _has_ended(self, job: ListedJob) -> bool:
        """True where the list or the job itself says so; a list may lack statuses, or have words of its own."""
        if _is_an_end(job.status):
            return True
        try:
            body = self._wire.get(self.url_of(job.id), {"returnMessages": "false"}, tries=1)
        except (NoAnswer, ServerSaysNo):
            self._wire.run.go_on()
            return False
        return body.get("jobId", job.id) == job.id and _is_an_end(plain_words(body.get("jobStatus")))


def doubtfully_gone(report: JobReport) -> JobReport:
    """What is known of a job whose address is refused, where no list shows that it is gone. Raises nothing."""
    trouble = f"{report.trouble} The server's list of jobs doesn't show that the job is gone."
    return replace(report, end=JobEnd.NO_ANSWER, trouble=trouble)


def in_words(candidates: Iterable[Candidate]) -> str:
    """The candidates as a subject of a sentence in the plural or singular: `Job j1 of anna`, `Jobs j1, j2`."""
    named = [f"{one.id} of {one.job.user}" if one.job.user else one.id for one in candidates]
    return f"{'Job' if len(named) == 1 else 'Jobs'} {', '.join(named)}"


def _jobs(listed: JobList | None) -> tuple[ListedJob, ...]:
    return () if listed is None else listed.jobs


def _is_an_end(status: str) -> bool:
    return STATUSES.get(status, JobEnd.RUNNING) is not JobEnd.RUNNING


def _name_parts(account: str) -> frozenset[str]:
    return frozenset(account.lower().replace("\\", "@").split("@"))
