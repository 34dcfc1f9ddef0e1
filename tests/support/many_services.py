"""A site of many services, each of which answers at once, or when a test lets it."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

from cachetools_core.waiting import SystemClock
from support.body_server import Answer, BodyServer
from support.puppet import THERE, executed, is_cached, level

REPORT = "rest/services/System/ReportingTools/GPServer/ReportCacheStatus/execute"
TOO_MANY_COME_WITHIN = 0.3  # real seconds
COUNTS_21 = executed({"status": "EXISTS", "lodInfos": [level()]})


class ManyServices:
    """The site on a BodyServer: `names` are its services, as `Folder/Name`; all have a cache of 21 tiles.

    `bodies` are other answers for some paths; a path in `hanging` is answered once `let_go` is set, and `held` tells
    that one is waited for. `most_at_once` is how many requests it had at a time; services answer only once it had
    `together` of them, and no more have come in a while.
    """

    def __init__(self, server: BodyServer, names: Iterable[str]) -> None:
        self.url = server.site
        self.bodies: dict[str, Any] = {"rest/info": {"currentVersion": 11.3}, REPORT: COUNTS_21}
        self.hanging: set[str] = set()
        self.let_go, self.held = threading.Event(), threading.Event()
        self.together = 0
        self.most_at_once = self._at_once = 0
        self._lock = threading.Condition()
        listed: dict[str, list[str]] = {"": []}
        for name in names:
            listed.setdefault(name.rpartition("/")[0], []).append(name)
            self.bodies[f"rest/services/{name}/MapServer"] = THERE
            self.bodies[f"admin/services/{name}.MapServer"] = is_cached("true")
        for folder, within in listed.items():
            services = [{"name": name, "type": "MapServer"} for name in within]
            folders = [] if folder else sorted(filter(None, listed))
            self.bodies[f"rest/services/{folder}".rstrip("/")] = {"folders": folders, "services": services}
        server.answer = self._answer

    def _answer(self, path: str) -> Answer:
        with self._lock:
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
            self._lock.notify_all()
            if self.together and path.endswith("/MapServer"):
                self._lock.wait_for(lambda: self.most_at_once >= self.together, 30)
                self._lock.wait_for(lambda: self.most_at_once > self.together, TOO_MANY_COME_WITHIN)
        if path in self.hanging:
            self.held.set()
            self.let_go.wait(60)
        body = self.bodies.get(path)
        said = json.dumps(body).encode() if isinstance(body, dict) else body
        with self._lock:
            self._at_once -= 1
        return said


class OnceOneIsLeft(SystemClock):
    """A clock that does something once a site holds a request, and all else has been answered and heard."""

    def __init__(self, site: ManyServices, then: Callable[[], None] = lambda: None) -> None:
        self.leapt = 0.0
        self.site, self.then = site, then
        self._own = threading.get_ident()
        self._before = set(threading.enumerate())
        self._alone = False

    def leap(self) -> None:
        """The deadline is over."""
        self.leapt = 1e6

    def monotonic(self) -> float:
        return time.monotonic() + self.leapt

    def wait(self, event: threading.Event, seconds: float) -> bool:
        is_set = event.wait(min(seconds, 0.02))
        if threading.get_ident() == self._own and not is_set:
            workers = [one for one in threading.enumerate() if one.name == "CacheTools worker"]
            alone = self.site.held.is_set() and len([one for one in workers if one not in self._before]) == 1
            if alone and self._alone:
                self.then()
            self._alone = alone
        return is_set
