"""Several services named in one text, as ArcGIS Pro joins the values of a parameter that takes many.

Text only, as in `naming.service`: validation in Pro reads it at every keystroke.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Hashable, Iterable
from typing import NamedTuple

from ..errors import NotAService, WrongUsage
from .address import as_text, safe_text
from .identity import service_key
from .service import ServiceReference, read_name

# Pro joins by semicolons, and quotes a value that holds a blank (pyt.md 5); that it quotes a semicolon is inferred.
VALUE = r"(?s)\s*(?:'(.*?)'|\"(.*?)\"|([^;]*))\s*(?:;|\Z)"
# A service may be addressed as `https://h/server/services;Folder/Name.MapServer`; its first half alone names none.
HALF = r"(?i)https?://\S+/services"


def list_of_texts(services: Iterable[object]) -> list[str]:
    """The texts that name several services, also of what can be gone through only once.

    Raises WrongUsage where one text is given in place of several, whose letters would be services, no text, or none.
    """
    if isinstance(services, str):
        raise WrongUsage("Several services are given as a list of texts, and this is one text.", "Put it into a list.")
    if not isinstance(services, Iterable):
        raise WrongUsage("Several services are given as a list of texts, and this is none.", "Put them into a list.")
    given = list(services)
    texts = [as_text(one) for one in given if isinstance(one, (str, os.PathLike))]
    if len(texts) < len(given):
        raise WrongUsage("Each service is named by a text, and one of these isn't a text.", "Leave out what is empty.")
    if not texts:
        raise WrongUsage("No service is named.", "Give at least one.")
    return texts


class Several(NamedTuple):
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


def texts_in(text: str) -> tuple[str, ...]:
    """The values that are joined in a text, without their quotes; empty ones aren't any. Raises nothing.

    >>> texts_in("https://h/rest/services/A/MapServer;'C:/a b.ags/B.MapServer';https://h/services;F/C.MapServer")
    ('https://h/rest/services/A/MapServer', 'C:/a b.ags/B.MapServer', 'https://h/services;F/C.MapServer')
    """
    texts: list[str] = []
    for found in re.finditer(VALUE, text):
        value = next((one for one in found.groups() if one is not None), "").strip()
        if value and texts and re.fullmatch(HALF, texts[-1]) and "://" not in value:
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
