"""The tour: a real cache on a local server is looked at, deleted by the tool's own code, and looked for again."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import requests

from ..messages import Messages
from ..proof.words import in_megabytes
from ..server.tokens import Account
from ..tools.access import Access
from ..tools.delete import delete_map_server_cache

TOUR_TAKES_AT_MOST = 120.0
TILE = (0, 0, 0)
"""Level, row and column of a tile that Rainfall holds."""


def rehearse(server: Mapping[str, Any], say: Callable[[str], None], messages: Messages) -> bool:
    """Take the tour on a rehearsal server, whose ready line `server` is; True where everything was seen as told."""
    rainfall = next(service for service in server["services"] if service["url"].endswith("/Rainfall/MapServer"))
    url, folder = rainfall["url"], Path(rainfall["cache"])
    account = Account(server["username"], server["password"])

    say(f"1. A local ArcGIS Server is running: {server['site']}")
    say(f"   Its service Rainfall is cached: {url}")
    say(f"   The cache lies in {folder}")
    say(f"   {_on_disk(folder)}")
    say("")
    say("2. A tile, as a map would fetch it:")
    found = _fetch_tile(url, server)
    say(f"   {found}")
    say("")
    say("3. Deleting the cache, with the code that the geoprocessing tool runs:")
    access = Access(account=account, ca_file=server["ca_file"], messages=messages, deadline=TOUR_TAKES_AT_MOST)
    receipt = delete_map_server_cache(url, access)
    say("")
    say("4. The same tile again:")
    gone = _fetch_tile(url, server)
    say(f"   {gone}")
    say("")
    say("5. The folder of the cache:")
    say(f"   {_on_disk(folder)}")
    say("")
    say("6. The receipt:")
    say("\n".join(f"   {line}" for line in receipt.to_text().splitlines()))
    return found.startswith("HTTP 200") and gone.startswith("HTTP 404") and not folder.exists()


def _on_disk(folder: Path) -> str:
    if not folder.exists():
        return "It is gone, with every file in it."
    sizes = [Path(place, name).stat().st_size for place, _, names in os.walk(folder) for name in names]
    return f"{len(sizes)} files, {in_megabytes(sum(sizes))} on disk."


def _fetch_tile(url: str, server: Mapping[str, Any]) -> str:
    """A tile over HTTP, in words; the environment's proxies and bundles don't matter on loopback."""
    level, row, column = TILE
    session = requests.Session()
    session.trust_env = False
    answer = session.get(
        f"{url}/tile/{level}/{row}/{column}",
        params={"blankTile": "false"},
        verify=server["ca_file"] or True,
        timeout=10,
    )
    return f"HTTP {answer.status_code}, {answer.headers.get('Content-Type', 'no type')}, {len(answer.content):,} bytes"
