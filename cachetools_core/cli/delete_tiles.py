"""`delete-tiles`: shows which tiles would go, asks on a terminal, deletes, and prints the receipt."""

from __future__ import annotations

import argparse
from functools import partial

from ..errors import WrongUsage
from ..proof.scheme import Extent
from ..proof.tiles import Asked
from ..tools.delete_tiles import run_tile_deletion
from ..waiting import Run
from .deleting import end_of_deletion
from .end import End
from .terminal import Terminal


def run_command(options: argparse.Namespace, terminal: Terminal, run: Run) -> End:
    """Delete tiles of a service's cache, once that is confirmed; the end is a receipt.

    Raises WrongUsage where the tiles aren't chosen by either scales or levels.
    """
    if bool(options.scales) == bool(options.levels):
        raise WrongUsage(
            "delete-tiles needs --scales or --levels, and not both.",
            'For example --scales "36111.909643;18055.954822", in quotes.',
        )
    asked = Asked(options.scales or (), options.levels or (), Extent(*options.extent) if options.extent else None)
    asked.check()
    delete = partial(run_tile_deletion, options.service, asked)
    return end_of_deletion(options, terminal, run, "these tiles", delete)
