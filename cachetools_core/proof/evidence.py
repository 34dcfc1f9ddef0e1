"""What is known about a service's cache: witnesses, and what each of them says.

No witness is merged into another. "Unreadable" never becomes "none", and one answer never counts as two.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from .scheme import NoScheme, TilingScheme
from .words import plural

if TYPE_CHECKING:  # what only a run over chosen tiles needs is loaded for it alone
    from .tiles import CloseUp

LARGEST = 1e18


class ServiceState(Enum):
    """How the service answers."""

    ANSWERS = "answers"
    NOT_STARTED = "is not started"
    MISSING = "does not exist"
    UNREADABLE = "could not be read"


class Witness(Enum):
    """Who can say something about a cache."""

    SERVICE = "service"
    REPORT = "report"
    ADMIN = "administrator"
    DISK = "disk"
    CACHE_INFO = "cache info"

    @property
    def in_words(self) -> str:
        """Who it is, for people."""
        return {
            "service": "the service",
            "report": "the cache report",
            "administrator": "the administrator API",
            "disk": "the disk",
            "cache info": "Get Cache Info",
        }[self.value]


class Says(Enum):
    """What a witness says of the cache."""

    GONE = "gone"
    THERE = "there"
    NOTHING = "nothing"


class Why(Enum):
    """Why a witness says nothing."""

    NOT_ASKED = "not asked"
    NO_TIME = "no time was left to ask"
    REFUSED = "refused to this account"
    NOT_OFFERED = "not offered by this server"
    UNREADABLE = "unreadable"
    ABOUT_ANOTHER = "about another service"
    NO_ANSWER = "no answer in time"
    AMBIGUOUS = "it may be about another service or map"


@dataclass(frozen=True)
class Scale:
    """One scale that holds tiles: its level in the tiling scheme, its scale (1:n), its tiles and their bytes."""

    level: int
    scale: float
    tiles: int
    bytes: int


@dataclass(frozen=True)
class LevelFiles:
    """The files in the folders of one level on disk, and how many chosen tiles they hold; None where none is chosen."""

    level: int
    files: int
    tiles: int | None = None


class Remark(Enum):
    """What a witness adds to what it says."""

    AT_WORK = "a caching job is at work"
    CLAIMS_A_CACHE = "it says that the cache exists, and counts no tile in it"
    TILES_ONLY = "a hosted tile layer, with no map behind its tiles"
    ON_DEMAND = "a tile is made when somebody looks at its place"
    NOT_ON_DEMAND = "no tile is made before a job makes it"


@dataclass(frozen=True)
class Testimony:
    """What one witness says.

    `why` is set where it says nothing, and `words` tells more for people. `scales` are the scales that hold tiles, None
    where the witness didn't count tiles, and `files` the files on disk, None where it didn't count all of those;
    `level_files` says more of them, level by level, where tiles of some levels are chosen. `state` and
    `scheme_scales` are the service's own: how it answers, and how many scales its tiling scheme has, filled or not.
    What takes no part in comparing looks isn't written down with a job: `scheme` is the tiling scheme of a service that
    has a cache, or why there is none to be read, `scheme_mark` changes with any key of it, `expected` is how many tiles
    a witness expects in each level, `listed` the levels that it counted, with their scales, those without tiles too,
    None where that isn't known, `map_name` the name of the service's map, empty where it doesn't say.
    """

    witness: Witness
    says: Says
    why: Why | None = None
    words: str = ""
    scales: tuple[Scale, ...] | None = None
    remarks: frozenset[Remark] = frozenset()
    state: ServiceState | None = None
    scheme_scales: int = 0
    files: int | None = None
    level_files: tuple[LevelFiles, ...] = ()
    map_name: str = field(default="", compare=False)
    scheme: TilingScheme | NoScheme | None = field(default=None, compare=False)
    scheme_mark: str = field(default="", compare=False)
    expected: tuple[tuple[int, int], ...] = field(default=(), compare=False)
    listed: frozenset[tuple[int, float]] | None = field(default=None, compare=False)

    @property
    def tiles(self) -> int | None:
        """How many tiles the witness counts; None where it didn't count."""
        return None if self.scales is None else sum(scale.tiles for scale in self.scales)

    @property
    def bytes(self) -> int | None:
        """How many bytes these tiles take; None where the witness didn't count."""
        return None if self.scales is None else sum(scale.bytes for scale in self.scales)

    def in_words(self) -> str:
        """The testimony for people.

        >>> Testimony(Witness.REPORT, Says.NOTHING, Why.REFUSED).in_words()
        'the cache report says nothing (refused to this account)'
        """
        return f"{self.witness.in_words} {self.claim}"

    @property
    def claim(self) -> str:
        """What the witness says, without its name."""
        if self.says is Says.NOTHING:
            return f"says nothing ({(self.why or Why.UNREADABLE).value})"
        if self.tiles is not None:
            return f"counts {plural(self.tiles, 'tile')}"
        if self.files is not None:
            return f"counts {plural(self.files, 'file')}"
        return f"says that there is {self.cache_in_words}"

    @property
    def cache_in_words(self) -> str:
        """What there is, for people, by a witness that says something."""
        return "a cache" if self.says is Says.THERE else "no cache"


