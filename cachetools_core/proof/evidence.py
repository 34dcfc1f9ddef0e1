"""What is known about a service's cache: witnesses, and what each of them says.

No witness is merged into another. "Unreadable" never becomes "none", and one answer never counts as two.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any, Optional

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


COUNTING = (Witness.REPORT,)
"""The witnesses that count tiles or files; at least one of them has to say that the cache is gone."""


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


@dataclass(frozen=True)
class Scale:
    """One scale that holds tiles: its level in the tiling scheme, its scale (1:n), its tiles and their bytes."""

    level: int
    scale: float
    tiles: int
    bytes: int


@dataclass(frozen=True)
class Testimony:
    """What one witness says.

    `why` is set where it says nothing, `words` tells more for people. `scales` are the scales that hold tiles, None
    where the witness didn't count. `claims_a_cache` is true where the witness calls the cache existing although it
    counts no tile in it.
    """

    witness: Witness
    says: Says
    why: Optional[Why] = None
    words: str = ""
    scales: Optional[tuple[Scale, ...]] = None
    claims_a_cache: bool = False

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
        'report: says nothing (refused to this account)'
        """
        if self.says is Says.NOTHING:
            why = self.why.value if self.why is not None else Why.UNREADABLE.value
            return f"{self.witness.value}: says nothing ({why})"
        counted = f", {plural(self.tiles, 'tile')}" if self.tiles is not None else ""
        return f"{self.witness.value}: {self.says.value}{counted}"


@dataclass(frozen=True)
class Look:
    """One look at a service's cache: how the service answers, and what each witness that was asked says.

    `busy` is true where the report says that a caching job is at work. `tiles_only` is a hosted tile layer, which has
    no map behind its tiles. `scheme_scales` is how many scales the tiling scheme has, filled or not; 0 where the
    service shows no scheme.
    """

    service: ServiceState
    testimonies: tuple[Testimony, ...] = ()
    busy: bool = False
    tiles_only: bool = False
    scheme_scales: int = 0

    def of(self, witness: Witness) -> Testimony:
        """What this witness says; a witness that wasn't asked says nothing."""
        asked = (one for one in self.testimonies if one.witness is witness)
        return next(asked, Testimony(witness, Says.NOTHING, Why.NOT_ASKED))

    def saying(self, what: Says) -> tuple[Testimony, ...]:
        """The testimonies of those who say this."""
        return tuple(one for one in self.testimonies if one.says is what)

    @property
    def count(self) -> Testimony | None:
        """The testimony of the first witness that counted; None where nobody did."""
        counts = (self.of(witness) for witness in COUNTING)
        return next((one for one in counts if one.scales is not None), None)

    @property
    def scales(self) -> tuple[Scale, ...] | None:
        """The scales that hold tiles; None where nobody counted."""
        return None if self.count is None else self.count.scales

    @property
    def tiles(self) -> int | None:
        """How many tiles there are; None where nobody counted."""
        return None if self.count is None else self.count.tiles

    @property
    def bytes(self) -> int | None:
        """How many bytes the tiles take; None where nobody counted."""
        return None if self.count is None else self.count.bytes

    @property
    def cached(self) -> bool | None:
        """Whether the service has a cache by its own JSON, else by the administrator API; None where neither says."""
        for witness in (Witness.SERVICE, Witness.ADMIN):
            says = self.of(witness).says
            if says is not Says.NOTHING:
                return says is Says.THERE
        return None

    @property
    def contradiction(self) -> bool:
        """True where one witness says that the cache is gone and another that it is there."""
        return bool(self.saying(Says.GONE) and self.saying(Says.THERE))

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
            and not any(one.claims_a_cache for one in self.testimonies)
            and (self.of(Witness.REPORT).says is Says.GONE or self.nobody_may_count)
        )

    @property
    def nobody_may_count(self) -> bool:
        """True where the counting witness is refused to this account or not offered by this server."""
        return self.of(Witness.REPORT).why in (Why.REFUSED, Why.NOT_OFFERED)

    @property
    def trouble(self) -> tuple[str, ...]:
        """Why each witness that was asked says nothing, in its own words."""
        return tuple(one.words for one in self.saying(Says.NOTHING) if one.words)


def who_says_what(look: Look) -> str:
    """Every witness that was asked, and what it says, in one line."""
    said = "; ".join(one.in_words() for one in look.testimonies)
    return f"the service {look.service.value}" + (f" ({said})" if said else "")


def plural(number: int | None, noun: str) -> str:
    """A number with its noun.

    >>> plural(1, 'tile'), plural(2735, 'tile')
    ('1 tile', '2,735 tiles')
    """
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def look_as_dict(look: Look | None) -> dict[str, Any] | None:
    """A look as a receipt has it; null for everything that nobody could say."""
    if look is None:
        return None
    return {
        "service": look.service.name.lower().replace("_", "-"),
        "cached": look.cached,
        "tiles": look.tiles,
        "bytes": look.bytes,
        "scales": None if look.scales is None else [vars(scale) for scale in look.scales],
        "witnesses": [_testimony_as_dict(one) for one in look.testimonies],
    }


def _testimony_as_dict(one: Testimony) -> dict[str, Any]:
    return {
        "witness": one.witness.value,
        "says": one.says.value,
        "why": None if one.why is None else one.why.value,
        "words": one.words,
        "scales": None if one.scales is None else [vars(scale) for scale in one.scales],
    }


def look_from_dict(fields: dict[str, Any]) -> Look:
    """The look that look_as_dict has written.

    Raises ValueError, LookupError, TypeError or ArithmeticError for anything else.
    """
    return Look(
        service=ServiceState[str(fields["service"]).upper().replace("-", "_")],
        testimonies=tuple(_testimony_from_dict(one) for one in fields["witnesses"]),
    )


def _testimony_from_dict(fields: dict[str, Any]) -> Testimony:
    return Testimony(
        witness=Witness(fields["witness"]),
        says=Says(fields["says"]),
        why=None if fields["why"] is None else Why(fields["why"]),
        words=str(fields["words"]),
        scales=None if fields["scales"] is None else scales_from_dicts(fields["scales"]),
    )


def scales_from_dicts(scales: Iterable[dict[str, Any]]) -> tuple[Scale, ...]:
    """The scales as a journal or receipt has them.

    Raises ValueError, LookupError, TypeError or ArithmeticError for anything else.
    """
    found = tuple(Scale(int(s["level"]), float(s["scale"]), int(s["tiles"]), int(s["bytes"])) for s in scales)
    if not all(0 <= number < LARGEST for scale in found for number in vars(scale).values()):
        raise ValueError("it counts what can't be counted")
    return found
