"""The rehearsal server in this process: HTTP(S) on loopback, tornado in a thread of its own."""

from __future__ import annotations

import asyncio
import concurrent.futures
import shutil
import socket
import ssl
import tempfile
import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from tornado.httputil import HTTPServerRequest
from tornado.iostream import StreamClosedError

from cachetools_core.rehearsal import work
from cachetools_core.rehearsal.accounts import Account
from cachetools_core.rehearsal.caches import Cache
from cachetools_core.rehearsal.certificates import Certificates
from cachetools_core.rehearsal.door import Door, bind
from cachetools_core.rehearsal.exchange import Exchange
from cachetools_core.rehearsal.faults import UnknownFault
from cachetools_core.rehearsal.faults.switches import Faults
from cachetools_core.rehearsal.jobs import OTHER_USER, Job
from cachetools_core.rehearsal.request import Request, read_request
from cachetools_core.rehearsal.routes import find_route, step_of
from cachetools_core.rehearsal.site import CONTEXTS, Site
from cachetools_core.rehearsal.small import small_caches
from cachetools_core.rehearsal.strikes import serve
from cachetools_core.rehearsal.versions import Version
from cachetools_core.rehearsal.wire import Wire

T = TypeVar("T")

__all__ = ["Rehearsal", "UnknownFault"]


