"""A look as receipts and journals have it: written down, and read again."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .evidence import LARGEST, LevelFiles, Look, Says, Scale, ServiceState, Testimony, Why, Witness


def look_as_dict(look: Look | None) -> dict[str, Any] | None:
    """A look as a receipt has it; null for everything that nobody could say."""
    if look is None:
        return None
    fields = {
        "cached": look.cached,
        "tiles": look.tiles,
        "bytes": look.bytes,
        "scales": None if look.scales is None else [vars(scale) for scale in look.scales],
        "witnesses": [_testimony_as_dict(one) for one in look.testimonies],
    }
    if look.close_up is None:
        return fields
    from .tiles import close_up_as_dict

    return {**fields, "close_up": close_up_as_dict(look.close_up)}


def _testimony_as_dict(one: Testimony) -> dict[str, Any]:
    fields = {
        "witness": one.witness.value,
        "says": one.says.value,
        "why": None if one.why is None else one.why.value,
        "words": one.words,
        "state": None if one.state is None else one.state.value,
        "scales": None if one.scales is None else [vars(scale) for scale in one.scales],
        "files": one.files,
    }
    return {**fields, "level_files": [vars(level) for level in one.level_files]} if one.level_files else fields


def look_from_dict(fields: dict[str, Any]) -> Look:
    """The look that look_as_dict has written.

    Raises ValueError, LookupError, TypeError or ArithmeticError for anything else.
    """
    testimonies = tuple(_testimony_from_dict(one) for one in fields["witnesses"])
    close_up = fields.get("close_up")
    if close_up is None:
        return Look(testimonies)
    from .tiles import close_up_from_dict

    return Look(testimonies, close_up_from_dict(close_up))


def _testimony_from_dict(fields: dict[str, Any]) -> Testimony:
    return Testimony(
        witness=Witness(fields["witness"]),
        says=Says(fields["says"]),
        why=None if fields["why"] is None else Why(fields["why"]),
        words=str(fields["words"]),
        state=None if fields["state"] is None else ServiceState(fields["state"]),
        scales=None if fields["scales"] is None else _scales_from(fields["scales"]),
        files=_files_from(fields.get("files")),  # need not be there
        level_files=tuple(_level_files_from(one) for one in fields.get("level_files", ())),
    )


def _level_files_from(fields: dict[str, Any]) -> LevelFiles:
    files = _files_from(fields["files"])
    if files is None:
        raise ValueError("it doesn't count the files of a level")
    return LevelFiles(int(fields["level"]), files, _files_from(fields["tiles"]))


def _files_from(value: Any) -> int | None:
    files = None if value is None else int(value)
    if files is not None and not 0 <= files < LARGEST:
        raise ValueError("it counts what can't be counted")
    return files


def _scales_from(scales: Iterable[dict[str, Any]]) -> tuple[Scale, ...]:
    found = tuple(Scale(int(s["level"]), float(s["scale"]), int(s["tiles"]), int(s["bytes"])) for s in scales)
    if not all(0 <= number < LARGEST for scale in found for number in vars(scale).values()):
        raise ValueError("it counts what can't be counted")
    return found
