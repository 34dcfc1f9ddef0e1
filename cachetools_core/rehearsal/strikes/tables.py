"""Every strike and every amendment by the name of its fault."""

from __future__ import annotations

from cachetools_core.rehearsal.strikes.bodies import BODY_AMENDMENTS, BODY_ANSWERS
from cachetools_core.rehearsal.strikes.kinds import Amendment, Strike
from cachetools_core.rehearsal.strikes.secrets import SECRET_AMENDMENTS, SECRET_ANSWERS
from cachetools_core.rehearsal.strikes.wire import WIRE

ANSWERS: dict[str, Strike] = {**WIRE, **BODY_ANSWERS, **SECRET_ANSWERS}
AMENDMENTS: dict[str, Amendment] = {**BODY_AMENDMENTS, **SECRET_AMENDMENTS}
