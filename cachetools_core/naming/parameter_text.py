"""What the text of a tool's parameter tells in ArcGIS Pro: one service or several, or a model's variable.

Text only, as in `naming.service`: validation in Pro reads it at every keystroke.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import TypeVar

from ..errors import CacheToolsError, NotAService
from .address import safe_text
from .identity import service_key
from .service import ServiceReference, read_name

Read = TypeVar("Read")

# Pro joins by semicolons, and quotes a value that holds a blank (pyt.md 5); that it quotes a semicolon is inferred.
VALUE = re.compile(r"\s*(?:'(.*?)'|\"(.*?)\"|([^;]*))\s*(?:;|\Z)", re.DOTALL)
# A service may be addressed as `https://h/server/services;Folder/Name.MapServer`; its first half alone names none.
HALF = re.compile(r"https?://\S+/services", re.IGNORECASE)


@dataclass(frozen=True)
class Several:
    """What several texts name: `services` is how many services, `twice` the texts of those named more than once."""

    services: int
    twice: tuple[str, ...]

    @property
    def warning(self) -> str:
        """What to think of before their caches are deleted. Raises nothing."""
        one = self.services == 1
        what = "the cache of 1 service" if one else f"the caches of {self.services:,} services"
        again = f" Named more than once, and done once: {', '.join(self.twice)}." if self.twice else ""
        return f"Deleting {what} cannot be undone; {'it' if one else 'each'} restarts afterwards.{again}"


def tried(reader: Callable[[str], Read], text: str) -> tuple[Read | None, str]:
    """What a reader finds in a text, and what is wrong with it, empty where nothing is.

    A text with a model's variable isn't wrong, whatever is read in it now. Raises what isn't a CacheToolsError.
    """
    try:
        return reader(text), ""
    except CacheToolsError as error:
        return None, "" if holds_variable(text) else str(error)


def holds_variable(text: str) -> bool:
    """True for a model's `%name%`, which is filled in before the tool runs. Raises nothing.

    >>> holds_variable("%Service%"), holds_variable("https://h/rest/services/%C3%9Cbersicht/MapServer")
    (True, False)
    """
    return "%" in re.sub("%[0-9A-Fa-f]{2}", "", text)


def read_service(text: str) -> str:
    """The address of the service that a text names, or the text that leads to it, safe to show. Raises NotAService."""
    name = read_name(text)
    return name.url if isinstance(name, ServiceReference) else safe_text(text)


def about_instances(text: str | None) -> str:
    """A warning for any number but -1, else empty; Esri's own sample passes 2, so that is no error (pyt.md 2.6)."""
    fixed = f"The number of caching service instances is fixed at -1 (unlimited); {text} is ignored."
    return "" if text in (None, "", "-1") else fixed


def texts_in(text: str) -> tuple[str, ...]:
    """The values that are joined in a text, without their quotes; empty ones aren't any. Raises nothing.

    >>> texts_in("https://h/rest/services/A/MapServer;'C:/a b.ags/B.MapServer';https://h/services;F/C.MapServer")
    ('https://h/rest/services/A/MapServer', 'C:/a b.ags/B.MapServer', 'https://h/services;F/C.MapServer')
    """
    texts: list[str] = []
    for found in VALUE.finditer(text):
        value = next((one for one in found.groups() if one is not None), "").strip()
        if value and texts and HALF.fullmatch(texts[-1]) and "://" not in value:
            texts[-1] += f";{value}"
        elif value:
            texts.append(value)
    return tuple(texts)


def read_several(text: str) -> Several:
    """What the values in a text name, by their form alone. Raises NotAService, which tells of each that names none."""
    times: Counter[Hashable] = Counter()
    first: dict[Hashable, str] = {}
    wrong: list[NotAService] = []
    for value in texts_in(text):
        try:
            name = read_name(value)
        except NotAService as error:
            wrong.append(error)
            continue
        key = service_key(name) if isinstance(name, ServiceReference) else name
        first.setdefault(key, safe_text(value))
        times[key] += 1
    if wrong:
        raise NotAService("\n".join(error.what for error in wrong), wrong[0].remedy)
    if not times:
        raise NotAService("No service is named.")
    return Several(len(times), tuple(first[key] for key, number in times.items() if number > 1))
