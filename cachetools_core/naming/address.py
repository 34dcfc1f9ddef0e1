"""Addresses as people and servers write them: read, put into one spelling, shown without a secret. Text only."""

from __future__ import annotations

import os
import re
import unicodedata
from urllib.parse import quote, unquote, urlsplit

from ..errors import NotAService

LONGEST_TEXT = 4096
# Patterns are compiled by the first text that needs them: validation in Pro, at every keystroke, needs few.
AUTHORITY = r"(?i)(?:[\w.-]+|\[[0-9a-f:.]+\])(?::\d*)?"
DEFAULT_PORTS = {"http": 80, "https": 443}
AT_SIGNS = "@\uff20\ufe6b"  # browsers take its wide and its small form for the sign itself
IN_NO_NAME = frozenset('/\\:;"<>|#%&@\ufffd')  # U+FFFD stands for what isn't UTF-8
OWN_SCHEME = "(?i)https?://"
NO_PORT = r":(?!\d*$)[^\]]*$"
LEFT_AS_SPELLED = "%+!$'(),="


def site_address(url: str) -> str:
    """Scheme, host and port of an address, in one spelling: lower case, no default port.

    Raises NotAService for anything that isn't an http or https address, or holds a user name or password.
    """
    try:
        split = urlsplit(url)
        host, port = split.hostname, split.port
    except ValueError:  # its text can hold a part of a password
        refuse_credentials(url)
        raise NotAService("The address can't be read: its host or port is malformed.") from None
    scheme = split.scheme.lower()
    if scheme not in DEFAULT_PORTS:
        raise NotAService("Only http and https addresses name a service.")
    refuse_credentials(split.netloc + split.path)
    if "://" in split.netloc + split.path:  # in `https://https://gis/...` the host would be `https`
        raise NotAService("The address holds another address; give one.")
    reads_as_it_is = unicodedata.normalize("NFKC", split.netloc) == split.netloc
    if not host or not re.fullmatch(AUTHORITY, split.netloc) or not reads_as_it_is:
        raise NotAService("The address has no host that could be asked.")
    shown = f"[{host}]" if ":" in host else host
    return f"{scheme}://{shown}" + (f":{port}" if port not in (None, DEFAULT_PORTS[scheme]) else "")


def refuse_credentials(text: str) -> None:
    """Raises NotAService where an @ shows that a user name or password stands in the text, which isn't repeated."""
    if has_at_sign(text):
        raise NotAService(
            "The address holds a user name or password, which would end up in logs.",
            "Remove everything up to and including the @ sign, and give the account by itself.",
        )


def parts_of(url: str) -> list[str]:
    """The parts of an address's path, percent codes as they are; Pro puts a backslash between some of them.

    Raises NotAService as site_address does.
    """
    site_address(url)
    return [part for part in urlsplit(url).path.replace("\\", "/").split("/") if part]


def site_of(url: str, depth: int) -> str:
    """The site whose context is the first `depth` parts of an address's path; none for a site at a host's root.

    The context is left as it was spelled: to some servers `/arcgis` and `/ArcGIS` are two.
    Raises NotAService as site_address does, and for a part that no context can have.
    """
    context, shown = parts_of(url)[:depth], safe_text(url)
    for part in context:
        check_name(unquote(part), shown)
    return "/".join([site_address(url), *(quote(part, safe=LEFT_AS_SPELLED) for part in context)])


def check_name(name: str, text: str) -> None:
    """Raises NotAService, quoting the text, where a folder or service of ArcGIS Server can't be called so."""
    if any(letter in name for letter in "*?"):
        raise NotAService(f"'{text}' has a wildcard, * or ?; name one service.")
    if not name or name != name.strip(". ") or not name.isprintable() or IN_NO_NAME & set(name):
        raise NotAService(f"'{text}' holds a name that no folder or service of ArcGIS Server can have.")


def as_text(given: object) -> str:
    """A text that somebody gives, or the path of a file; empty for what is neither, such as a layer. Raises nothing.

    >>> as_text(None), as_text("a text")
    ('', 'a text')
    """
    path = os.fspath(given) if isinstance(given, os.PathLike) else given
    return path if isinstance(path, str) else ""


def can_be_a_path(given: object) -> bool:
    """True for what may be the path of a file or a folder; an address, which may hold a password, isn't one.

    >>> can_be_a_path("C://caches"), can_be_a_path("https://ann:secret@nas/caches"), can_be_a_path(5)
    (True, False, False)
    """
    text = as_text(given)
    return isinstance(given, (str, os.PathLike)) and "\0" not in text and not re.match("(?i)[a-z][a-z0-9+.-]+://", text)


def safe_text(text: str) -> str:
    """The text without credentials, query and characters that nobody can see, for messages and receipts.

    Of what stands before its last @ only http:// or https:// is shown, and nothing at all of a query that holds an @:
    a password may hold any character of an address. A port that isn't a number may be one, too.
    """
    *before, shown = _around_at_signs(text)
    if before:
        scheme = re.match(OWN_SCHEME, text)
        shown = (scheme.group() if scheme else "") + ("..." if re.search("[?#]", "".join(before)) else shown)
    shown = shown.partition("?")[0].partition("#")[0]
    shown = re.sub("(?<=://)[^/]*", lambda authority: re.sub(NO_PORT, "", authority.group()), shown)
    return _seen(shown)


def safe_path(text: str) -> str:
    """A file's path for messages, without what stands before its last @ and characters that nobody can see."""
    return _seen(_around_at_signs(text)[-1])


def has_at_sign(text: str) -> bool:
    """True where an @ stands in the text, in any of its forms. Raises nothing."""
    return not set(AT_SIGNS).isdisjoint(text)


def _around_at_signs(text: str) -> list[str]:
    return re.split(f"[{AT_SIGNS}]", text) if has_at_sign(text) else [text]


def _seen(text: str) -> str:
    text = text[:LONGEST_TEXT]
    return text if text.isprintable() else "".join(letter if letter.isprintable() else " " for letter in text)