def silent(witness: Witness, why: Why, words: str = "") -> Testimony:
    """The testimony of a witness that says nothing."""
    return Testimony(witness, Says.NOTHING, why, words)


@dataclass(frozen=True)
class Look:
    """One look at a service's cache: what each witness that was asked says.

    `close_up` is what some tiles show that a job is about; None where it is about the whole cache.
    """

    testimonies: tuple[Testimony, ...] = ()
    close_up: CloseUp | None = None

    def of(self, witness: Witness) -> Testimony:
        """What this witness says; a witness that wasn't asked says nothing."""
        asked = (one for one in self.testimonies if one.witness is witness)
        return next(asked, silent(witness, Why.NOT_ASKED))

    def saying(self, what: Says) -> tuple[Testimony, ...]:
        """The testimonies of those who say this."""
        return tuple(one for one in self.testimonies if one.says is what)

    @property
    def service(self) -> ServiceState:
        """How the service answers."""
        return self.of(Witness.SERVICE).state or ServiceState.UNREADABLE

    @property
    def scales(self) -> tuple[Scale, ...] | None:
        """The scales that hold tiles, by the report; None where it didn't count."""
        return self.of(Witness.REPORT).scales

    @property
    def tiles(self) -> int | None:
        """How many tiles there are; None where nobody counted."""
        return self.of(Witness.REPORT).tiles

    @property
    def bytes(self) -> int | None:
        """How many bytes the tiles take; None where nobody counted."""
        return self.of(Witness.REPORT).bytes

    @property
    def cached(self) -> bool | None:
        """Whether the service has a cache by its own JSON, else by the administrator API; None where neither says."""
        for witness in (Witness.SERVICE, Witness.ADMIN):
            says = self.of(witness).says
            if says is not Says.NOTHING:
                return says is Says.THERE
        return None

    @property
    def has_no_cache(self) -> bool:
        """True where the service answers and says so explicitly, and nobody speaks against it.

        A report that is refused to this account or not offered leaves the service's word alone; one that is broken, or
        about something else, leaves a doubt.
        """
        return (
            self.service is ServiceState.ANSWERS
            and self.of(Witness.SERVICE).says is Says.GONE
            and not self.saying(Says.THERE)
            and not self.claims_a_cache
            and (self.counted_gone or self.nobody_may_count)
        )

    @property
    def counted_gone(self) -> bool:
        """True where the report counts none.

        A folder that isn't on disk proves nothing by itself: another directory may have been named. Held against a look
        that saw it, it does (`verdict.what_remains`).
        """
        return self.of(Witness.REPORT).says is Says.GONE

    @property
    def nobody_may_count(self) -> bool:
        """True where counting is refused to this account or not offered by this server."""
        return not self.counted_gone and self.of(Witness.REPORT).why in (Why.REFUSED, Why.NOT_OFFERED)

    @property
    def contradicts_itself(self) -> bool:
        """True where one witness says that the cache is gone and another that it is there."""
        return bool(self.saying(Says.GONE) and self.saying(Says.THERE))

    @property
    def had_no_time(self) -> bool:
        """True where no time was left to ask anybody."""
        return all(one.why is Why.NO_TIME for one in self.testimonies)

    @property
    def busy(self) -> bool:
        """True where a witness says that a caching job is at work."""
        return self._remarked(Remark.AT_WORK)

    @property
    def claims_a_cache(self) -> bool:
        """True where a witness counts no tile, and calls the cache existing all the same."""
        return self._remarked(Remark.CLAIMS_A_CACHE)

    @property
    def tiles_only(self) -> bool:
        """True for a hosted tile layer."""
        return self._remarked(Remark.TILES_ONLY)

    @property
    def on_demand(self) -> bool | None:
        """Whether a tile is made when somebody looks at its place; None where nobody says."""
        if self._remarked(Remark.ON_DEMAND):
            return True
        return False if self._remarked(Remark.NOT_ON_DEMAND) else None

    def _remarked(self, remark: Remark) -> bool:
        return any(remark in one.remarks for one in self.testimonies)

    @property
    def scheme_scales(self) -> int:
        """How many scales the tiling scheme has, filled or not; 0 where the service shows no scheme."""
        return self.of(Witness.SERVICE).scheme_scales

    @property
    def scheme(self) -> TilingScheme | None:
        """The tiling scheme; None where the service shows none that can be read."""
        shown = self.of(Witness.SERVICE).scheme
        return shown if isinstance(shown, TilingScheme) else None

    @property
    def scheme_mark(self) -> str:
        """A mark that changes with any key of the tiling scheme; empty where the service shows none."""
        return self.of(Witness.SERVICE).scheme_mark

    @property
    def trouble(self) -> tuple[str, ...]:
        """Why each witness that was asked says nothing, in its own words; the same words once."""
        return tuple(dict.fromkeys(one.words for one in self.saying(Says.NOTHING) if one.words))
