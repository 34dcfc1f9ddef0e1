"""What the commands that delete have in common: a refusal before the first request leaves a receipt, too."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from ..errors import CacheToolsError
from ..proof.receipt import Receipt
from ..tools.access import Access
from ..tools.deletion import refused_deletion
from ..tools.plan import Plan
from ..waiting import Run
from .access import access_from, access_without_account
from .consent import consent
from .end import End
from .terminal import Terminal

Delete = Callable[[Access, Callable[[Plan], bool]], Receipt]


def end_of_deletion(options: argparse.Namespace, terminal: Terminal, run: Run, what: str, delete: Delete) -> End:
    """The end of a deletion of one service: `delete`, given who signs in and what agrees to a plan.

    Where nobody can agree, or no password comes, the service is only named. Raises nothing.
    """
    try:
        agree = consent(options, terminal, run, what)
        access = access_from(options, terminal, run)
    except CacheToolsError as error:
        receipt = refused_deletion(options.service, access_without_account(options, terminal, run), error)
    else:
        receipt = delete(access, agree)
    return End(receipt.exit_code, receipt.to_text(), receipt.to_dict(), receipt.error, tells_error=True)
