"""The one place where secrets are blotted out: in any coding, cut short or split, and nothing else is touched."""

from __future__ import annotations

import base64
import html
import json
import re
import traceback
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.listener import Listener

from cachetools_core.errors import NoAnswer, ServerSaysNo
from cachetools_core.messages import plain_words
from cachetools_core.naming.service import ServiceReference
from cachetools_core.secrecy import BLOT, Discreet, Secrets, proxy_passwords

TOKEN = "Zr7-Kq_2mXw9Tb4vLp8sNd3hYg6cRf1jQa5eUo0iWk"
PASSWORD = 'p@ss Wörd+/%41&amp\\n"x<y'
CODINGS: dict[str, Callable[[str], str]] = {
    "plain": lambda text: text,
    "percent": lambda text: quote(text, safe=""),
    "percent, lower case": lambda text: "".join(f"%{byte:02x}" for byte in text.encode()),
    "form": quote_plus,
    "html": html.escape,
    "html numbers": lambda text: "".join(f"&#{ord(letter)};" for letter in text),
    "html hex": lambda text: "".join(f"&#x{ord(letter):X};" for letter in text),
    "json": lambda text: json.dumps(text)[1:-1],
    "json, each letter": lambda text: re.sub("....", r"\\u\g<0>", text.encode("utf-16-be").hex()),
    "script": lambda text: "".join(f"\\u{{{ord(letter):x}}}" for letter in text),
    "octal": lambda text: "".join(f"\\{byte:03o}" for byte in text.encode()),
    "repr": lambda text: repr(text)[1:-1],
    "hex": lambda text: text.encode().hex(),
    "HEX": lambda text: text.encode().hex().upper(),
    "hex with colons": lambda text: text.encode().hex(":"),
    "hex, one by one": lambda text: ", ".join(map(hex, text.encode())),
    "bytes": lambda text: str([*text.encode()])[1:-1],
    "quoted-printable": lambda text: "".join(f"={byte:02X}" for byte in text.encode()),
    "upper": str.upper,
    "swapped": str.swapcase,
    "latin": lambda text: text.encode().decode("latin-1"),
    "controls": lambda text: "\x00".join(text),
    "colours": lambda text: "\x1b[31m".join(text),
    "nobody sees": lambda text: "\u200b".join(text),
    "lines": lambda text: "\n  ".join([text[:2], text[2:]]),
}


@pytest.mark.parametrize("coding", CODINGS)
def test_a_secret_is_found_in_every_coding(coding: str) -> None:
    for secret in (TOKEN, PASSWORD, "hunter2", "x/y+"):
        coded = CODINGS[coding](secret)
        assert Secrets([secret]).blot(f"Said: '{coded}'.") == f"Said: '{BLOT}'.", secret


@pytest.mark.parametrize(
    ("one", "other"), [("percent", "json"), ("json", "percent"), ("html", "percent"), ("json",) * 2]
)
@pytest.mark.parametrize("secret", [TOKEN, PASSWORD])
def test_a_coding_within_another(secret: str, one: str, other: str) -> None:
    coded = CODINGS[other](CODINGS[one](secret))
    assert Secrets([secret]).blot(f"Said: '{coded}'.") == f"Said: '{BLOT}'."


@pytest.mark.parametrize("secret", [TOKEN, PASSWORD, "hunter2"])
@pytest.mark.parametrize("alphabet", [base64.b64encode, base64.urlsafe_b64encode])
def test_base64_whatever_stands_before(secret: str, alphabet: Callable[[bytes], bytes]) -> None:
    """What is left tells at most the letters beside the secret, and a bit of its first and last one."""
    for before in ("", "u", "us", "use", "user:"):
        coded = alphabet(f"{before}{secret}, and more".encode()).decode()
        left = Secrets([secret]).blot(f"Basic {coded}").partition(BLOT)
        assert left[1] == BLOT, before
        assert secret[1:-1] not in base64.b64decode(left[0][6:] + "==").decode("latin-1")
        assert len(left[0]) <= len("Basic ") + 8 and len(left[2]) <= 16


PACKINGS: dict[str, Callable[[bytes], bytes]] = {
    "base32": base64.b32encode,
    "base64 twice": lambda raw: base64.b64encode(base64.b64encode(raw)),
    "base64 of hex": lambda raw: base64.b64encode(raw.hex().encode()),
    "base64 of UTF-16": lambda raw: base64.b64encode(raw.decode().encode("utf-16-le")),
}


