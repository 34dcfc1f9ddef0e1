"""The tree of errors: written down as it is, and carried whole from one process to another."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable, Iterator

import pytest

from cachetools_core import errors
from cachetools_core.errors import CacheToolsError, NeverSent, NotArcGIS, TokenRefused, every_error

ONE_OF_EACH: list[CacheToolsError] = [
    *(kind("The cache is still there.", "Look at the logs.") for kind in every_error()),
    CacheToolsError("It has no remedy."),
    NeverSent("Refused.", passing=False),
    NotArcGIS("Busy.", status=503, challenge=True, passing=True, busy_for=20.0),
    TokenRefused("No.", "Sign in.", code=498, server_words="Invalid Token", shape="rest"),
]
WAYS: dict[str, Callable[[CacheToolsError], CacheToolsError]] = {
    "pickle": lambda error: pickle.loads(pickle.dumps(error)),
    "oldest pickle": lambda error: pickle.loads(pickle.dumps(error, 0)),
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
}


def tree_in_the_manual() -> Iterator[tuple[str, str]]:
    """Each class in the module's docstring with the one that it stands below."""
    above: list[tuple[int, str]] = []
    lines = (errors.__doc__ or "").splitlines()
    for line in lines[lines.index("CacheToolsError") :]:
        if not line:
            continue
        depth, name = len(line) - len(line.lstrip()), line.split()[0]
        above = [one for one in above if one[0] < depth]
        yield name, above[-1][1] if above else "Exception"
        above.append((depth, name))


def test_the_manual_shows_the_tree_as_it_is() -> None:
    assert sorted(tree_in_the_manual()) == sorted((kind.__name__, kind.__mro__[1].__name__) for kind in every_error())


def test_every_class_of_the_module_is_in_the_tree() -> None:
    classes = {kind for kind in vars(errors).values() if isinstance(kind, type) and kind.__module__ == errors.__name__}
    assert classes == set(every_error())


def test_every_class_has_an_id_of_its_own() -> None:
    assert len({kind.message_id for kind in every_error()}) == len(every_error())


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_an_error_arrives_with_all_that_it_carries(way: Callable[[CacheToolsError], CacheToolsError]) -> None:
    for error in ONE_OF_EACH:
        error.receipt = {"verdict": "unknown"}
        there = way(error)
        assert there is not error
        assert type(there) is type(error)
        assert (str(there), there.args, vars(there)) == (str(error), error.args, vars(error))


def test_an_error_whose_receipt_names_it_arrives_too() -> None:
    error = CacheToolsError("It is still there.")
    error.receipt = {"error": error}
    there = pickle.loads(pickle.dumps(error))
    assert there.receipt["error"] is there
