"""`unfinished`: deletions that were begun from this machine and whose end nobody saw; `--forget` takes one off."""

from __future__ import annotations

import argparse
from typing import Any

from ..account import program
from ..errors import Cancelled, WrongUsage
from ..local.journal import Journal, Unreadable, forget, unfinished
from ..messages import plain_words
from ..naming.address import safe_text
from ..proof.entry import Entry
from ..proof.words import for_people, in_utc
from ..waiting import Run
from .end import End
from .terminal import Terminal
from .unused import tell_unused

WHAT_IT_MEANS = (
    "If it is forgotten, the next run doesn't know about its job. If that job is still running, and the account may not"
    " list the server's jobs, a second one is submitted. First look at the jobs of System/CachingTools in ArcGIS Server"
    " Manager."
)
AT_WORK = "A run on this machine is at work on it now; wait for it to end."
KNOWN_JOB = "A rerun follows this job and submits nothing."
UNKNOWN_JOB = "A rerun looks for the job first, and submits a new one only if none can be running."
NO_JOB = "not known: the server's answer never came"
BY_HAND = "The file doesn't say for which service. Once you know that no job is running, delete it."


def run_command(options: argparse.Namespace, terminal: Terminal, run: Run) -> End:
    """List what is unfinished, or forget one of them.

    Raises JournalError, AlreadyRunning, NotAService, WrongUsage where nobody can be asked, Cancelled, DeadlinePassed.
    """
    tell_unused(options, terminal)
    if options.forget is not None:
        return _forget(options, terminal, run)
    found = unfinished()
    entries = [one for one in found if isinstance(one, Entry)]
    unreadable = [one for one in found if isinstance(one, Unreadable)]
    blocks = [*map(_in_words, entries), *map(_unreadable_in_words, unreadable)]
    fields = {"unfinished": [*map(_fields, entries)], "unreadable": [*map(_unreadable_fields, unreadable)]}
    return End(0, "\n\n".join(blocks) or "Nothing is unfinished.", {**fields, "exit_code": 0})


def _forget(options: argparse.Namespace, terminal: Terminal, run: Run) -> End:
    service = safe_text(options.forget)
    if Journal(options.forget).holds_entry and not options.yes:
        if not terminal.has_somebody:
            raise WrongUsage("Confirmation needed, but this is no interactive terminal: add --yes.")
        answer = terminal.ask(f"The deletion of {service}:\n{WHAT_IT_MEANS}\nForget it? Type yes: ", run)
        if answer.strip().lower() != "yes":
            raise Cancelled("Nothing was forgotten, since the answer wasn't yes.")
    gone = [str(file) for file in forget(options.forget)]
    text = (
        "\n".join(f"Removed: {plain_words(file)}" for file in gone) or f"No unfinished deletion is noted for {service}."
    )
    return End(0, text, {"service": service, "forgotten": gone, "exit_code": 0})


def _command_of(entry: Entry) -> str:
    return "delete" if entry.before.close_up is None else "delete-tiles"


def _rerun(entry: Entry) -> str:
    if Journal(entry.service).is_held_by_another:
        return AT_WORK
    return KNOWN_JOB if entry.job_url else UNKNOWN_JOB


def _fields(entry: Entry) -> dict[str, Any]:
    return {
        "service": entry.service,
        "command": _command_of(entry),
        "begun": in_utc(entry.begun),
        "account": entry.account,
        "job_url": entry.job_url or None,
        "rerun": _rerun(entry),
    }


def _in_words(entry: Entry) -> str:
    fields = _fields(entry)
    return "\n".join(
        (
            plain_words(entry.service),
            f"  begun:   {for_people(fields['begun'])}"
            + (f" by {plain_words(entry.account)}" if entry.account else ""),
            f"  job:     {plain_words(entry.job_url) or NO_JOB}",
            f"  rerun:   {program()} {_command_of(entry)} SERVICE. {fields['rerun']}",
        )
    )


def _unreadable_fields(one: Unreadable) -> dict[str, Any]:
    return {"file": str(one.file), "trouble": one.words}


def _unreadable_in_words(one: Unreadable) -> str:
    return f"{plain_words(one.file)}\n  It {one.words}; a job may be running. {BY_HAND}"
