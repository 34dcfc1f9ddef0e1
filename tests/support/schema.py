"""Receipts held against their published schema."""

from __future__ import annotations

import json
from typing import Any

from jsonschema import Draft202012Validator

from support.source import ROOT

SCHEMA: dict[str, Any] = json.loads((ROOT / "docs" / "receipt.schema.json").read_text(encoding="utf-8"))
_VALIDATOR = Draft202012Validator(SCHEMA)


def misfits(receipt: dict[str, Any]) -> list[str]:
    """What in a receipt the schema doesn't allow, each with its place."""
    return [f"{error.json_path}: {error.message}" for error in _VALIDATOR.iter_errors(receipt)]
