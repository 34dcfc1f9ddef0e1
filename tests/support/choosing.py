"""Which cases of a rule every run has; the others are left to the thorough run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pytest


def some_of(cases: Mapping[str, Any], *names: str) -> list[Any]:
    """Parameters for all the cases, with their names as ids: those that are named here, and thorough ones.

    A case that is a tuple is several arguments.
    """
    assert set(names) <= set(cases), sorted(set(names) - set(cases))
    return [
        pytest.param(
            *(case if isinstance(case, tuple) else (case,)),
            id=name,
            marks=() if name in names else pytest.mark.thorough,
        )
        for name, case in cases.items()
    ]


def one_in(number: int, cases: Iterable[Any]) -> list[Any]:
    """Parameters for all the cases: every run has one in so many, and the thorough run the others."""
    return [
        pytest.param(case, marks=pytest.mark.thorough if place % number else ()) for place, case in enumerate(cases)
    ]


def by_name(cases: Iterable[Any]) -> dict[str, Any]:
    """Cases whose name is what they look like, the parts of a tuple with hyphens between."""
    return {"-".join(map(str, case)) if isinstance(case, tuple) else str(case): case for case in cases}
