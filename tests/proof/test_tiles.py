"""Tiles that are chosen, and what of them is left."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cachetools_core.errors import CannotDelete, WrongUsage
from cachetools_core.proof import evidence
from cachetools_core.proof.asked import read_scales
from cachetools_core.proof.choosing import select
from cachetools_core.proof.evidence import Look, Says, Scale, ServiceState, Why, Witness
from cachetools_core.proof.scheme import Extent, LevelOfDetail, SpatialReference, TilingScheme
from cachetools_core.proof.tiles import Asked, By, CloseUp, Sampled, Selection, few_digits, is_near
from cachetools_core.proof.tiles_left import are_none, what_remains_of_tiles
from cachetools_core.proof.verdict import Remains
from cachetools_core.proof.written_look import look_as_dict, look_from_dict

LEVELS = (LevelOfDetail(0, 591657527.591555, 156543.0), LevelOfDetail(1, 5000, 1.3), LevelOfDetail(2, 4999.999, 1.2))
AREA = Extent(0, 0, 10, 10)
SCHEME = TilingScheme(
    256, 256, 96, -100, 100, LEVELS, SpatialReference((("WKID", 3857),), (), ""), "PNG",
    extent=Extent(-200, -100, 100, 100),
)  # fmt: skip


def chosen(extent: Extent | None = None) -> Selection:
    return Selection(LEVELS[:1], extent)


def look(
    counts: dict[int, int] | None,
    sampled: dict[bool, int] | None = None,
    whole: bool = False,
    scheme: str = "s",
    says: Says = Says.THERE,
    outside: str = "o",
) -> Look:
    """Level 0 is chosen; `sampled` is how many tiles are there inside (True) and outside (False)."""
    service = evidence.Testimony(Witness.SERVICE, says, state=ServiceState.ANSWERS)
    report = evidence.Testimony(Witness.REPORT, Says.NOTHING, Why.REFUSED)
    if counts is not None:
        scales = tuple(Scale(level, LEVELS[level].scale, tiles, 9) for level, tiles in counts.items() if tiles)
        report = evidence.Testimony(Witness.REPORT, Says.THERE if scales else Says.GONE, scales=scales)
    samples: tuple[Sampled, ...] = ()
    if sampled is not None:
        inside = Sampled(0, True, 9, sampled[True], whole, f"i{sampled[True]}")
        samples = (inside, Sampled(0, False, 4, sampled[False], False, outside))
    extent = None if sampled is None else AREA
    by = None if sampled is None else By.TILES
    return Look((service, report), CloseUp(chosen(extent), scheme, by, samples))


BEFORE = look({0: 20, 1: 7})
BEFORE_IN_AREA = look({0: 20, 1: 7}, {True: 9, False: 4})


@pytest.mark.parametrize(
    ("after", "remains"),
    [
        (look({0: 0, 1: 7}), Remains.NOTHING),
        (look({0: 0, 1: 8}), Remains.NOTHING),
        (look({0: 3, 1: 7}), Remains.FEWER),
        (look({0: 20, 1: 7}), Remains.ALL),
        (look({0: 0, 1: 6}), Remains.UNTOLD),
        (look({0: 0, 1: 0}), Remains.UNTOLD),
        (look(None), Remains.UNTOLD),
        (look({0: 0, 1: 7}, scheme="another"), Remains.UNTOLD),
        (look({0: 0, 1: 7}, scheme=""), Remains.UNTOLD),
        (look({0: 0, 1: 7}, says=Says.GONE), Remains.UNTOLD),
        (replace(look({0: 0, 1: 7}), close_up=None), Remains.UNTOLD),
        (look(None, says=Says.NOTHING), Remains.UNTOLD),
    ],
)
def test_whole_scales_are_counted_and_all_else_is_as_before(after: Look, remains: Remains) -> None:
    assert what_remains_of_tiles(BEFORE, after) is remains


@pytest.mark.parametrize(
    ("after", "remains"),
    [
        (look({0: 11, 1: 7}, {True: 0, False: 4}), Remains.NOTHING),
        (look(None, {True: 0, False: 4}), Remains.NOTHING),
        (look({0: 12, 1: 7}, {True: 1, False: 4}), Remains.FEWER),
        (look({0: 18, 1: 7}, {True: 9, False: 4}), Remains.FEWER),
        (look({0: 20, 1: 7}, {True: 9, False: 4}), Remains.ALL),
        (look({0: 20, 1: 7}, {True: 0, False: 4}), Remains.CONTRADICTORY),
        (look({0: 11, 1: 7}, {True: 0, False: 4}, outside="changed"), Remains.UNTOLD),
        (look({0: 11, 1: 6}, {True: 0, False: 4}), Remains.UNTOLD),
        (look({0: 11, 1: 7}, {True: 0, False: 4}, scheme="another"), Remains.UNTOLD),
        (look({0: 11, 1: 7}), Remains.UNTOLD),
    ],
)
def test_within_an_extent_tiles_are_sampled(after: Look, remains: Remains) -> None:
    assert what_remains_of_tiles(BEFORE_IN_AREA, after) is remains


def test_samples_that_hit_no_tile_before_prove_nothing_afterwards() -> None:
    empty = look({0: 20, 1: 7}, {True: 0, False: 4})
    assert what_remains_of_tiles(empty, empty) is Remains.UNTOLD
    assert what_remains_of_tiles(empty, look({0: 19, 1: 7}, {True: 0, False: 4})) is Remains.NOTHING
    whole = look({0: 20, 1: 7}, {True: 0, False: 4}, whole=True)
    assert what_remains_of_tiles(whole, whole) is Remains.NOTHING


def test_none_are_there_where_none_is_counted_or_all_places_are_empty() -> None:
    assert are_none(look({0: 0, 1: 7})) and not are_none(BEFORE) and not are_none(look(None))
    assert are_none(look({0: 20}, {True: 0, False: 4}, whole=True))
    assert not are_none(look({0: 20}, {True: 0, False: 4}))
    assert not are_none(look({0: 0}, {True: 1, False: 4})), "a count of zero, and a tile that is there"


def test_pages_that_say_404_for_every_tile_prove_nothing() -> None:
    """A web tier that doesn't know these addresses says the same as a service that has no such tile."""
    nowhere, seen = {True: 0, False: 0}, {True: 9, False: 0}
    assert not are_none(look({0: 20}, nowhere, whole=True))
    assert are_none(look({0: 0}, nowhere, whole=True)), "here the report counts"
    before = look(None, nowhere, whole=True)
    assert what_remains_of_tiles(before, look({0: 0, 1: 7}, nowhere, whole=True)) is Remains.UNTOLD
    counted = look({0: 20, 1: 7}, seen, whole=True)
    assert what_remains_of_tiles(counted, look({0: 11, 1: 7}, nowhere, whole=True)) is Remains.NOTHING
    assert what_remains_of_tiles(counted, look(None, nowhere, whole=True)) is Remains.NOTHING_BY_ONE
    unreadable = look(None, nowhere, whole=True)
    service, report = unreadable.testimonies
    unreadable = replace(unreadable, testimonies=(service, replace(report, why=Why.UNREADABLE)))
    assert what_remains_of_tiles(counted, unreadable) is Remains.UNTOLD
    by_map = replace(before, close_up=replace(before.close_up or CloseUp(chosen(), "s"), by=By.TILEMAP))
    assert are_none(by_map), "a tile map is the service's own"


