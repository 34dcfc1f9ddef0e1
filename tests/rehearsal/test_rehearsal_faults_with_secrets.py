"""Faults that repeat token and password: in words, headers, addresses and names, in several codings."""

from __future__ import annotations

from base64 import b64decode
from urllib.parse import unquote

import pytest
from support.rehearsal_client import DELETE, SERVICE, Client, error_of

from cachetools_core.rehearsal.server import Rehearsal


def test_in_a_jobs_messages(server: Rehearsal) -> None:
    client = Client(server)
    server.fault("echo-in-message")
    said = [one["description"].partition("=")[2] for one in client.delete()["messages"]]
    plain = [client.token, server.password]
    assert [said[0], said[3]] == plain
    assert [unquote(said[1]), unquote(said[4])] == plain and "%" in said[1]
    assert [b64decode(said[2]).decode(), b64decode(said[5]).decode()] == plain
    assert said[6] == "" and len(said) > 8, "the job's own messages follow"


def test_old_tokens_in_a_jobs_messages(server: Rehearsal) -> None:
    first, second = Client(server), Client(server)
    server.fault("echo-old-tokens")
    said = [one["description"] for one in second.delete()["messages"]]
    assert said[:2] == [f"Request: token={first.token}", f"Request: token={second.token}"]


def test_secrets_with_control_characters_in_between(server: Rehearsal) -> None:
    client = Client(server)
    server.fault("echo-with-controls")
    said = client.delete()["messages"][0]["description"]
    assert client.token not in said
    assert f"{client.token} {server.password}" in said.replace("\x00\x1b[0m", "")


def test_in_a_jobs_result(server: Rehearsal) -> None:
    client = Client(server)
    server.fault("echo-in-result")
    job = client.submit()
    client.ended(job)
    value = client.get(f"{job}/results/out_service_url")["value"]
    assert client.token in value and server.password in value


def test_in_a_jobs_status(server: Rehearsal) -> None:
    client = Client(server)
    server.fault("echo-in-status:1")
    job = client.submit()
    assert client.get(job)["jobStatus"] == f"esriJob{client.token}"
    assert client.ended(job)["jobStatus"] == "esriJobSucceeded"


def test_in_a_jobs_id(server: Rehearsal) -> None:
    client = Client(server)
    server.fault("echo-in-job-id:1")
    job = client.submit()
    assert job.endswith(f"/jobs/j{client.token}")
    assert client.ended(job)["jobStatus"] == "esriJobSucceeded"


def test_in_the_name_of_a_parameter(server: Rehearsal) -> None:
    client = Client(server)
    server.fault("echo-in-parameter-name")
    last = client.get(DELETE)["parameters"][-1]
    assert (last["name"], last["parameterType"]) == (client.token, "esriGPParameterTypeRequired")
    assert client.token in client.delete()["inputs"]


def test_in_a_challenge_a_location_and_an_error(server: Rehearsal) -> None:
    client = Client(server)
    both = (client.token, server.password)
    for name, status, place in (
        ("echo-in-challenge", 401, "WWW-Authenticate"),
        ("echo-in-location", 302, "Location"),
    ):
        server.fault(f"{name}@service:1")
        answer = client.raw(SERVICE)
        assert answer.status_code == status
        assert all(secret in answer.headers[place] for secret in both)
    server.fault("echo-in-error@service:1")
    code, words = error_of(client.get(SERVICE))
    assert code == 400 and all(secret in words for secret in both)


@pytest.mark.parametrize("name", ["echo-in-challenge", "echo-in-location", "echo-in-error"])
def test_the_password_of_a_sign_in(server: Rehearsal, name: str) -> None:
    client = Client(server)
    server.fault(f"{name}@token:1")
    form = {"username": server.username, "password": "wrong password", "f": "json"}
    answer = client.session.post(f"{server.site}/tokens/", data=form, allow_redirects=False)
    assert "wrong password" in f"{answer.text} {dict(answer.headers)}"
