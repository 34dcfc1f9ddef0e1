"""`delete-tiles`: shows which tiles would go, asks on a terminal, deletes, and prints the receipt."""

from __future__ import annotations

import argparse

from ..errors import WrongUsage
from ..proof.scheme import Extent
from ..proof.tiles import Asked
from ..tools.delete_tiles import run_tile_deletion
from ..waiting import Run
from .access import access_from
from .consent import consent
from .end import End
from .terminal import Terminal

QUESTION = "This can't be undone. Delete these tiles?"


def run_command(options: argparse.Namespace, terminal: Terminal, run: Run) -> End:
    """Delete tiles of a service's cache, once that is confirmed; the end is a receipt.

    Raises WrongUsage where nobody can be asked or the tiles aren't chosen by either scales or levels, and as
    `access_from` does.
    """
    if bool(options.scales) == bool(options.levels):
        raise WrongUsage(
            "delete-tiles needs either --scales or --levels.", "Such as --scales 36111.909643;18055.954822."
        )
    asked = Asked(options.scales or (), options.levels or (), Extent(*options.extent) if options.extent else None)
    asked.check()
    agree = consent(options, terminal, run, QUESTION)
    receipt = run_tile_deletion(options.service, asked, access_from(options, terminal, run), agree)
    return End(receipt.exit_code, receipt.to_text(), receipt.to_dict(), receipt.error, tells_error=True)
