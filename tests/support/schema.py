"""Receipts and summaries held against their published schemas."""

from __future__ import annotations

import json
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from support.source import ROOT


def _schema(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((ROOT / "docs" / name).read_text(encoding="utf-8"))
    return content


SCHEMA = _schema("receipt.schema.json")
SUMMARY_SCHEMA = _schema("summary.schema.json")
_REGISTRY: Registry[Any] = Registry().with_resource("receipt.schema.json", Resource.from_contents(SCHEMA))
_VALIDATOR = Draft202012Validator(SCHEMA)
_SUMMARY_VALIDATOR = Draft202012Validator(SUMMARY_SCHEMA, registry=_REGISTRY)


def misfits(receipt: dict[str, Any]) -> list[str]:
    """What in a receipt the schema doesn't allow, each with its place."""
    return [f"{error.json_path}: {error.message}" for error in _VALIDATOR.iter_errors(receipt)]


def summary_misfits(summary: dict[str, Any]) -> list[str]:
    """What in a summary the schema doesn't allow, each with its place."""
    return [f"{error.json_path}: {error.message}" for error in _SUMMARY_VALIDATOR.iter_errors(summary)]
