"""Faults of jobs: how they end, and what they say meanwhile."""

from __future__ import annotations

from cachetools_core.rehearsal.faults.fault import Fault, Kind

_ENDS = [
    ("job-failed", "esriJobFailed", "stays", "The job fails with an error message."),
    ("job-failed-silent", "failed without messages", "stays", "The job fails and gives no message."),
    ("job-failed-tersely", "failed with a word", "stays", 'The job fails and says nothing but "Failed.".'),
    ("job-timed-out", "esriJobTimedOut", "stays", "The job times out."),
    ("job-cancelled-elsewhere", "esriJobCancelled", "stays", "Somebody else cancels the job."),
    ("job-deleted", "esriJobDeleted", "stays", "The job is deleted from the server's list."),
    ("job-gone", "gone", "gone", "When the job has ended, its address says that there is no such job."),
    ("job-unknown-status", "esriJobPaused", "gone", "When the job has ended, it says a status nobody documents."),
    ("job-no-status", "no status", "gone", "When the job has ended, its answer has no jobStatus."),
]
_EFFECTS = {
    "stays": ("cache-stays", "the cache stays as it was"),
    "half": ("half-deleted", "half of the cache is deleted"),
    "gone": ("cache-gone", "the cache is deleted and the service restarted"),
}


def _ends() -> list[Fault]:
    """Every end of a job with every thing that can have become of the cache."""
    found = [
        Fault(
            "job-says-succeeded-cache-stays",
            "The job says succeeded; the cache stays as it was.",
            "invented",
            kind=Kind.JOB_END,
            end="esriJobSucceeded",
            effect="stays",
        ),
        Fault(
            "job-succeeded-half-deleted",
            "The job says succeeded; files are locked and half of the cache stays.",
            "invented",
            kind=Kind.JOB_END,
            end="esriJobSucceeded",
            effect="half",
        ),
    ]
    for name, end, usual, meaning in _ENDS:
        for effect, (suffix, words) in _EFFECTS.items():
            full = name if effect == usual else f"{name}-{suffix}"
            sentence = f"{meaning[:-1]}; {words}."
            evidence = "invented" if end in ("gone", "esriJobPaused", "no status") else "documented"
            found.append(Fault(full, sentence, evidence, kind=Kind.JOB_END, end=end, effect=effect))
    return found


JOB_FAULTS = [
    *_ends(),
    Fault("token-expires-mid-job", "Every token ends, unannounced, when a job begins to execute.", "invented"),
    Fault("job-no-results", "A succeeded job never lists results.", "inferred"),
    Fault("job-late-results", "A succeeded job lists its results from the fourth look on.", "inferred"),
    Fault("job-no-messages", "Jobs give no messages.", "documented"),
    Fault("job-waits-forever", "The job waits for an instance that never comes free.", "inferred"),
    Fault(
        "server-restarts",
        "The server restarts in the middle of a job, after the client's first look at it: "
        "connections are reset, the job is forgotten, the deletion stays half done.",
        "invented",
    ),
    Fault(
        "other-deletion-waits",
        "Another account's DeleteCache job waits for ever; it is listed, and its inputs can't be read.",
        "documented",
    ),
    Fault("huge-message", "A job's message is 10 million characters long.", "invented"),
    Fault("control-characters", "A job's messages hold terminal escapes and other control characters.", "invented"),
    Fault("html-in-messages", "A job's messages hold HTML and script.", "invented"),
    Fault("hyphenated-job-ids", "Job ids are short and have hyphens, as in j0-4f1b-22.", "invented", ("submit",)),
    Fault("hostile-job-id", "submitJob answers with a job id that climbs out of the address.", "invented", ("submit",)),
    Fault("hostile-result-url", "A job's result points to another host.", "invented", ("job",)),
]
