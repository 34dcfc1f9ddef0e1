"""How the secrets of a request come back in an answer (catalogue: faults/secrets.py)."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from typing import Any

from cachetools_core.rehearsal.answers import Answer, Refused, as_page
from cachetools_core.rehearsal.exchange import Exchange
from cachetools_core.rehearsal.strikes.kinds import Amendment, Strike, instead, on_json


def _token(exchange: Exchange) -> str:
    return exchange.request.token or "none"


def _password(exchange: Exchange) -> str:
    """The one that came with the request, else the one of the account whose token it carries."""
    sent = exchange.request.form.get("password")
    if sent:
        return sent
    try:
        account = exchange.site.tokens.account_of(exchange.request)
    except Refused:
        return "none"
    return account.password if account else "none"


def _codings(secret: str) -> list[str]:
    percent = "".join(f"%{byte:02X}" for byte in secret.encode())
    return [secret, percent, b64encode(secret.encode()).decode()]


def _words(exchange: Exchange) -> str:
    return f"Request: token={_token(exchange)}&password={_password(exchange)}"


def _in_messages(words: Callable[[Exchange], list[str]]) -> Amendment:
    """Words before the first message of a job."""

    def amend(exchange: Exchange, body: Any) -> Any:
        if isinstance(body, dict) and "messages" in body and "jobId" in body:
            kind = "esriJobMessageTypeInformative"
            body["messages"] = [*({"type": kind, "description": one} for one in words(exchange)), *body["messages"]]
        return body

    return on_json(amend)


def _coded(exchange: Exchange) -> list[str]:
    named = (("token", _token(exchange)), ("password", _password(exchange)))
    return [f"Request: {name}={coded}" for name, secret in named for coded in _codings(secret)]


def _old_tokens(exchange: Exchange) -> list[str]:
    account = exchange.request.account
    return [f"Request: token={one}" for one in exchange.site.tokens.ever_given_to(account)] if account else []


def _with_controls(exchange: Exchange) -> list[str]:
    return [f"Request: {_split(_token(exchange))} {_split(_password(exchange))}"]


def _split(secret: str) -> str:
    return "\x00\x1b[0m".join(secret[place : place + 4] for place in range(0, len(secret), 4))


def _in_result(exchange: Exchange, body: Any) -> Any:
    if isinstance(body, dict) and "value" in body:
        body["value"] = _words(exchange)
    return body


def _in_status(exchange: Exchange, body: Any) -> Any:
    if isinstance(body, dict) and "jobStatus" in body:
        body["jobStatus"] = f"esriJob{_token(exchange)}"
    return body


def _in_parameter_name(exchange: Exchange, body: Any) -> Any:
    token = _token(exchange)
    if isinstance(body, dict) and body.get("parameters"):
        required = next(one for one in body["parameters"] if one["parameterType"] == "esriGPParameterTypeRequired")
        body["parameters"] = [*body["parameters"], {**required, "name": token, "displayName": token}]
    if isinstance(body, dict) and "inputs" in body:
        body["inputs"] = {**body["inputs"], token: {"paramUrl": f"inputs/{token}"}}
    return body


def _challenge(exchange: Exchange) -> Answer:
    answer = as_page("401 - Unauthorized", "<p>Unauthorized</p>", 401)
    answer.headers["WWW-Authenticate"] = f'Basic realm="{_words(exchange)}"'
    return answer


def _location(exchange: Exchange) -> Answer:
    answer = as_page("Object moved", "", 302)
    path = f"{_token(exchange)}/{_password(exchange)}"
    answer.headers["Location"] = f"{exchange.request.root}/login/{path}"
    return answer


def _error(exchange: Exchange) -> Answer:
    return exchange.refuse(Refused(400, f"Unable to complete operation. {_words(exchange)}", _words(exchange)))


SECRET_AMENDMENTS: dict[str, Amendment] = {
    "echo-in-message": _in_messages(_coded),
    "echo-old-tokens": _in_messages(_old_tokens),
    "echo-with-controls": _in_messages(_with_controls),
    "echo-in-result": on_json(_in_result),
    "echo-in-status": on_json(_in_status),
    "echo-in-parameter-name": on_json(_in_parameter_name),
}

SECRET_ANSWERS: dict[str, Strike] = {
    "echo-in-challenge": instead(_challenge),
    "echo-in-location": instead(_location),
    "echo-in-error": instead(_error),
}
