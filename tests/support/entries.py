"""Entries of the journal, as values and as text."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from cachetools_core.proof.entry import Entry
from cachetools_core.proof.evidence import Look
from cachetools_core.proof.written_look import look_as_dict, look_from_dict

SITE = "https://gis.example.com/server"
SERVICE = f"{SITE}/rest/services/Folder/R%C3%A4in/MapServer"
OTHER = f"{SITE}/rest/services/Other/MapServer"
TASK = f"{SITE}/rest/services/System/CachingTools/GPServer/DeleteCache"
SCALE = {"level": 0, "scale": 1.5, "tiles": 4, "bytes": 5}


def look(says: str, scales: list[dict[str, Any]] | None) -> Look:
    witnesses: list[dict[str, Any]] = [
        {"witness": "service", "says": says, "why": None, "words": "", "state": "answers", "scales": None}
    ]
    if scales is not None:
        counted = "there" if scales else "gone"
        witnesses.append(
            {"witness": "report", "says": counted, "why": None, "words": "", "state": None, "scales": scales}
        )
    return look_from_dict({"service": "answers", "witnesses": witnesses})


ENTRY = Entry(
    service=SERVICE,
    account="anna",
    begun=datetime(2024, 5, 6, 7, 8, 9, tzinfo=timezone.utc),
    before=look("there", [SCALE, {"level": 1, "scale": 591657527.5, "tiles": 16, "bytes": 8192}]),
    task_url=TASK,
    known_jobs=frozenset({"j0", "j00"}),
)


def noted(**changes: Any) -> str:
    """The text of the entry of a job, with these of its fields changed."""
    fields = {
        "what_this_is": "CacheTools notes a running cache deletion here.", "version": 2, "service": SERVICE,
        "account": "anna", "begun": "2024-05-06T07:08:09+00:00", "task": TASK, "job_url": f"{TASK}/jobs/j1",
        "answered": True, "known_jobs": ["j0", "j00"], "before": look_as_dict(look("there", [SCALE])),
    }  # fmt: skip
    return json.dumps({**fields, **changes})


def other_file(folder: Path) -> Path:
    """A file of the journal that is none of the service's own, as a run that spells it otherwise has one."""
    folder.mkdir(exist_ok=True)
    return folder / "other.json"
