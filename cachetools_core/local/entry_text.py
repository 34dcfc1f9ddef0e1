"""An entry of the journal as the text of its file, for people and for the next run; read strictly."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any
from urllib.parse import quote, unquote

from ..errors import NotAService
from ..proof.ending import JOB_ID
from ..proof.entry import Entry
from ..proof.way_back import way_back_from_dict
from ..proof.written_look import look_as_dict, look_from_dict

VERSION = 2
EXPLANATION = (
    "CacheTools has begun a cache deletion that can't be undone, and notes its job here so that the next run follows"
    " that job instead of submitting another. CacheTools removes this file once it has seen the job end. Before you"
    " delete it, make sure in ArcGIS Server Manager that no job for this service is running."
)
NO_ANSWER_YET = "the answer to the submit hasn't come yet"
UNREADABLE = (ValueError, LookupError, TypeError, ArithmeticError, RecursionError, AttributeError, NotAService)
TASK = re.compile(r"/rest/services/System/\w+/GPServer/([^/]+)", re.ASCII | re.IGNORECASE)


def entry_as_text(entry: Entry, blotted: Callable[[Any], Any]) -> str:
    """The entry as JSON that a person can read; `blotted` takes the secrets out of what a server or an account named.

    A job's id in which something was blotted out can't be asked for, so it is left out: the next run looks for the job.
    """
    ids = entry.known_jobs
    job_url = entry.job_url if blotted(entry.job_id) == entry.job_id else ""
    text = json.dumps(
        {
            "what_this_is": EXPLANATION,
            "version": VERSION,
            "service": entry.service,
            "account": blotted(entry.account),
            "begun": entry.begun.isoformat(timespec="seconds"),
            "task": entry.task_url,
            "job_url": job_url or NO_ANSWER_YET,
            "answered": bool(job_url),
            "known_jobs": None if ids is None or any(blotted(one) != one for one in ids) else sorted(ids),
            "scheme": None if entry.way_back is None else blotted(entry.way_back.as_dict()),
            "before": blotted(look_as_dict(entry.before)),
        },
        indent=1,
        ensure_ascii=False,
    )
    # A name that isn't UTF-8 comes in as half letters, which no file can hold; JSON has the same escape as Python.
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def entry_from_text(text: str) -> Entry:
    """The entry, its addresses spelled as in the text.

    Raises one of UNREADABLE for anything but an entry whose job lies below a task of its own site.
    """
    fields: dict[str, Any] = json.loads(text)
    if fields["version"] != VERSION:
        raise ValueError("another version of CacheTools has written it")
    service, task_url, known = fields["service"], str(fields["task"]), fields["known_jobs"]
    if not isinstance(known, (list, type(None))):
        raise TypeError("its jobs aren't a list")
    _insist_on_a_task(task_url, site_of_service(service))
    return Entry(
        service=service,
        account=str(fields["account"]),
        begun=datetime.fromisoformat(fields["begun"]).astimezone(timezone.utc),
        before=look_from_dict(fields["before"]),
        task_url=task_url,
        known_jobs=None if known is None else frozenset(map(str, known)),
        job_id=_job_id(str(fields["job_url"]), task_url) if fields["answered"] else "",
        way_back=way_back_from_dict(fields.get("scheme")),  # need not be there
    )


def service_in_text(text: str) -> str:
    """The service that an entry is about, also where the rest can't be understood. Raises one of UNREADABLE."""
    return str(json.loads(text)["service"])


def spelled_as(entry: Entry, service: str) -> Entry:
    """The entry with the addresses of the site that is asked now, for another spelling of the same service."""
    below = entry.task_url[len(site_of_service(entry.service)) :]
    return replace(entry, service=service, task_url=site_of_service(service) + below)


def site_of_service(service: str) -> str:
    """The site in a service's REST address. Raises ValueError where there is none."""
    site, *below = re.split("/rest/services/", service, maxsplit=1, flags=re.IGNORECASE)
    if not below:
        raise ValueError("it names no service")
    return site


def _insist_on_a_task(task_url: str, site: str) -> None:
    found = TASK.fullmatch(task_url[len(site) :]) if task_url.startswith(site) else None
    name = unquote(found[1]) if found else ""
    readable = name.strip(". ") and name.isprintable() and not set("/\\") & set(name)
    if found is None or not readable or quote(name, safe="") != found[1]:
        raise ValueError("its job isn't one of this site's tools")


def _job_id(job_url: str, task_url: str) -> str:
    jobs = f"{task_url}/jobs/"
    job_id = job_url[len(jobs) :]
    if not job_url.startswith(jobs) or not JOB_ID.fullmatch(job_id):
        raise ValueError("its job isn't one of its task")
    return job_id
