"""All faults, by name."""

from __future__ import annotations

from cachetools_core.rehearsal.faults.bodies import BODY_FAULTS
from cachetools_core.rehearsal.faults.fault import Fault
from cachetools_core.rehearsal.faults.jobs import JOB_FAULTS
from cachetools_core.rehearsal.faults.secrets import SECRET_FAULTS
from cachetools_core.rehearsal.faults.site import SITE_FAULTS
from cachetools_core.rehearsal.faults.wire import WIRE_FAULTS

FAULTS: dict[str, Fault] = {
    fault.name: fault for fault in [*WIRE_FAULTS, *BODY_FAULTS, *JOB_FAULTS, *SITE_FAULTS, *SECRET_FAULTS]
}