class Rehearsal:
    """A running server, as a context manager.

    `caches` maps `[Folder/]Name[:ImageServer]` to a cache: a folder with conf.xml, a .tpkx or a .tpk, copied first.
    `services` is how many services with small caches there are beside them, in several folders.
    `rainfall` is a Rainfall cache drawn earlier; without one it is drawn anew. `job_seconds` is how long a deletion
    takes. `port` 0 picks a free one. `context` is the only one that the site answers at, "" for the root of the host;
    without one these are `arcgis` and `server`. Raises ValueError for a version, a context or a name that cannot be,
    UnknownFault for a fault, CacheError for a cache, OSError for a port that is taken; on leaving, what went wrong in
    the server itself.

    `site`, `portal` (None unless federated), `ca_file` (None with `http`), `username`, `password`, `cache_directory`
    and `services` are what `python -m cachetools_core.rehearsal` prints. `accounts` has an account for each of
    "administrator", "publisher" and "user". `before_request` and `after_request` are called in the server's thread, and
    what they raise counts as going wrong in it.
    """

    def __init__(
        self,
        http: bool = False,
        federated: bool = False,
        version: str = "11.3",
        job_seconds: float = 0.0,
        caches: Mapping[str, Path] | None = None,
        faults: Iterable[str] = (),
        rainfall: Path | None = None,
        port: int = 0,
        context: str | None = None,
        services: int = 0,
    ) -> None:
        self._http, self._federated, self._job_seconds = http, federated, job_seconds
        self._version = Version(version)
        self._caches = dict(caches or {})
        self._small = services
        self._first_faults = list(faults)
        for fault in self._first_faults:
            Faults().switch_on(fault)  # before anything is drawn
        self._rainfall = rainfall
        self._port = port
        self._contexts = CONTEXTS if context is None else (context.strip("/"),)
        if any(one == "portal" or "/" in one for one in self._contexts):
            raise ValueError(f"{context!r} cannot be a context: give one segment of a path, or an empty text.")
        self.requests: list[Request] = []
        self.before_request: Callable[[Request], None] = lambda request: None
        self.after_request: Callable[[Request], None] = lambda request: None
        self._failures: list[BaseException] = []
        self._sockets: list[socket.socket] = []

    def __enter__(self) -> Rehearsal:
        self._folder = Path(tempfile.mkdtemp(prefix="cachetools-rehearsal-"))
        try:
            self._open()
        except BaseException:
            for one in self._sockets:
                one.close()
            shutil.rmtree(self._folder, ignore_errors=True)
            raise
        return self

    def _open(self) -> None:
        self._sockets = bind(self._port)  # a port that is taken is told before anything is drawn
        self._port = self._sockets[0].getsockname()[1]
        tls: ssl.SSLContext | None = None
        self.ca_file: Path | None = None
        if not self._http:
            certificates = Certificates(self._folder)
            tls, self.ca_file = certificates.context(), certificates.ca_file
        self._site = Site(self._folder, self._version, self._federated, self._job_seconds, self._contexts)
        self._caches.update(small_caches(self._folder / "small", self._small))
        for name, source in self._caches.items():
            self._site.publish(name, source)  # what is no cache is told before Rainfall is drawn, too
        if self._rainfall is None:
            self._site.draw_rainfall()
        else:
            self._site.publish("Rainfall", self._rainfall)
        for fault in self._first_faults:
            self._switch_on(fault)
        self._site.reset_connections = lambda: self._door.reset_connections()
        self.accounts: dict[str, Account] = self._site.accounts
        self.username = self.accounts["administrator"].username
        self.password = self.accounts["administrator"].password
        self.cache_directory = self._site.cache_root
        root = f"{'http' if self._http else 'https'}://localhost:{self._port}"
        self.site = f"{root}/{self._contexts[0]}".rstrip("/")
        self.portal = f"{root}/portal" if self._federated else None
        self.services = [self._described(name) for name in ("Rainfall", *self._caches)]
        # Windows' other loop cannot watch sockets as tornado needs it.
        self._loop = asyncio.SelectorEventLoop()
        self._thread = threading.Thread(target=self._serve, args=(self._sockets, tls), name="rehearsal", daemon=True)
        self._thread.start()
        self._call(lambda: None)

    def _described(self, name: str) -> dict[str, Any]:
        service = self._site.named(name)
        cache = self._site.cache_of(service)
        tiles = sum(count for count, _ in cache.counts().values())
        return {"url": f"{self.site}/rest/services/{service.full}", "cache": str(cache.folder), "tiles": tiles}

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._call(self._shut_down)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        shutil.rmtree(self._folder, ignore_errors=True)
        if error is None:
            self.raise_failure()

    def _serve(self, sockets: list[socket.socket], tls: ssl.SSLContext | None) -> None:
        asyncio.set_event_loop(self._loop)

        async def listen() -> None:
            self._door = Door(sockets, tls, self._receive)

        self._loop.run_until_complete(listen())
        self._loop.run_forever()
        left = asyncio.all_tasks(self._loop)
        for task in left:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        self._loop.close()

    @property
    def connections(self) -> int:
        """How many connections it has accepted."""
        return self._door.accepted

    def _shut_down(self) -> None:
        self._site.jobs.forget()
        self._door.close()

    def _receive(self, raw: HTTPServerRequest) -> None:
        self._loop.create_task(self._answer(raw)).add_done_callback(self._note_failure)

    def _note_failure(self, answered: asyncio.Task[None]) -> None:
        """Kept for the moment when the server is left: nobody waits for an answer to have been given."""
        error = None if answered.cancelled() else answered.exception()
        if error is not None:
            self._failures.append(error)

    async def _answer(self, raw: HTTPServerRequest) -> None:
        request = read_request(len(self.requests) + 1, raw, "" in self._contexts, self._site.web_context_url)
        found = find_route(request, self._contexts, self._federated)
        request.step = step_of(request, found)
        wire = Wire(raw, request, self._door.shut)
        self.requests.append(request)
        try:
            self.before_request(request)
            await serve(Exchange(self._site, request, found, wire))
        except StreamClosedError:
            return
        except Exception:
            wire.reset()
            raise
        finally:
            self.after_request(request)

    def _call(self, function: Callable[[], T]) -> T:
        """Runs in the server's thread, where the site lives."""
        if threading.current_thread() is self._thread:
            return function()
        done: concurrent.futures.Future[T] = concurrent.futures.Future()

        def run() -> None:
            try:
                done.set_result(function())
            except Exception as error:  # noqa: BLE001 - handed to the caller's thread
                done.set_exception(error)

        self._loop.call_soon_threadsafe(run)
        return done.result()

    def raise_failure(self) -> None:
        """Raises the first thing that went wrong in the server itself until now, as leaving the server does."""
        for error in (*self._failures, *self._site.jobs.failures):
            raise error

    @property
    def submits(self) -> int:
        """How many jobs have been created by submitJob."""
        return self._site.jobs.submits

    @property
    def most_jobs_at_once(self) -> int:
        """How many jobs at most hadn't ended at the same time."""
        return self._site.jobs.most_at_once

    @property
    def jobs(self) -> list[Job]:
        """The jobs that the server remembers, the oldest first."""
        return self._call(self._site.jobs.all)

    def fault(self, text: str) -> None:
        """Switches a fault on by `NAME[@STEP][:TIMES]`."""
        self._call(lambda: self._switch_on(text))

    def clear_faults(self) -> None:
        """Switches all faults off; `-before` and `-after` count from here."""
        self._call(self._switch_all_off)

    def _switch_on(self, text: str) -> None:
        self._site.faults.switch_on(text)
        if self._site.faults.on("other-deletion-waits"):
            work.list_other_deletion(self._site)

    def _switch_all_off(self) -> None:
        self._site.faults.clear()
        self._site.jobs.drop(OTHER_USER)

    def let_jobs_take(self, seconds: float) -> None:
        """How long a deletion takes from now on, also one that is on its way."""
        self._site.job_seconds = seconds

    def cache(self, name: str) -> Cache:
        """The cache of a service, to be looked at on disk."""
        return self._site.cache_of(self._site.named(name))

    def state(self, name: str) -> str:
        """A service's real state: STARTED, STARTING or STOPPED."""
        return self._site.named(name).real

    def stop_service(self, name: str) -> None:
        """Stops a service."""
        self._call(lambda: self._site.stop(self._site.named(name), self.username))

    def start_service(self, name: str) -> None:
        """Starts a service."""
        self._call(lambda: self._site.start(self._site.named(name), self.username))

    def remove_service(self, name: str) -> None:
        """Removes a service; its cache stays on disk."""
        self._call(lambda: self._site.remove(self._site.named(name)))

    def cache_on_demand(self, name: str) -> None:
        """Has the administrator API say that tiles of a service are made when somebody looks at their place."""
        self._site.named(name).on_demand = True

    def secure_service(self, name: str) -> None:
        """Takes a service away from everyone but administrators and publishers."""
        self._site.named(name).everyone = False

    def set_web_context(self, url: str) -> None:
        """The site's URL as a reverse proxy publishes it ("" for none), like the property WebContextURL."""
        self._site.web_context_url = url.rstrip("/")

    def rebuild_cache(self, name: str) -> None:
        """Brings a service and its cache back as they were first published."""
        self._call(lambda: self._site.rebuild_cache(self._site.published[name]))

    def restart(self) -> None:
        """Restarts the server: connections are reset, jobs forgotten, deletions left where they stand."""
        self._call(self._site.restart_server)
