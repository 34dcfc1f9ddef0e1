"""`check`: could it be deleted from here, and if not, why and what to do."""

from __future__ import annotations

import argparse

from ..tools.check import check_deletion
from ..waiting import Run
from .access import access_from
from .end import End
from .terminal import Terminal


def run_command(options: argparse.Namespace, terminal: Terminal, run: Run) -> End:
    """Check everything that a deletion needs. Raises CacheToolsError where the service can't even be named."""
    check = check_deletion(options.service, access_from(options, terminal, run))
    return End(check.exit_code, check.to_text(), check.to_dict())
