"""The tour: a real cache on a local server is looked at, deleted by the tool's own code, and looked for again."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import requests

from ..account import Account
from ..errors import JournalError, NoAnswer
from ..local.folders import application_folder
from ..local.own_files import make_folder, write_text
from ..messages import Messages, reason
from ..proof.receipt import Receipt
from ..proof.words import in_megabytes
from ..tools.access import Access
from ..tools.delete import delete_map_server_cache
from ..waiting import Run

TILE = (0, 0, 0)
"""Level, row and column of a tile that Rainfall holds."""
TILE_WITHIN = 15.0


class Guide(Messages, Protocol):
    """Hears what the deletion says, and says what the tour does."""

    def say(self, text: str) -> None:
        """A line of the tour's own."""


def take_tour(server: Mapping[str, Any], guide: Guide, run: Run) -> tuple[Receipt, bool]:
    """Take the tour on a rehearsal server, whose ready line `server` is: the receipt, and True where all went as told.

    Raises NoAnswer where the server doesn't answer, Cancelled, DeadlinePassed, CacheToolsError as the deletion.
    """
    rainfall = next(service for service in server["services"] if service["url"].endswith("/Rainfall/MapServer"))
    url, folder = rainfall["url"], Path(rainfall["cache"])
    say = guide.say

    say(f"1. A local stand-in for ArcGIS Server is running: {server['site']}")
    say(f"   Its service Rainfall is cached: {url}")
    say(f"   The cache lies in {folder}")
    say(f"   {_on_disk(folder)}")
    say("")
    say("2. A tile, as a map would fetch it:")
    found = _fetch_tile(url, server, run)
    say(f"   {found}")
    say("")
    say("3. Deleting the cache, with the code that the geoprocessing tool runs:")
    own = _own_folder(server)
    access = Access(
        account=Account(server["username"], server["password"]),
        ca_file=server["ca_file"],
        messages=guide,
        deadline=run.left(),
        journal_folder=own / "journal",
        receipts=own / "receipts",
    )
    receipt = delete_map_server_cache(url, access)
    say("")
    say("4. The same tile again:")
    gone = _fetch_tile(url, server, run)
    say(f"   {gone}")
    say("")
    say("5. The folder of the cache:")
    say(f"   {_on_disk(folder)}")
    say("")
    say("6. The receipt:")
    say("\n".join(f"   {line}" for line in receipt.to_text().splitlines()))
    say(f"   {_page_kept(receipt)}")
    return receipt, found.startswith("HTTP 200") and gone.startswith("HTTP 404") and not os.path.exists(folder)


def _own_folder(server: Mapping[str, Any]) -> Path:
    """Where the tour keeps its journal and receipts: among the server's files, which it removes in every case."""
    return Path(server["ca_file"]).parent / "tour"


def _page_kept(receipt: Receipt) -> str:
    """Where the receipt is kept as a page: the only file that the tour leaves, since all others go with its server."""
    try:
        file = application_folder() / "tour" / "receipt.html"
        make_folder(file.parent)
        write_text(file, receipt.to_html())
    except (OSError, JournalError) as error:
        return f"It can't be kept as a page here: {reason(error).rstrip('.')}."
    return f"As a page, to open in a browser (the next tour overwrites it): {file}"


def _on_disk(folder: Path) -> str:
    if not os.path.exists(folder):
        return "It is gone, with every file in it."
    sizes = [Path(place, name).stat().st_size for place, _, names in os.walk(folder) for name in names]
    return f"{len(sizes)} files, {in_megabytes(sum(sizes))} on disk."


def _fetch_tile(url: str, server: Mapping[str, Any], run: Run) -> str:
    """A tile over HTTP, in words; the environment's proxies and bundles don't matter on loopback."""
    level, row, column = TILE

    def fetch(_: object) -> requests.Response:
        session = requests.Session()
        session.trust_env = False
        address = f"{url}/tile/{level}/{row}/{column}"
        return session.get(address, params={"blankTile": "false"}, verify=server["ca_file"], timeout=TILE_WITHIN)

    try:
        answer = run.call(fetch, TILE_WITHIN)
    except (requests.RequestException, TimeoutError):
        raise NoAnswer(f"The local server doesn't answer at {url}.", "Start the tour again.") from None
    return f"HTTP {answer.status_code}, {answer.headers.get('Content-Type', 'no type')}, {len(answer.content):,} bytes"