@pytest.mark.parametrize("secret", [TOKEN, PASSWORD])
@pytest.mark.parametrize("packing", PACKINGS)
def test_a_coding_that_packs_letters_together(packing: str, secret: str) -> None:
    for before in ("", "u", "us", "use", "user:"):
        coded = PACKINGS[packing](f"{before}{secret}".encode()).decode()
        left = Secrets([secret]).blot(f"Said: {coded}")
        assert BLOT in left and len(left) <= len("Said: ") + len(BLOT) + 26


def test_a_part_of_eight_characters_is_enough() -> None:
    secrets = Secrets([TOKEN])
    for cut in range(8, len(TOKEN)):
        for part in (TOKEN[:cut], TOKEN[-cut:], TOKEN[cut - 8 : cut]):
            assert secrets.blot(f"token={part} ... (shortened)") == f"token={BLOT} ... (shortened)"


def test_what_is_cleaned_afterwards_shows_nothing() -> None:
    split = f"{TOKEN[:20]}\x1b]0;title\x07\x00{TOKEN[20:]}"
    secrets = Secrets([TOKEN])
    assert plain_words(secrets.blot(f"a {split} b")) == plain_words(secrets.blot(plain_words(f"a {split} b")))
    assert TOKEN[:8] not in secrets.blot(plain_words(["x", {"y": split * 3}]))


@settings(max_examples=150)
@given(
    st.text(st.characters(exclude_categories=("Cs", "Cc", "Cf", "Zs", "Zl", "Zp")), min_size=4, max_size=40),
    st.sampled_from(sorted(CODINGS)),
    st.text("abc xyz.,:'\n", max_size=20),
    st.text("abc xyz.,:'\n", max_size=20),
)
def test_any_secret_beside_any_text(secret: str, coding: str, before: str, after: str) -> None:
    coded = CODINGS[coding](secret) if coding not in ("upper", "swapped") else secret
    told = Secrets([secret]).blot(f"{before} {coded} {after}")
    assert secret not in told
    assert coded not in told or coding in ("latin", "controls", "colours", "nobody sees", "lines", "script", "repr")


@settings(max_examples=150)
@given(st.text(min_size=4, max_size=40), st.text(max_size=20), st.text(max_size=20))
def test_a_secret_as_it_is_never_stays(secret: str, before: str, after: str) -> None:
    assert secret not in Secrets([secret]).blot(f"{before}{secret}{after}").replace(BLOT, "")


@given(st.text())
def test_without_a_secret_nothing_changes(text: str) -> None:
    assert Secrets().blot(text) == text
    assert Secrets([TOKEN]).blot(text) == text


@pytest.mark.parametrize(
    "words",
    [
        "Before: 1,234 tiles, 5,678,901 bytes in 12 levels.",
        "Submitted: https://gis.example.com/arcgis/rest/services/System/CachingTools/GPServer/DeleteCache/jobs/j0123",
        "The job has succeeded and names Rainfall:MapServer. 100% &c. \\server\\share %ZZ &#; \\u12",
    ],
)
def test_ordinary_words_stay(words: str) -> None:
    assert Secrets([TOKEN, PASSWORD, "hunter2", "pw", "1"]).blot(words) == words


@pytest.mark.parametrize("secret", ["a", "1", "pw", "abc", "a&b"])
def test_a_short_secret_counts_where_a_word_says_what_it_is(secret: str) -> None:
    secrets = Secrets([secret])
    for words in ("password={}", 'the "Password": "{}"', "Wrong password '{}'.", "The password was {}", "pwd: {}"):
        assert secrets.blot(words.format(secret)) == words.format(BLOT)
    assert secrets.blot(f"password={quote(secret)}") == f"password={BLOT}"
    assert secrets.blot(f"x{secret}x 1:1,000 abc abcd a level") == f"x{secret}x 1:1,000 abc abcd a level"


def test_a_word_of_what_everybody_knows_stays_there() -> None:
    secrets = Secrets(["Rainfall", "siteadmin"])
    secrets.spare("https://gis.example.com/arcgis/rest/services/Rainfall/MapServer", "siteadmin")
    told = "https://gis.example.com/arcgis/rest/services/Rainfall/MapServer: siteadmin says 'Rainfall'."
    assert secrets.blot(told) == told.replace("'Rainfall'", f"'{BLOT}'")


