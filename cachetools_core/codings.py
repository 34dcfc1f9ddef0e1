"""The ways in which a text may be coded, several of them mixed, and the text with all of them undone."""

from __future__ import annotations

import base64
import html
import json
import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from urllib.parse import quote, quote_plus, unquote_to_bytes

from .messages import ESCAPES

MOST_LAYERS = 5

_CODED = re.compile(
    ESCAPES.pattern
    + r"|[^\S\x1b]+|[\x00-\x1a\x1c-\x1f\x7f-\x9a\x9c-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]+|\x9b"
    + r"|(?P<percent>(?:%[0-9a-f]{2})+)"
    + r"|(?P<utf16>(?:[\\%]u[0-9a-f]{4})+)"
    + r"|(?P<octal>(?:\\[0-3][0-7]{2})+)"
    + r"|(?P<quoted>(?:=[0-9a-f]{2}){3,})"  # quoted-printable, where all is quoted
    + r"|(?P<octets>(?<![0-9a-z])(?:(?:[0-9a-f]{2}[:.;-]){3,}[0-9a-f]{2}|(?:0x[0-9a-f]{2},? ?){4,}))"
    + r"|(?P<decimal>(?<![0-9a-z])(?:[0-9]{1,3}, ?){3,}[0-9]{1,3})"  # a list of bytes, as programs print it
    + r"|[\\%](?:u\{(?P<point>[0-9a-f]{1,6})\}|x(?P<hex>[0-9a-f]{2})|U(?P<long>000[0-9a-f]{5}))"
    + r"|(?P<entity>&(?:#[0-9]{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,31});?)",
    re.IGNORECASE,
)
_ALPHABETS = str.maketrans("-_", "+/")  # base64 has two
_ESCAPING = re.compile(r"\\+")


def decoded(text: str) -> tuple[str, list[int], list[int]]:
    """The text folded, all codings undone, and for each of its letters where in the text it begins and ends.

    Raises nothing.
    """
    starts, ends = list(range(len(text))), list(range(1, len(text) + 1))
    for _ in range(MOST_LAYERS):
        plain = [(match.span(), _meant(match)) for match in _CODED.finditer(text)]
        if not any(text[start:end] != meant for (start, end), meant in plain):
            break
        text, starts, ends = _replaced(text, starts, ends, plain)
    text, starts, ends = _in_one_case(text, starts, ends)
    return _replaced(text, starts, ends, [(match.span(), "") for match in _ESCAPING.finditer(text)])


def fold(text: str) -> str:
    """The text with all codings undone and all letters in one case. Raises nothing."""
    return decoded(text)[0]


def fold_packed(text: str) -> str:
    """The same for a text of base64 or hex, which holds no other coding. Raises nothing."""
    return text.lower().translate(_ALPHABETS)


def spellings(text: str) -> set[str]:
    """The text in the usual codings, whole; these are found whatever stands beside them. Raises nothing."""
    raw = text.encode("utf-8", "surrogatepass")
    quoted = {quote(raw, safe=""), quote(raw), quote_plus(raw)}
    each = ((letter, quote(letter, safe="", errors="surrogatepass")) for letter in text)
    in_mail = "".join(letter if letter.isalnum() else coded.replace("%", "=") for letter, coded in each)
    escaped = {in_mail, html.escape(text), json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]}
    return {text, *quoted, *(one.lower() for one in quoted), *escaped, raw.hex(), raw.hex().upper()}


def seen_as_latin(text: str) -> str:
    """The text as it looks where UTF-8 was taken for Latin-1. Raises nothing."""
    return text.encode("utf-8", "surrogatepass").decode("latin-1")


def in_base64(raw: bytes) -> Iterator[str]:
    """The letters that base64 has for these bytes, whatever bytes stand before and behind them. Raises nothing."""
    for before in range(3):
        coded = base64.b64encode(b"\0" * before + raw).decode().rstrip("=")
        first = (0, 2, 3)[before]
        yield coded[first : (before + len(raw)) * 8 // 6]


def in_base32(raw: bytes) -> Iterator[str]:
    """The same for base32. Raises nothing."""
    for before in range(5):
        coded = base64.b32encode(b"\0" * before + raw).decode().rstrip("=")
        yield coded[-(-before * 8 // 5) : (before + len(raw)) * 8 // 5]


def seldom_packed(text: str) -> Iterator[str]:
    """What is made of a text by base32, by base64 of its hex or base64, and by both of its UTF-16. Raises nothing."""
    raw, wide = text.encode("utf-8", "surrogatepass"), text.encode("utf-16-le", "surrogatepass")
    for once in (raw.hex(), *in_base64(raw)):
        yield from in_base64(once.encode())
    yield from (*in_base32(raw), *in_base64(wide), wide.hex())


def _replaced(
    text: str, starts: list[int], ends: list[int], changes: list[tuple[tuple[int, int], str]]
) -> tuple[str, list[int], list[int]]:
    words: list[str] = []
    new_starts: list[int] = []
    new_ends: list[int] = []
    at = 0
    for (start, end), meant in changes:
        words += [text[at:start], meant]
        new_starts += [*starts[at:start], *[starts[start]] * len(meant)]
        new_ends += [*ends[at:start], *[ends[end - 1]] * len(meant)]
        at = end
    return "".join([*words, text[at:]]), [*new_starts, *starts[at:]], [*new_ends, *ends[at:]]


def _meant(match: re.Match[str]) -> str:
    """What a coded piece of text stands for; nothing for blanks, controls and terminal escapes, which come and go."""
    raw = _bytes_in(match)
    if raw:
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            return raw.decode("latin-1")
    if match["utf16"]:
        units = re.findall(r"u([0-9a-f]{4})", match["utf16"], re.IGNORECASE)
        return bytes.fromhex("".join(units)).decode("utf-16-be", "surrogatepass")
    if match["entity"]:
        return html.unescape(match["entity"])
    number = match["point"] or match["hex"] or match["long"]
    return chr(min(int(number, 16), 0x10FFFF)) if number else ""


def _bytes_in(match: re.Match[str]) -> bytes:
    """The bytes of a piece that is coded byte by byte; none of any other."""
    if match["percent"] or match["quoted"]:
        return unquote_to_bytes(match["percent"] or match["quoted"].replace("=", "%"))
    if match["octets"]:
        return bytes.fromhex(re.sub("0x|\\W", "", match["octets"], flags=re.IGNORECASE))
    if match["octal"]:
        return bytes(int(digits, 8) for digits in match["octal"].split("\\")[1:])
    return bytes(min(int(digits), 255) for digits in (match["decimal"] or "").split(",") if digits)


def _in_one_case(text: str, starts: list[int], ends: list[int]) -> tuple[str, list[int], list[int]]:
    if text.isascii():
        return text.lower().translate(_ALPHABETS), starts, ends
    letters = [_folded_letter(letter) for letter in text]
    return (
        "".join(letters),
        [start for start, letter in zip(starts, letters) for _ in letter],
        [end for end, letter in zip(ends, letters) for _ in letter],
    )


@lru_cache(maxsize=4096)
def _folded_letter(letter: str) -> str:
    return unicodedata.normalize("NFKD", letter).casefold().translate(_ALPHABETS)
