"""How a command ends: everything that is printed of it, and the exit code, settled before any of it is printed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import CacheToolsError


@dataclass(frozen=True)
class End:
    """The end of a command: `text` is for people, `fields` are the one JSON object of `--json`.

    `text` is empty where people are told by `error` alone; `tells_error` is True where `text` holds the error too.
    """

    exit_code: int
    text: str
    fields: Mapping[str, Any]
    error: CacheToolsError | None = None
    tells_error: bool = False


def failure(error: CacheToolsError, service: str | None) -> End:
    """The end of a command that has nothing to tell but an error; `service` is safe to show, None for none."""
    fields = {
        "service": service,
        "error": {"id": error.message_id, "text": str(error)},
        "exit_code": error.exit_code,
    }
    return End(error.exit_code, "", fields, error)