@pytest.mark.parametrize("secret", ["Password123", "PASSWORD-1", "hush-password", "my arcgis server password"])
def test_a_word_within_a_secret_stays_where_it_stands_alone(secret: str) -> None:
    words = "ArcGIS Server says: Invalid username or password."
    assert Secrets([secret]).blot(words) == words
    assert Secrets([secret]).blot(f"{words} ({secret})") == f"{words} ({BLOT})"


def test_a_secret_that_is_no_proper_text() -> None:
    """As a variable of the environment is where its bytes aren't UTF-8."""
    secrets = Secrets()
    secrets.remember("P\udce4sswort-Nord")
    assert "Nord" not in secrets.blot("the account's P\udce4sswort-Nord")


def test_values_as_json_has_them() -> None:
    secrets = Secrets([TOKEN])
    value = {"messages": [f"token={TOKEN}", 7, None, True], "error": {"text": TOKEN}, "rows": ({"a": TOKEN[:9]},)}
    assert secrets.blotted_value(value) == {
        "messages": [f"token={BLOT}", 7, None, True],
        "error": {"text": BLOT},
        "rows": ({"a": BLOT},),
    }
    assert TOKEN in json.dumps(value), "the value itself isn't changed"


def test_a_named_tuple_stays_one() -> None:
    named = ServiceReference("https://gis.example.com/server", "Canary7", "Rainfall", "MapServer")
    (told,) = Secrets(["Canary7"]).blotted_value((named,))
    assert isinstance(told, ServiceReference) and told == named._replace(folder=BLOT)


def test_an_error_and_what_led_to_it() -> None:
    try:
        try:
            raise ValueError(f"could not send {TOKEN}")
        except ValueError as cause:
            raise ServerSaysNo(f"said {TOKEN}", f"try {TOKEN}", code=400, server_words=TOKEN) from cause
    except ServerSaysNo as caught:
        error = Secrets([TOKEN]).blotted(caught)
    told = "".join(traceback.format_exception(type(error), error, error.__traceback__)) + repr(vars(error))
    assert TOKEN not in told
    assert (error.what, error.remedy, error.server_words, error.code) == (f"said {BLOT}", f"try {BLOT}", BLOT, 400)
    assert str(error) == f"CT301: said {BLOT} try {BLOT}"


def test_a_harmless_cause_stays() -> None:
    cause = OSError("connection reset")
    error = NoAnswer("No answer.")
    error.__cause__ = cause
    assert Secrets([TOKEN]).blotted(error).__cause__ is cause


def test_a_cause_that_can_not_be_read_is_cut_off() -> None:
    class Odd(Exception):
        def __str__(self) -> str:
            raise RuntimeError(TOKEN)

    error = NoAnswer("No answer.")
    error.__cause__ = Odd()
    assert Secrets([TOKEN]).blotted(error).__cause__ is None


def test_messages_are_blotted_before_they_are_heard() -> None:
    heard, secrets = Listener(), Secrets()
    discreet = Discreet(heard, secrets)
    secrets.remember(TOKEN)
    discreet.info(f"info {TOKEN}")
    discreet.warning(f"warning {TOKEN}")
    discreet.progress(f"progress {TOKEN}", 7.0)
    assert heard.lines == [f"info {BLOT}"] and heard.warnings == [f"warning {BLOT}"]
    assert heard.labels == [(f"progress {BLOT}", 7.0)]
    heard.cancel_now = True
    assert discreet.cancelled()


@pytest.mark.parametrize(
    ("proxy", "secret"),
    [
        ("http://user:hush%40hush@proxy.example:8080", {"hush%40hush", "hush@hush"}),
        ("http://user:hush/with@signs@proxy.example", {"hush/with@signs"}),
        ("user:hush@proxy.example", {"hush"}),
        ("http://key-of-mine@proxy.example", {"key-of-mine"}),
        ("http://proxy.example:8080", {""}),
    ],
)
def test_the_password_of_a_proxy(monkeypatch: pytest.MonkeyPatch, proxy: str, secret: set[str]) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    assert set(proxy_passwords()) == secret


def test_nothing_prints_what_it_holds() -> None:
    secrets = Secrets([TOKEN])
    assert TOKEN not in repr(secrets) + str(secrets)


def test_a_long_text_and_many_tokens_take_no_time_to_speak_of() -> None:
    """Forty tokens, of a night's renewals, and a megabyte: what grows with both would take minutes."""
    secrets = Secrets(f"{TOKEN[: number % 40]}{number:05}{TOKEN}" for number in range(40))
    text = "Submitted: https://gis.example.com/arcgis 12,345 tiles\n" * 20_000
    assert secrets.blot(text + TOKEN) == text + BLOT
