"""Bodies that aren't what they should be: no JSON, too much, packed, hostile."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import zlib
from traceback import walk_tb

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.choosing import some_of
from support.raw_server import RawServer, endless, http, says
from support.wire_client import MB, memory, serving

from cachetools_core.errors import (
    NoAnswer,
    NotArcGIS,
    ServerSaysNo,
)
from cachetools_core.server.request import LARGEST_BODY


def test_a_byte_order_mark_is_put_aside():
    with serving(says(http(b'\xef\xbb\xbf{"a": 1}'))) as (_, client):
        assert client.get() == {"a": 1}


NOT_JSON = {
    "empty": b"",
    "cut off": b'{"currentVersion": 11',
    "text": b"Service is busy.",
    "a list": b"[1, 2]",
    "a number": b"11.3",
    "null": b"null",
    "not UTF-8": b'{"name": "R\xe9gion"}',
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "too deep": b'{"a":' * 200_000,
    "deep lists": b'{"a":' + b"[" * 1_000_000,
    "two objects": b"{}{}",
    "a name for two values": b'{"jobStatus": "esriJobExecuting", "jobStatus": "esriJobSucceeded"}',
    "a name for two values, deeper": b'{"results": [{"value": 1, "value": 2}]}',
}


@pytest.mark.parametrize("body", NOT_JSON.values(), ids=NOT_JSON)
def test_what_is_no_json_object_is_not_from_arcgis(body):
    with serving(says(http(body))) as (_, client):
        error = client.trouble("post_once")
    assert (type(error), error.sent, error.passing) == (NotArcGIS, True, True)
    assert "no readable JSON" in error.what


def test_a_name_that_stands_twice_for_one_value_does_no_harm():
    with serving(says(http(b'{"jobId": "j1", "jobId": "j1"}'))) as (_, client):
        assert client.get() == {"jobId": "j1"}


@pytest.mark.parametrize("body", [b"<html>Sign in</html>", b"\r\n  <!DOCTYPE html>"])
def test_a_page_is_called_a_page(body):
    with serving(says(http(body))) as (_, client):
        error = client.trouble("post_once")
    assert "a web page, perhaps a sign-in page" in error.what


@pytest.mark.parametrize("challenge", ["Negotiate", "NTLM", ""])
def test_a_sign_in_of_the_web_tier_is_explained(challenge):
    with serving(says(http(b"<html>", "401 Unauthorized", WWW_Authenticate=challenge))) as (_, client):
        error = client.trouble()
    assert type(error) is NotArcGIS
    assert (error.status, error.challenge) == (401, challenge != "")
    assert (challenge or "HTTP 401") in error.what
    assert "https://gisserver:6443" in error.remedy


@pytest.mark.parametrize(
    ("status", "passing"),
    [
        (203, False),
        (206, False),
        (400, False),
        (403, False),
        (404, False),
        (408, True),
        (500, True),
        (502, True),
        (504, True),
    ],
)
@pytest.mark.parametrize("body", [b"<html>", b'{"currentVersion": 11}'], ids=["page", "JSON"])
def test_an_http_error_comes_from_something_in_front(status, passing, body):
    with serving(says(http(body, f"{status} Trouble"))) as (_, client):
        error = client.trouble("post_once")
    assert (type(error), error.passing, error.sent) == (NotArcGIS, passing, True)
    assert (error.status, error.challenge) == (status, False)
    assert f"HTTP {status}" in error.what


def test_a_body_of_seven_megabytes_is_read():
    text = "rain" * (7 * MB // 4)
    with serving(says(http(json.dumps({"description": text}).encode())), factor=2) as (_, client):
        assert client.get()["description"] == text


def test_an_endless_body_is_left_with_bounded_memory():
    head = b'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n{"a": "'
    with serving(endless(head, b"rain" * 16384), factor=2) as (_, client), memory() as used:
        error = client.trouble("post_once")
        assert used() < LARGEST_BODY * 3
    assert (type(error), error.sent) == (NoAnswer, True)
    assert "larger than 8 MB" in error.what
    assert bytes_held_by(error) < MB, "a run may keep many errors"


def bytes_held_by(error: BaseException) -> int:
    """How many bytes of bodies hang on the frames of an error and of what caused it."""
    held = 0
    waiting = [error]
    while waiting:
        one = waiting.pop()
        waiting += [other for other in (one.__cause__, one.__context__) if other is not None]
        for frame, _ in walk_tb(one.__traceback__):
            held += sum(len(value) for value in frame.f_locals.values() if isinstance(value, (bytes, bytearray)))
    return held


def packed(times: int, body: bytes) -> bytes:
    for _ in range(times):
        body = gzip.compress(body, 9)
    return body


@pytest.mark.parametrize(
    ("body", "encoding"),
    [(gzip.compress(b'{"a": 1}'), "gzip"), (zlib.compress(b'{"a": 1}'), "deflate")],
    ids=["gzip", "deflate"],
)
def test_a_packed_body_that_nobody_asked_for_is_unpacked(body, encoding):
    with serving(says(http(body, Content_Encoding=encoding))) as (_, client):
        assert client.get() == {"a": 1}


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_a_bomb_does_not_go_off(layers):
    bomb = packed(layers, b"\0" * (LARGEST_BODY * 4))
    encoding = ", ".join(["gzip"] * layers)
    with serving(says(http(bomb, Content_Encoding=encoding)), factor=2) as (_, client), memory() as used:
        error = client.trouble("post_once")
        assert used() < LARGEST_BODY * 3
    assert isinstance(error, NoAnswer)
    assert error.sent


def test_a_redirect_with_a_bomb_is_not_unpacked():
    bomb = packed(1, b"\0" * (LARGEST_BODY * 4))
    answer = http(bomb, "302 Found", Location="/x", Content_Encoding="gzip")
    with serving(says(answer), factor=2) as (_, client), memory() as used:
        client.trouble("post_once")
        assert used() < LARGEST_BODY * 3


def test_a_huge_refusal_is_shortened():
    details = [f"detail {number} " + "x" * 1000 for number in range(3000)]
    body = json.dumps({"error": {"code": 400, "message": "\x1b[31m" + "x" * 4 * MB, "details": details}})
    with serving(says(http(body.encode())), factor=2) as (_, client):
        error = client.trouble()
    assert error.code == 400
    assert "\x1b" not in error.server_words


def test_of_many_words_the_first_are_told():
    details = [f"word{number}." for number in range(100)]
    with serving(says(http(json.dumps({"error": {"code": 400, "details": details}}).encode()))) as (_, client):
        words = client.trouble().server_words
    assert "word1." in words
    assert "word50." not in words


@pytest.mark.parametrize("digits", [29, 30, 300])
def test_huge_numbers_are_numbers(digits):
    with serving(says(http(b'{"tileCount": ' + b"9" * digits + b"}"))) as (_, client):
        assert client.get()["tileCount"] >= 10**28


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", "9" * 400, "9" * 5000,
                                  "1.#QNAN", "-1.#IND", "1.#INF00", "nan", "-inf",
                                  "-nan(ind)", "1,#QNAN", "\u221e"])  # fmt: skip
def test_what_is_no_finite_number_is_none_and_the_answer_goes_on(text):
    with serving(says(http(f'{{"tileCount": {text}, "extent": [1.5, {text}]}}'.encode()))) as (_, client):
        assert client.get() == {"tileCount": None, "extent": [1.5, None]}


def test_a_control_in_a_text_spoils_no_answer():
    with serving(says(http(b'{"description": "one\ttwo\nthree", "nan": "nan, inf"}'))) as (_, client):
        assert client.get() == {"description": "one\ttwo\nthree", "nan": "nan, inf"}


def test_a_service_with_nan_in_its_extent_is_read(shared):
    body = (shared / "cases" / "nan-in-service.json").read_bytes()
    with serving(says(http(body))) as (_, client):
        service = client.get()
    assert service["singleFusedMapCache"] is True
    assert service["fullExtent"]["xmin"] is None
    assert service["fullExtent"]["spatialReference"]["wkid"] == 28992


EXPLODING = {
    "a text of 32 MB": b'{"a": "' + b"x" * 32 * MB + b'"}',
    "objects": b'{"a": [' + b'{"":0},' * (7_900_000 // 7) + b"0]}",
    "objects of 32 MB": b'{"a": [' + b'{"":0},' * (32 * MB // 7) + b"0]}",
    "lists": b'{"a": [' + b"[]," * (7_900_000 // 3) + b"0]}",
    "numbers": b'{"a": [' + b"1e9," * (7_900_000 // 4) + b"0]}",
    "texts": '{{"a": [{}0]}}'.format('"\U0001f327",' * (7_900_000 // 7)).encode(),
}
READER = """
import resource, sys
from cachetools_core.errors import NoAnswer
from cachetools_core.server.trust import Trust
from cachetools_core.server.wire import PlainWire
from cachetools_core.waiting import SYSTEM_CLOCK, Run
try:
    PlainWire(Trust(), Run(SYSTEM_CLOCK, 300.0, lambda: False)).get(sys.argv[1], tries=1)
