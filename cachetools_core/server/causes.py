"""What lies behind an error of requests: urllib3 wraps one error in another, and each in a way of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what it wraps, outermost first; urllib3 puts causes into `args`, `reason` and others."""
    waiting: list[Any] = [error]
    seen: set[int] = set()
    while waiting:
        one = waiting.pop(0)
        if isinstance(one, BaseException) and id(one) not in seen:
            seen.add(id(one))
            yield one
            wrapped = [getattr(one, "reason", None), getattr(one, "original_error", None), *one.args, one.__cause__]
            # What was being handled when the first one was raised is another story.
            waiting.extend(wrapped if one is error else [*wrapped, one.__context__])


def innermost(error: BaseException) -> BaseException:
    """What began it all: the last of its causes."""
    return list(causes(error))[-1]
