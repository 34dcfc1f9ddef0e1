"""The port's silence, and a server's words made safe to show."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cachetools_core.messages import LONGEST_MESSAGE, QUIET, plain_words

ESC = "\x1b"


def test_quiet_says_nothing_and_is_never_cancelled(capsys: pytest.CaptureFixture[str]) -> None:
    QUIET.info("a")
    QUIET.warning("b")
    QUIET.progress("c", 50.0)
    assert QUIET.cancelled() is False
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("Deleting level 3.", "Deleting level 3."),
        ("", ""),
        (None, "None"),
        (404, "404"),
        (10.81, "10.81"),
        (True, "True"),
        (ValueError("why"), "why"),
        ("  a\t b\r\nc\u2028d\x85e ", "a b c d e"),
        ("Niederschläge 雨量 ✓ €", "Niederschläge 雨量 ✓ €"),
        (f"{ESC}[31mred{ESC}[0m", "red"),
        (f"{ESC}[38;5;196m{ESC}[1;2Hmoved{ESC}[2J{ESC}[?25l", "moved"),
        ("\x9b31mred\x9b0m", "red"),
        (f"{ESC}]0;a new title\x07text", "text"),
        (f"{ESC}]8;;https://evil.example\x07click{ESC}]8;;{ESC}\\ here", "click here"),
        (f"{ESC}]52;c;ZXZpbA==\x07clipboard", "clipboard"),
        (f"an end is missing {ESC}]0;but the words are kept", "an end is missing 0;but the words are kept"),
        (f"an end is missing {ESC}[31", "an end is missing 31"),
        (f"reset{ESC}c now", "reset now"),
        (f"last{ESC}", "last"),
        ("over\rwritten", "over written"),
        ("back\b\b\b\bspace", "back space"),
        ("bell\x07 null\x00 delete\x7f", "bell null delete"),
        ("invoice\u202egpj.exe", "invoice gpj.exe"),
        ("a\u2066b\u2069c\u200ed", "a b c d"),
        ("de\u200bleted not\ufeff", "de leted not"),
        ("tag\U000e0041s, half \ud800 letters, private \ue000", "tag s, half letters, private"),
        ("a\u00a0b\u3000c", "a b c"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ([], "[]"),
        ({"a": [1, "b"]}, "{'a': [1, 'b']}"),
    ],
)
def test_words_are_one_line_without_anything_that_a_terminal_obeys(said: object, shown: str) -> None:
    assert plain_words(said) == shown


def test_huge_words_are_cut_short_and_say_so() -> None:
    shown = plain_words("word " * 2_000_000)
    assert shown == ("word " * 400)[:LONGEST_MESSAGE] + " ... (shortened)"
    assert plain_words("x" * LONGEST_MESSAGE) == "x" * LONGEST_MESSAGE
    assert plain_words("x" * (LONGEST_MESSAGE + 1)).endswith("x ... (shortened)")
    assert plain_words(ESC * 10_000_000) == ""
    assert len(plain_words([["x" * 100_000] * 1000] * 1000)) < LONGEST_MESSAGE


def test_nesting_as_deep_as_json_takes_is_cut_short() -> None:
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    assert plain_words(deep) == "[[[[[[[...]]]]]]]"
    while deep:  # or taking it apart would itself be too deep for some Pythons
        deep = deep.pop()  # type: ignore[assignment]


@settings(max_examples=300)
@given(
    st.text(
        st.one_of(
            st.characters(exclude_categories=()),
            st.sampled_from("\x1b\x9b[]0;31mHJ\x07\\ \u202e\u200b\r\n"),
        ),
        max_size=200,
    )
)
def test_whatever_is_said_is_shown_as_one_printable_line(said: str) -> None:
    shown = plain_words(said)
    assert shown.isprintable()
    assert not any(unicodedata.category(letter).startswith("C") for letter in shown)
    assert shown == " ".join(shown.split())
    assert len(shown) <= LONGEST_MESSAGE + 20
    assert plain_words(shown) == shown
