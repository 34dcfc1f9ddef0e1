"""Rehearsal servers that are started when they are first asked for, and lent again and again."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, TypeVar

from cachetools_core.rehearsal.server import Rehearsal
from support.bench import Bench

T = TypeVar("T")
Found = TypeVar("Found")


class Servers:
    """A context manager that stops them all; `rainfall` is the drawn cache that each of them publishes.

    May be used by several threads at once.
    """

    def __init__(self, rainfall: Path) -> None:
        self._rainfall = rainfall
        self._running = ExitStack()
        self._lock = threading.Lock()
        self._free: dict[str, list[Bench]] = {}

    def __enter__(self) -> Servers:
        self._folder = Path(self._running.enter_context(tempfile.TemporaryDirectory(prefix="cachetools-tests-")))
        return self

    def __exit__(self, *_: Any) -> None:
        self._running.close()

    @contextmanager
    def lend(self, **options: Any) -> Iterator[Bench]:
        """A server with these options of Rehearsal, as at its first day, for as long as this lasts.

        Raises what went wrong in the server meanwhile; it isn't lent again then.
        """
        kind = repr(sorted(options.items()))
        with self._lock:
            free = self._free.setdefault(kind, [])
            one = free.pop() if free else None
        bench = one or self._start(options)
        yield bench.fresh()
        bench.server.raise_failure()
        with self._lock:
            free.append(bench)

    def _start(self, options: dict[str, Any]) -> Bench:
        server = Rehearsal(**{"rainfall": self._rainfall, **options})
        with self._lock:
            self._running.enter_context(server)
        return Bench(server, self._folder)


def at_once(do: Callable[[T], Found], things: Iterable[T], workers: int = 4) -> Iterator[Found]:
    """What a function finds about each thing, in their order, several at a time."""
    with ThreadPoolExecutor(workers) as pool:
        yield from pool.map(do, things)
