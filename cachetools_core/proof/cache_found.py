"""What a deletion would remove, and whether it could be done from here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from .evidence import Look, Says, Scale, Witness
from .finding import Finding, first_stopper
from .look_words import look_in_words, who_says_what
from .scheme import TilingScheme, in_digits
from .tile_range import expected_tiles
from .words import for_people, in_megabytes, in_utc

ON_DEMAND = "Tiles are made on demand, so they come back when somebody views the map."
TILES_ONLY = "It is a hosted tile layer, with no map behind its tiles: nothing can make them again."
AT_WORK = "A caching job is running, so the numbers are changing."
OUT_OF_STEP = (
    "The server's own status of a cache may be wrong if tiles were copied in, made on demand, or made by an"
    " older server; Manage Map Server Cache Status with REBUILD_CACHE_STATUS corrects it."
)


@dataclass(frozen=True)
class CachingJob:
    """A job of the caching tools that hasn't ended; empty texts where the server's list doesn't tell."""

    id: str
    tools: str
    task: str
    status: str
    user: str


@dataclass(frozen=True)
class Row:
    """A scale that holds tiles, and how many it would hold if the cache were whole; None where that can't be told."""

    scale: Scale
    expected: int | None

    @property
    def percent(self) -> float | None:
        """How complete the scale is, at most 100; None where that can't be told.

        >>> Row(Scale(3, 1000.0, 5, 50), 20).percent
        25.0
        """
        return min(100.0, 100 * self.scale.tiles / self.expected) if self.expected else None

    @property
    def denominator(self) -> str:
        """The n of 1:n with all its digits, as the caching tools take it.

        >>> Row(Scale(0, 4000.0, 1, 1), None).denominator, Row(Scale(0, 591657527.591555, 1, 1), None).denominator
        ('4000', '591657527.591555')
        """
        return in_digits(self.scale.scale)


@dataclass(frozen=True)
class CacheFound:
    """What would go, by one look; `Report` says what each field is."""

    service: str
    found: Look
    asked_at: datetime
    findings: tuple[Finding, ...] = ()
    jobs: tuple[CachingJob, ...] | None = None
    no_jobs: str = ""

    @property
    def rows(self) -> tuple[Row, ...]:
        """The scales that hold tiles; none where nobody counted."""
        return tuple(Row(scale, self._expected_at(scale.level)) for scale in self.found.scales or ())

    def _expected_at(self, level: int) -> int | None:
        """By a witness, else by scheme and extent."""
        by_witness = next((dict(one.expected).get(level) for one in self.found.testimonies if one.expected), None)
        return by_witness or (None if self.scheme is None else expected_tiles(self.scheme, level))

    @property
    def scheme(self) -> TilingScheme | None:
        """The tiling scheme and the form of the tiles; None where the service shows none that can be read."""
        return self.found.scheme

    @property
    def tiles(self) -> int | None:
        """How many tiles would go: 0 where there is no cache, None where nobody counted."""
        return 0 if self.found.has_no_cache else self.found.tiles

    @property
    def bytes(self) -> int | None:
        """How many bytes they take: 0 where there is no cache, None where nobody counted."""
        return 0 if self.found.has_no_cache else self.found.bytes

    @property
    def scales(self) -> str:
        """The denominators of the scales that hold tiles, joined by `;`, as the caching tools take them."""
        return ";".join(row.denominator for row in self.rows)

    @property
    def deletable(self) -> bool | None:
        """True where nothing was found that stops a deletion; None where that wasn't checked."""
        return first_stopper(self.findings) is None if self.findings else None

    @property
    def stoppers(self) -> tuple[Finding, ...]:
        """What stops a deletion."""
        return tuple(finding for finding in self.findings if finding.good is False)

    @property
    def trouble(self) -> tuple[str, ...]:
        """Why each witness that was asked says nothing, in its own words, where that leaves a doubt of the cache.

        Where the service has a cache and its tiles are counted, the administrator API's silence leaves none.
        """
        found = self.found
        settled = found.of(Witness.SERVICE).says is Says.THERE and found.scales
        silent = (one for one in found.saying(Says.NOTHING) if not (settled and one.witness is Witness.ADMIN))
        return tuple(one.words for one in silent if one.words)

    @property
    def cautions(self) -> tuple[str, ...]:
        """What to think of before a deletion, in sentences."""
        found = self.found
        contradiction = (
            f"The witnesses contradict each other: {who_says_what(found)}."
            if found.scales and found.contradicts_itself
            else ""
        )
        said = (
            contradiction,
            ON_DEMAND if found.on_demand else "",
            TILES_ONLY if found.tiles_only else "",
            AT_WORK if found.busy else "",
            *self.trouble,
        )
        return tuple(filter(None, said))

    @property
    def counted_by(self) -> str:
        """Who counted, when, and what that is worth."""
        asked = for_people(in_utc(self.asked_at))
        if self.found.scales is None:
            return f"Nobody counted the tiles; asked on {asked}."
        return f"Counted by {Witness.REPORT.in_words}, asked on {asked}. {OUT_OF_STEP}"

    @property
    def table(self) -> str:
        """A line a scale, and the sum."""
        found = self.found
        if found.has_no_cache:
            return f"{self.service} has no cache."
        if not found.scales:
            return f"{self.service}: {look_in_words(found)} ({who_says_what(found)})."
        lines = [f"{'level':>5}  {'scale':>16}  {'tiles':>12}  {'bytes':>16}"]
        lines += [f"{s.level:>5}  {f'1:{s.scale:,.0f}':>16}  {s.tiles:>12,}  {s.bytes:>16,}" for s in found.scales]
        lines += [f"{'sum':>5}  {'':>16}  {found.tiles:>12,}  {found.bytes:>16,}"]
        size = in_megabytes(found.bytes or 0)
        return "\n".join([f"Deleting the cache of {self.service} would remove {size}:", *lines])