def test_a_scale_that_the_report_leaves_out_or_numbers_otherwise_counts_as_none_neither_before_nor_after() -> None:
    def with_listed(one: Look, *levels: tuple[int, float]) -> Look:
        service, report = one.testimonies
        return replace(one, testimonies=(service, replace(report, listed=frozenset(levels))))

    after, own, other = look({1: 7}), (0, 591657527.6), (1, 5000.0)
    assert what_remains_of_tiles(BEFORE, with_listed(after, own, other)) is Remains.NOTHING
    for listed in ([other], [(0, 5000.0), (1, 591657527.6)], [own, (0, 5000.0)]):
        assert what_remains_of_tiles(BEFORE, with_listed(after, *listed)) is Remains.UNTOLD
        assert not are_none(with_listed(after, *listed))
    assert are_none(with_listed(after, own, other))


def test_a_close_up_is_read_as_it_was_written() -> None:
    for one in (BEFORE, BEFORE_IN_AREA):
        assert look_from_dict(look_as_dict(one) or {}).close_up == one.close_up
    in_system = replace(BEFORE_IN_AREA, close_up=CloseUp(Selection(LEVELS[:1], AREA, 3857), "s"))
    again = look_from_dict(look_as_dict(in_system) or {}).close_up
    assert again is not None and again.selection.wkid == 3857
    assert "close_up" not in (look_as_dict(replace(BEFORE, close_up=None)) or {})


