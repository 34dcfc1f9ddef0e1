"""A body of JSON as servers write it, and the fields in it."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from typing import Any

Body = dict[str, Any]
# `1.#QNAN`, `-nan(ind)`, `inf`, `\u221e`: what the C libraries of Windows and others, and Java, print (inferred).
ODD_NUMBER = re.compile(
    r"(?<=[:,\[\s])[-+]?(?:\d[.,]#[a-z]+\d*|nan(?:\(\w*\))?|inf(?:inity)?|undefined|[\u221e\ufffd])(?=\s*[,\]}])",
    re.IGNORECASE,
)
MOST_TEXTS = 100


def object_in(body: bytes) -> Body | None:
    """The JSON object that the bytes hold, a byte order mark put aside; None where they hold none."""
    try:
        return json_object(body.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return None


def json_object(text: str) -> Body | None:
    """The JSON object that a text holds, also one within an answer; None where it holds none, or an ambiguous one.

    Some servers write what no standard allows: controls in texts, and numbers as C prints those that are none.
    """
    content = _parsed(text)
    return _parsed(ODD_NUMBER.sub("null", text)) if content is None else content


def _parsed(text: str) -> Body | None:
    try:
        content = json.loads(
            text,
            strict=False,
            parse_int=_whole_number,
            parse_float=_finite,
            parse_constant=_no_number,
            object_pairs_hook=_unambiguous,
        )
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


def in_small_letters(fields: Any) -> Body:
    """The fields of an object, their names in small letters; none of anything else."""
    return {name.lower(): value for name, value in fields.items()} if isinstance(fields, dict) else {}


def fields_in(value: Any) -> Iterator[tuple[str, Any]]:
    """Every field at any depth, its name in small letters; of a few texts that hold JSON themselves, too."""
    waiting, opened = [value], 0
    while waiting:
        one = waiting.pop()
        if isinstance(one, str) and one.lstrip()[:1] in ("{", "[") and opened < MOST_TEXTS:
            opened += 1
            one = (json_object(f'{{"text": {one}}}') or {}).get("text")
        if isinstance(one, dict):
            yield from in_small_letters(one).items()
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)


def _whole_number(digits: str) -> int | float | None:
    return int(digits) if len(digits) < 30 else _finite(digits)


def _finite(digits: str) -> float | None:
    number = float(digits)
    return number if math.isfinite(number) else None


def _no_number(name: str) -> None:
    """NaN and Infinity, which servers were seen to write into an extent: no JSON, and no number either."""


def _unambiguous(pairs: list[tuple[str, Any]]) -> Body:
    """Names that differ in letter case only count as one, since nobody can say which of them is meant."""
    values = {name.lower(): value for name, value in pairs}
    if len(values) != len(pairs) and any(values[name.lower()] != value for name, value in pairs):
        raise ValueError("a name stands for two values")
    return dict(pairs)
