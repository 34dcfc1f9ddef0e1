"""Faults by name: what can go wrong between a client and a server, switched on from outside.

A fault is switched on as `NAME[@STEP][:TIMES]`. Without a step it strikes wherever it can; without TIMES it goes on
until it is switched off. `STEP-before` and `STEP-after` strike only before or only after a job was submitted,
`STEP-again` from the second request of that step on. Of the faults that answer in the site's place the first one that
fits strikes; those that change the site's answer add up.
"""

from __future__ import annotations

from cachetools_core.rehearsal.faults.catalogue import FAULTS
from cachetools_core.rehearsal.faults.fault import CHECKED_STEPS, STEPS, Fault, Kind
from cachetools_core.rehearsal.faults.switches import Faults, UnknownFault

__all__ = ["CHECKED_STEPS", "FAULTS", "STEPS", "Fault", "Faults", "Kind", "UnknownFault"]