@pytest.mark.parametrize(("scale", "level"), [(591657527.6, 0), (591657528.0, 0), (5000.0, 1), (4999.999, 2)])
def test_a_scale_is_exact_or_within_a_millionth_of_just_one(scale: float, level: int) -> None:
    assert select(Asked((scale,)), SCHEME, "Rain").levels == (LEVELS[level],)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (Asked((4999.9995,)), "may mean more than one scale"),
        (Asked((5001.0,)), "has no scale 1:5001. It has 1:591657528 .level 0., 1:5000 .level 1."),
        (Asked(levels=(3,)), "has no level 3"),
        (Asked((5000.0,), extent=Extent(100, 0, 200, 50)), "lies outside"),
        (Asked((5000.0,), extent=Extent(-150, 0, -101, 50)), "touches no tile of Rain at 1:5000 .* begin at -100, 100"),
    ],
)
def test_what_the_service_does_not_have_is_refused(asked: Asked, words: str) -> None:
    with pytest.raises(CannotDelete, match=words):
        select(asked, SCHEME, "Rain")
    with pytest.raises(CannotDelete, match="no tiling scheme"):
        select(asked, None, "Rain")


@pytest.mark.parametrize(("given", "refused"), [("Our grid", False), ("Your grid", True), (25832, True), (None, False)])
def test_a_system_without_a_number_is_known_by_its_name(given: int | str | None, refused: bool) -> None:
    scheme = replace(SCHEME, reference=SpatialReference((), (), 'PROJCS["Our grid",GEOGCS["x"]]'))
    asked = Asked((5000.0,), extent=AREA, wkid=given)
    if refused:
        with pytest.raises(CannotDelete, match=r"coordinate system .*, and Rain in Our grid"):
            select(asked, scheme, "Rain")
    else:
        assert select(asked, scheme, "Rain").wkid is None


def test_levels_and_scales_that_name_the_same_are_one() -> None:
    found = select(Asked((5000.0, 591657527.6), (1,), AREA), SCHEME, "Rain")
    assert (found.denominators, found.extent) == ("591657527.591555;5000", AREA)
    assert found.in_words == "the tiles of 2 scales in the extent"


def test_a_choice_is_told_with_the_digits_that_it_takes_to_make_it_again() -> None:
    everywhere = Extent(-20037508.342787, 1, -1.5, 20037508.342787)
    words = Selection(LEVELS[:1], everywhere).in_full
    assert words == "1:591657528 within -20037508.342787, 1 to -1.5, 20037508.342787"
    for scale in (591657527.591555, 2311162.2171545117, 564.248588, 0.5, 5000.0):
        level = LevelOfDetail(0, scale, 1.0)
        assert is_near(level, float(few_digits(scale))) and len(few_digits(scale)) <= 9


@pytest.mark.parametrize("given", ["5000;2500", [5000, "2500"], iter(["5000", 2500.0]), "'5000'; 2500"])
def test_scales_are_numbers_or_texts_of_them(given: Any) -> None:
    assert read_scales(given) == (5000.0, 2500.0)


@pytest.mark.parametrize("given", [None, "", "%Scales%", ["5000,5"], [None], [[5000]], [10**400], object()])
def test_what_is_no_number_is_no_scale(given: Any) -> None:
    with pytest.raises(WrongUsage, match="aren't numbers"):
        read_scales(given)


@pytest.mark.parametrize(
    "asked",
    [Asked(), Asked((0.0,)), Asked((float("inf"),)), Asked((1.0,), extent=Extent(1, 0, 1, 5)),
     Asked((1.0,), extent=Extent(0, 0, float("nan"), 5))],
)  # fmt: skip
def test_what_no_service_could_have_is_refused(asked: Any) -> None:
    with pytest.raises(WrongUsage):
        asked.check()