except NoAnswer:
    pass
try:  # Linux hands a parent's ru_maxrss on to its child; VmHWM is this process's own
    status = open("/proc/self/status").read()
    print(int(status.partition("VmHWM:")[2].split()[0]) * 1024)
except OSError:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows tells no peak of a process's memory")
@pytest.mark.parametrize("body", some_of(EXPLODING, "lists"))
def test_no_answer_takes_the_memory_of_this_machine(body):
    with RawServer(says(http(body))) as server:
        used = subprocess.run([sys.executable, "-c", READER, server.url], capture_output=True, text=True, check=True)
    assert int(used.stdout) < 600 * MB


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["error", "code", "message", "details", "status", "messages", "statusMessage", "x"]), inner
        )
    ),
    max_leaves=8,
)


@pytest.fixture(scope="module")
def hostile():
    """A server whose next answer is put into `answers`, and a client of it."""
    answers = [b""]
    with serving(lambda connection: connection.sendall(answers[-1])) as (_, client):
        yield answers, client


@settings(max_examples=80)
@given(body=_JSON.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=60), status=st.integers(200, 599))
def test_whatever_comes_is_an_answer_or_a_documented_error(hostile, body, status):
    answers, client = hostile
    answers.append(http(body, f"{status} Status", Connection="close"))
    try:
        assert isinstance(client.get(), dict)
    except (NoAnswer, ServerSaysNo) as error:
        assert str(error).isprintable()
