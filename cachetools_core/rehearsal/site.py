"""The site: its services and their caches on disk, its accounts, jobs and faults."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from cachetools_core.rehearsal.accounts import Account, new_accounts
from cachetools_core.rehearsal.answers import not_found
from cachetools_core.rehearsal.authorizations import Authorizations
from cachetools_core.rehearsal.caches import Cache, publish
from cachetools_core.rehearsal.faults import Faults
from cachetools_core.rehearsal.jobs import Jobs
from cachetools_core.rehearsal.rainfall import draw_rainfall
from cachetools_core.rehearsal.services import STARTED, STARTING, STOPPED, Service
from cachetools_core.rehearsal.tokens import Tokens
from cachetools_core.rehearsal.tools import system_services
from cachetools_core.rehearsal.versions import Version

# The installation's own context, and the one that the documentation gives to web adaptors of federated sites.
CONTEXTS = ("arcgis", "server")
# Invented: how long a service is away when it restarts, in seconds.
RESTART, SLOW_RESTART = 0.3, 5.0


class Site:
    """One ArcGIS Server site, without any HTTP; belongs to one event loop.

    `folder` is where it keeps its files; `job_seconds` how long a deletion takes; `contexts` the first segments of the
    addresses that it answers at, its own first, "" for the root of the host. `reset_connections` is called when
    the whole server restarts.
    """

    def __init__(
        self, folder: Path, version: Version, federated: bool, job_seconds: float, contexts: tuple[str, ...] = CONTEXTS
    ) -> None:
        self.cache_root = folder / "directories" / "arcgiscache"
        self.cache_root.mkdir(parents=True)
        self._drawn = folder / "drawn"
        self.version = version
        self.federated = federated
        self.job_seconds = job_seconds
        self.contexts = contexts
        self.opened = int(time.time() * 1000)
        self.accounts: dict[str, Account] = new_accounts()
        self.faults = Faults()
        self.tokens = Tokens(self.accounts, self.faults)
        self.authorizations = Authorizations()
        self.jobs = Jobs()
        self.questions: dict[str, Any] = {}
        self.services: dict[str, Service] = {}
        self.published: dict[str, Service] = {}
        self.web_context_url = ""
        self.reset_connections: Callable[[], None] = lambda: None
        for name in system_services(version):
            self._add(Service("System", name, "GPServer", everyone=False))

    def publish(self, name: str, source: Path) -> Service:
        """Publishes a copy of a cache as `[Folder/]Name[:ImageServer]`; ValueError for a name that can't be one."""
        path, _, kind = name.partition(":")
        folder, _, last = path.rpartition("/")
        known = kind in ("", "MapServer", "ImageServer")
        if not known or not last or "/" in folder or folder in ("System", "Utilities"):
            raise ValueError(f"{name!r} cannot be a service: give Name, Folder/Name or Folder/Name:ImageServer.")
        service = Service(folder, last, kind or "MapServer", source=source)
        if any(service.cache_folder == other.cache_folder for other in self.services.values()):
            raise ValueError(f"{name!r} would share a cache folder with another service: give another name.")
        self._fill(service)
        self.published[name] = service
        return self._add(service)

    def draw_rainfall(self) -> Service:
        """Draws and publishes the service that is always there; what was drawn is kept for building it again."""
        return self.publish("Rainfall", draw_rainfall(self._drawn).folder)

    def _add(self, service: Service) -> Service:
        self.services[service.key] = service
        service.note("siteadmin", "created")
        service.note("siteadmin", "started")
        return service

    def _fill(self, service: Service) -> None:
        assert service.source is not None
        service.cache = publish(service.source, self.cache_root, service.cache_folder)
        service.cached = True

    def named(self, name: str) -> Service:
        """The service by `[Folder/]Name[:Type]`; KeyError without one."""
        for service in self.services.values():
            if name in (service.path, service.key):
                return service
        raise KeyError(name)

    def find(self, path: str, kind: str) -> Service:
        """The service by path and type; Refused as ArcGIS Server refuses one that isn't there."""
        service = self.services.get(f"{path}:{kind}")
        if service is None or self._is_away(service):
            raise not_found(f"{path}/{kind}")
        return service

    def _is_away(self, service: Service) -> bool:
        missing = {"CachingTools": "caching-tools-missing", "ReportingTools": "reporting-tools-missing"}
        missing["PublishingTools"] = "cache-info-not-offered"
        return service.folder == "System" and self.faults.on(missing.get(service.name, ""))

    def visible(self, folder: str) -> list[Service]:
        """The services in a folder."""
        return [one for one in self.services.values() if one.folder == folder and not self._is_away(one)]

    def runs(self, service: Service) -> bool:
        """Whether the service is started."""
        stopped = {"CachingTools": "caching-tools-stopped", "CachingControllers": "controllers-stopped"}
        if service.folder == "System" and self.faults.on(stopped.get(service.name, "")):
            return False
        return service.real == STARTED

    def cache_of(self, service: Service) -> Cache:
        """The cache of a map or image service."""
        assert service.cache is not None
        return service.cache

    def stop(self, service: Service, user: str) -> None:
        """Stops a service."""
        service.configured = service.real = STOPPED
        service.note(user, "stopped")

    def start(self, service: Service, user: str) -> None:
        """Starts a service, which then reads its cache anew."""
        service.configured = service.real = STARTED
        if service.cache is not None:
            service.cached = service.cache.exists()
        service.note(user, "started")

    def restart(self, service: Service, user: str) -> None:
        """Restarts a service, as DeleteCache does at its end (protocol.md 7.3)."""
        self.stop(service, user)
        service.configured = STARTED
        if self.faults.take("service-stays-stopped"):
            return
        service.real = STARTING
        seconds = SLOW_RESTART if self.faults.take("slow-restart") else RESTART

        def start() -> None:
            if service.real == STARTING:
                self.start(service, user)

        asyncio.get_running_loop().call_later(seconds, start)

    def remove(self, service: Service) -> None:
        """Removes a service; its cache folder stays, as on a real server (protocol.md 7.1)."""
        del self.services[service.key]

    def rename(self, service: Service) -> None:
        """Gives a service another name (fault service-renamed-meanwhile)."""
        self.remove(service)
        renamed = self._add(replace(service, name=f"{service.name}_renamed", lifecycle=[]))
        self.start(renamed, "siteadmin")

    def rebuild_cache(self, service: Service) -> None:
        """Brings a service back as it was first published: started, cache and all."""
        assert service.source is not None
        for other in [one for one in self.services.values() if one.cache is service.cache]:
            self.remove(other)
        shutil.rmtree(self.cache_root / service.cache_folder, ignore_errors=True)
        self._fill(service)
        service.stale_until = 0.0
        self.services[service.key] = service
        self.start(service, "siteadmin")

    def restart_server(self) -> None:
        """The server machine restarts: connections are reset, jobs are forgotten where they stand."""
        self.jobs.forget()
        self.reset_connections()
