"""One request over a session of requests, and the whole of its answer, as far as that is good for anything."""

from __future__ import annotations

import io
import threading
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

import requests

from ..naming.address import safe_text

CONNECT_WAITS = 10.0
ANSWER_WAITS = 60.0
LARGEST_BODY = 8_000_000
"""The largest known answers have a megabyte; what Python makes of one takes up to 40 times that."""
FORM = "application/x-www-form-urlencoded"
ZLIB_OR_GZIP = zlib.MAX_WBITS | 32

Fields = Mapping[str, str]


class NotTaken(ValueError):
    """A body that nobody takes; its words are ours, and hold nothing that was sent."""


@dataclass(frozen=True)
class Request:
    """What is sent: a GET with fields in its query, or a POST with a form of them."""

    method: str
    url: str
    fields: Fields = field(repr=False)
    headers: Fields = field(repr=False)

    @property
    def in_words(self) -> str:
        """What it is, without what may be a secret."""
        return f"{self.method} {safe_text(self.url)}"

    @property
    def server(self) -> str:
        """Host and port that it goes to."""
        return urlsplit(self.url).netloc

    def over(
        self, session: requests.Session, proxies: dict[str, str], abandoned: threading.Event
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Status, headers and body of the answer; once it is abandoned, nothing more is sent or read.

        Raises what requests and urllib3 raise, UnicodeError for what can't be sent, NotTaken for a body that is too
        large or packed in another way than was asked for.
        """
        posts = self.method == "POST"
        with session.request(
            self.method,
            self.url,
            params=None if posts else self.fields,
            data=_Form(self.fields, abandoned) if posts else None,
            headers={**self.headers, "Content-Type": FORM} if posts else dict(self.headers),
            proxies=proxies,
            timeout=(CONNECT_WAITS, ANSWER_WAITS),
            allow_redirects=False,
            stream=True,
        ) as response:
            return response.status_code, response.headers, _whole_body(response, abandoned)


class _Form(io.BytesIO):
    """The form fields of a POST; what nobody waits for any more isn't sent.

    A connection may come about after the run has given it up, and a submit that arrives then is one that nobody knows
    of. http.client asks for the body only when it has a connection.
    """

    def __init__(self, fields: Fields, abandoned: threading.Event) -> None:
        super().__init__(urlencode(fields).encode())
        self._abandoned = abandoned

    def read(self, size: int | None = -1) -> bytes:
        if self._abandoned.is_set():
            raise NotTaken("nobody waits for it any more")
        return super().read(size)


def _whole_body(response: requests.Response, abandoned: threading.Event) -> bytes:
    """The body, unpacked here: urllib3 unpacks layer upon layer. One layer makes a thousand times as much, at most."""
    packed = response.headers.get("Content-Encoding", "identity").lower() not in ("", "identity")
    unpacker = zlib.decompressobj(ZLIB_OR_GZIP) if packed else None
    body = bytearray()
    try:
        for chunk in response.raw.stream(16384, decode_content=False):
            try:
                body += unpacker.decompress(chunk, LARGEST_BODY + 1) if unpacker else chunk
            except zlib.error as error:
                raise NotTaken("the body is packed in a way that wasn't asked for") from error
            if len(body) > LARGEST_BODY:
                raise NotTaken(f"the body is larger than {LARGEST_BODY // 1_000_000} MB")
            if abandoned.is_set():
                raise NotTaken("nobody waits for it any more")
        return bytes(body)
    finally:
        body.clear()  # an error holds its frames for as long as it is kept, and a run may keep many
