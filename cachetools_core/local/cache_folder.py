"""The disk as a witness: the files of one service's cache, in a cache directory that the administrator names."""

from __future__ import annotations

import os
import threading
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial

from ..messages import plain_words, reason
from ..naming.address import safe_path
from ..naming.cache_folder import cache_folder_name
from ..naming.service import ServiceReference
from ..proof.evidence import LevelFiles, Look, Says, Testimony, Why, Witness, silent
from ..proof.tile_range import TileRange
from ..proof.tiles import tiles_to_count
from ..proof.words import plural
from ..waiting import Run
from .folders import whole_path
from .level_folder import level_of, tiles_in_file

LIMIT = 60.0
MOST_FILES = 2_000_000
MOST_NAMED = 5
STATUS = "status.gdb"
"""The server's own record of a build; it belongs to all maps of a service (cache-format.md 1)."""

Scan = Callable[[str], "AbstractContextManager[Iterator[os.DirEntry[str]]]"]

_nothing = partial(silent, Witness.DISK)


class CacheFolder:
    """One service's folder below a cache directory, for one run.

    Every file in it counts, a lock file and Status.gdb too: a deletion takes all files. Only the cache of the service's
    own map counts where several lie there, since only that one is deleted (ArcGIS 10.0, Delete Map Server Cache).
    `namesake` finds a service whose cache would lie in the same folder; then nothing is counted. Links aren't followed.
    """

    def __init__(
        self,
        directory: str | os.PathLike[str],
        service: ServiceReference,
        run: Run,
        namesake: Callable[[], ServiceReference | None],
        scan: Scan = os.scandir,
    ) -> None:
        self._directory = whole_path(directory)
        self._told_directory = safe_path(str(self._directory))
        self._name = cache_folder_name(service)
        self._service, self._run, self._namesake, self._scan = service, run, namesake, scan
        self._alone = False
        self._is_spelled_so = False
        self._other_maps: frozenset[str] | None = None
        self._silent: Testimony | None = None

    def ask(self, so_far: Look) -> Testimony:
        """What lies on disk now, beside what the other witnesses have said.

        A share that gave no answer within a minute isn't asked again. Raises SignInRefused, DeadlinePassed, Cancelled.
        """
        if self._silent is None and not self._alone:
            self._ask_for_a_namesake()
        chosen = {} if so_far.close_up is None else tiles_to_count(so_far.close_up.selection, so_far.scheme)
        return self._silent or self._counted(so_far.of(Witness.SERVICE), _Tally(chosen))

    def _ask_for_a_namesake(self) -> None:
        other = self._namesake()
        self._alone = other is None
        if other is not None:
            words = f"{self._path} may be the folder of {other} too, so its files aren't counted."
            self._silent = _nothing(Why.AMBIGUOUS, words)

    @property
    def _path(self) -> str:
        """As it is told."""
        return safe_path(str(self._directory / self._name))

    def _counted(self, service: Testimony, tally: _Tally) -> Testimony:
        # Half of the time that is left at most: the other witnesses' words must not be lost with this one's.
        seconds = min(LIMIT, self._run.left() / 2)
        try:
            self._run.call(lambda abandoned: self._count(service, tally, abandoned), seconds)
        except TimeoutError:
            tally.trouble = f"{self._told_directory} gave no answer within {seconds:.0f} seconds."
            if not tally.files:
                self._silent = _nothing(Why.NO_ANSWER, tally.trouble)
        except _Ambiguous as found:
            return _nothing(Why.AMBIGUOUS, str(found))
        except (OSError, ValueError) as error:  # a name may hold what the file system can't take
            tally.trouble = _words(error, self._told_directory)
        return self._silent or self._testimony(tally)

    def _testimony(self, tally: _Tally) -> Testimony:
        if tally.files:
            known = None if tally.trouble else tally.files
            words, levels = tally.in_words(self._path), tally.level_files()
            return Testimony(Witness.DISK, Says.THERE, words=words, files=known, level_files=levels)
        if tally.trouble:
            return _nothing(Why.UNREADABLE, tally.trouble)
        words = f"{self._path} holds no file." if tally.found else f"{self._told_directory} has no folder {self._name}."
        beside = f" Beside it lies the cache of another map: {tally.beside}." if tally.beside else ""
        return Testimony(Witness.DISK, Says.GONE, words=words + beside, files=0, level_files=tally.level_files())

    def _count(self, service: Testimony, tally: _Tally, abandoned: threading.Event) -> None:
        """Count in a thread of its own. Raises OSError, _Ambiguous."""
        top = self._top()
        if top is None:
            return
        tally.found = True
        try:
            entries = self._entries(top)
        except FileNotFoundError:
            return
        others = self._other_maps_among({one.name for one in entries if _is_a_map(one)}, service)
        tally.beside = ", ".join(sorted(map(_shown, others)))
        if others:
            entries = [one for one in entries if _is_a_map(one) and one.name not in others]
        for name, path in self._files(entries, tally):
            tally.add(name, path)
            if abandoned.is_set() or tally.files >= MOST_FILES:
                tally.trouble = f"There are more than {plural(tally.files, 'file')}."
                return

    def _top(self) -> str | None:
        """The folder as it is spelled there; None where there is none. Raises OSError, _Ambiguous."""
        alike = [one for one in self._entries(str(self._directory)) if _folded(one.name) == _folded(self._name)]
        exact = [one for one in alike if one.name == self._name]
        self._is_spelled_so |= bool(exact)  # then a folder in other letters isn't what is left of it
        found = exact if self._is_spelled_so else alike
        if len(found) > 1:
            raise _Ambiguous(f"{self._told_directory} has several folders {self._name} in different spellings.")
        if found and not found[0].is_dir(follow_symlinks=False):
            raise _Ambiguous(f"{self._path} is a link or a file; only a folder is counted.")
        return found[0].path if found else None

    def _entries(self, folder: str) -> list[os.DirEntry[str]]:
        with self._scan(folder) as entries:
            return list(entries)

    def _other_maps_among(self, maps: set[str], service: Testimony) -> frozenset[str]:
        """The folders that belong to other maps, as the first look that saw any could tell. Raises _Ambiguous."""
        if self._other_maps is not None or not maps:
            return self._other_maps or frozenset()
        if service.map_name in maps:
            self._other_maps = frozenset(maps - {service.map_name})
        elif len(maps) == 1 and (service.says is Says.THERE or not service.map_name):
            self._other_maps = frozenset()
        else:
            named = ", ".join(sorted(map(_shown, maps)))
            raise _Ambiguous(f"{self._path} holds caches of maps ({named}); which one is the service's isn't known.")
        return self._other_maps

    def _files(self, entries: list[os.DirEntry[str]], tally: _Tally) -> Iterator[tuple[str, str]]:
        """The names and paths of all files; a folder that goes away meanwhile has none any more."""
        waiting = list(entries)
        while waiting:
            one = waiting.pop()
            try:
                if one.is_dir(follow_symlinks=False):
                    waiting += self._entries(one.path)
                else:
                    yield os.path.relpath(one.path, self._directory / self._name), one.path
            except FileNotFoundError:
                continue
            except OSError as error:
                tally.trouble = _words(error, safe_path(one.path))


