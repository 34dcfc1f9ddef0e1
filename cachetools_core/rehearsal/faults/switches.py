"""Which faults are switched on, where, and how often they may still strike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from cachetools_core.rehearsal.faults.catalogue import FAULTS
from cachetools_core.rehearsal.faults.fault import STEPS, Fault, Kind

_MOMENTS = ("before", "after", "again")


class UnknownFault(ValueError):
    """No fault, no step or no number of that name."""


@dataclass
class _On:
    fault: Fault
    step: str
    moment: str
    left: int | None


class Faults:
    """The faults that are switched on; `submitted` says whether a job came since they were last all off."""

    def __init__(self) -> None:
        self._on: list[_On] = []
        self._seen: Counter[str] = Counter()
        self.submitted = False

    def switch_on(self, text: str) -> Fault:
        """Switches a fault on by `NAME[@STEP][:TIMES]`; UnknownFault says which part is wrong."""
        rest, colon, times = text.partition(":")
        name, at, step = rest.partition("@")
        if name == "lost-submit-answer":
            name, at, step = "reset-after", "@", "submit"
        fault = FAULTS.get(name)
        if fault is None:
            raise UnknownFault(f"There is no fault named {name!r}; --list-faults prints them all.")
        moment = ""
        if step not in STEPS and step.rpartition("-")[2] in _MOMENTS:
            step, _, moment = step.rpartition("-")
        if at and step not in fault.steps:
            where = ", ".join(fault.steps) or "no step: give it without @"
            raise UnknownFault(f"The fault {name!r} cannot strike at {step!r}; it can at {where}.")
        if colon and not (times.isdigit() and int(times) > 0):
            raise UnknownFault(f"{times!r} is not a number of times; give 1 or more, as in {name}:1.")
        self._on.append(_On(fault, step, moment, int(times) if colon else None))
        return fault

    def clear(self) -> None:
        """Switches all faults off."""
        self._on.clear()
        self._seen.clear()
        self.submitted = False

    def see(self, step: str) -> None:
        """Counts a request, so that `STEP-again` knows the first one from the later ones."""
        self._seen[step] += 1

    def on(self, name: str) -> bool:
        """Whether a fault is switched on; doesn't count as a strike."""
        return any(entry.fault.name == name and entry.left != 0 for entry in self._on)

    def take(self, name: str, step: str = "") -> bool:
        """Whether a fault is switched on, at a step if it belongs to one; counts as one of its strikes."""
        return self._take(lambda entry: entry.fault.name == name and self._fits(entry, step)) is not None

    def take_answer(self, step: str) -> Fault | None:
        """The fault that answers in the site's place at this step."""
        return self._take(lambda entry: entry.fault.kind is Kind.ANSWER and self._fits(entry, step))

    def take_amendments(self, step: str) -> list[Fault]:
        """The faults that change the site's answer at this step, in the order in which they were switched on."""
        fitting = [one for one in self._on if one.fault.kind is Kind.AMENDMENT and self._fits(one, step)]
        return [entry.fault for entry in fitting if _strikes(entry)]

    def take_job_end(self) -> Fault | None:
        """The fault that decides how a job ends."""
        return self._take(lambda entry: entry.fault.kind is Kind.JOB_END)

    def _fits(self, entry: _On, step: str) -> bool:
        if (entry.step or step) != step or (entry.fault.steps and step not in entry.fault.steps):
            return False
        if entry.moment == "again":
            return self._seen[step] > 1
        return entry.moment == "" or (entry.moment == "after") == self.submitted

    def _take(self, wanted: Callable[[_On], bool]) -> Fault | None:
        return next((entry.fault for entry in self._on if wanted(entry) and _strikes(entry)), None)


def _strikes(entry: _On) -> bool:
    """Whether it may still strike; counts it where it does."""
    if entry.left == 0:
        return False
    if entry.left is not None:
        entry.left -= 1
    return True
