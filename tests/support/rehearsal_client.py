"""A plain client for the rehearsal server, without a line of the core in it."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from cachetools_core.rehearsal.caches import Cache
from cachetools_core.rehearsal.server import Rehearsal
from support import addresses

Start = Callable[..., Rehearsal]
LONG_ENOUGH = 120.0  # real seconds after which something never comes, however busy the machine is

SERVICE = "/rest/services/Rainfall/MapServer"
ADMIN = "/admin/services/Rainfall.MapServer"
JOBS = "/admin/services/System/CachingTools.GPServer/jobs"
TOOLS, DELETE, REPORT = (f"/{path}" for path in (addresses.TOOLS, addresses.DELETE, addresses.REPORT))
ENDED = ("esriJobSucceeded", "esriJobFailed", "esriJobCancelled", "esriJobTimedOut", "esriJobDeleted")
SOURCES = {
    "Streets": "caches/esri_sample_v2",
    "Usa": "caches/esri_usa_tpkx/Usa.tpkx",
    "States": "caches/consbio_tpk/states_filled.tpk",
    "Loose": "caches/esri_sample_exploded",
}
NORTH_WEST = (-20037508.0, 1.0, -1.0, 20037508.0)
"""A quarter of the world in Web Mercator."""
TILES = {"Streets": 21, "Usa": 144, "States": 24, "Loose": 21}
"""How many tiles each of the sources has."""
OTHER_SOURCES = {
    "Renamed": "caches/consbio_tpk/alt_root_name.tpk",
    "Odd": "caches/consbio_tpk/nonstandard_zoom_levels.tpk",
}


class Client:
    """A client with the token of one of the server's accounts, bound to its address."""

    def __init__(self, server: Rehearsal, role: str = "administrator") -> None:
        self.server = server
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.verify = str(server.ca_file)
        self.account = server.accounts[role]
        portal = f"{server.portal}/sharing/rest/generateToken"
        self.token_service = portal if server.portal else f"{server.site}/tokens/"
        self.signed_in = self.ask_for_token()
        self.token = self.signed_in.get("token", "")

    def ask_for_token(self, url: str = "", **fields: str) -> Any:
        """The token service's answer."""
        filled = {
            "username": self.account.username,
            "password": self.account.password,
            "client": "requestip",
            "f": "json",
            **fields,
        }
        form = {name: value for name, value in filled.items() if value}
        return self.session.post(url or self.token_service, data=form).json()

    def raw(self, path: str, method: str = "GET", signed_in: bool = True, **fields: str) -> requests.Response:
        """An answer, whatever it is; redirects are not followed."""
        url = path if path.startswith("http") else self.server.site + path
        headers = {"X-Esri-Authorization": f"Bearer {self.token}"} if signed_in else {}
        content = {"f": "json", **fields}
        return self.session.request(
            method,
            url,
            params=content if method != "POST" else None,
            data=content if method == "POST" else None,
            headers=headers,
            allow_redirects=False,
            timeout=20,
        )

    def get(self, path: str, signed_in: bool = True, **fields: str) -> Any:
        """The JSON of a GET."""
        return self.raw(path, "GET", signed_in, **fields).json()

    def post(self, path: str, signed_in: bool = True, **fields: str) -> Any:
        """The JSON of a POST."""
        return self.raw(path, "POST", signed_in, **fields).json()

    def submit(self, service: str = "Rainfall:MapServer", **fields: Any) -> str:
        """The path of a new DeleteCache job."""
        answer = self.post(f"{DELETE}/submitJob", service_url=service, thread_count="-1", **fields)
        return f"{DELETE}/jobs/{answer['jobId']}"

    def ended(self, job: str) -> Any:
        """The job's body when it has ended."""
        return wait_for(lambda: self.get(job), lambda body: body.get("jobStatus") in ENDED)

    def delete(self, service: str = "Rainfall:MapServer") -> Any:
        """The body of a DeleteCache job that has ended."""
        return self.ended(self.submit(service))

    def report(self, service: str = "Rainfall:MapServer", **fields: Any) -> Any:
        """The value of the cache report."""
        return self.post(REPORT, service_url=service, **fields)["results"][0]["value"]

    def service(self, path: str = "Rainfall/MapServer") -> Any:
        """The service's JSON as soon as it is started."""
        return wait_for(lambda: self.get(f"/rest/services/{path}"), lambda body: "error" not in body)


def wait_for(look: Callable[[], Any], good: Callable[[Any], bool]) -> Any:
    """Looks until what is seen is good; fails with what was seen last."""
    pause = threading.Event()
    give_up = time.monotonic() + LONG_ENOUGH
    while True:
        seen = look()
        if good(seen):
            return seen
        if time.monotonic() > give_up:
            return pytest.fail(f"Waited in vain; the last look saw {seen!r}.")
        pause.wait(0.01)


def fingerprint(path: Path) -> str:
    """Of a file, or of all files below a folder."""
    digest = hashlib.sha256()
    for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
        if file.is_file():
            digest.update(str(file.relative_to(path)).encode() + file.read_bytes())
    return digest.hexdigest()


def tiles_of(cache: Cache) -> dict[tuple[int, int, int], bytes | None]:
    """Every tile that there is, by level, row and column."""
    return {place: cache.tile(*place) for place in cache.tiles()}


def files_but(cache: Cache, level: int) -> dict[str, str]:
    """A fingerprint of every file outside the level's folder."""
    inside = cache.folder / "_alllayers" / f"L{level:02d}"
    files = (file for file in cache.folder.rglob("*") if file.is_file() and inside not in file.parents)
    return {str(file.relative_to(cache.folder)): fingerprint(file) for file in files}


def tiles_in(server: Rehearsal, name: str = "Rainfall") -> int:
    """The tiles on disk."""
    cache = server.cache(name)
    return sum(count for count, _ in cache.counts().values()) if cache.exists() else 0


def error_of(body: Any) -> tuple[int, str]:
    """Code and message of an error object of the REST API."""
    return body["error"]["code"], body["error"]["message"]


def details_of(body: Any) -> str:
    """The details of an error object of the REST API."""
    return " ".join(body["error"]["details"])