@dataclass
class _Tally:
    """What was counted until now; read as well where counting couldn't be finished.

    `chosen` are the tiles that are looked for in the files, level by level, None for all of a level.
    """

    chosen: Mapping[int, TileRange | None] = field(default_factory=dict)
    found: bool = False
    files: int = 0
    first: list[str] = field(default_factory=list)
    beside: str = ""
    trouble: str = ""
    by_level: dict[int, int] = field(default_factory=dict)
    tiles: dict[int, int] = field(default_factory=dict)

    def add(self, name: str, path: str) -> None:
        self.files += 1
        level = level_of(name) if self.chosen else None
        if level is not None:
            self.by_level[level] = self.by_level.get(level, 0) + 1
            if level in self.chosen:
                self._count_tiles(level, path)
        if self.files <= MOST_NAMED:
            self.first.append(_shown(name))

    def _count_tiles(self, level: int, path: str) -> None:
        """A file that goes away meanwhile holds none any more, and one that can't be opened may hold any."""
        try:
            self.tiles[level] = self.tiles.get(level, 0) + tiles_in_file(path, self.chosen[level])
        except FileNotFoundError:
            return
        except OSError as error:
            self.tiles[level] = self.tiles.get(level, 0) + 1
            self.trouble = _words(error, safe_path(path))

    def level_files(self) -> tuple[LevelFiles, ...]:
        levels = sorted({*self.by_level, *self.chosen})
        counted = ((level, self.tiles.get(level, 0) if level in self.chosen else None) for level in levels)
        return tuple(LevelFiles(level, self.by_level.get(level, 0), tiles) for level, tiles in counted)

    def in_words(self, path: str) -> str:
        few = f": {', '.join(sorted(self.first))}" if self.files <= MOST_NAMED else ""
        beside = f" Not counted is the cache of another map: {self.beside}." if self.beside else ""
        trouble = f" Not all were counted: {self.trouble}" if self.trouble else ""
        lie = "lies" if sum(self.tiles.values()) == 1 else "lie"
        chosen = f" Of the chosen tiles {sum(self.tiles.values()):,} {lie} there." if self.chosen else ""
        return f"{path} holds {plural(self.files, 'file')}{few}.{chosen}{beside}{trouble}"


class _Ambiguous(Exception):
    """What lies there may not be this service's cache."""


def _words(error: Exception, path: str) -> str:
    return f"{_shown(path)} can't be read: {reason(error)}."


def _is_a_map(entry: os.DirEntry[str]) -> bool:
    return entry.name.lower() != STATUS and entry.is_dir(follow_symlinks=False)


def _folded(name: str) -> str:
    """Letter case and Unicode form make no other service."""
    return unicodedata.normalize("NFC", name).casefold()


def _shown(name: str) -> str:
    """A name on disk as text that can be shown and written, whatever bytes it has."""
    return plain_words(os.fsencode(name).decode("utf-8", "replace"))
