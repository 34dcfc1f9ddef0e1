"""A look at a cache in words, for people."""

from __future__ import annotations

from .evidence import Look, Says, Witness
from .words import in_megabytes, plural


def look_in_words(look: Look) -> str:
    """A look in one line."""
    if look.had_no_time:
        return "no time was left to look"
    if look.scales:
        but = ", though the service says that it has no cache" if look.of(Witness.SERVICE).says is Says.GONE else ""
        scales = plural(len(look.scales), "scale")
        return f"{plural(look.tiles, 'tile')} in {scales}, {in_megabytes(look.bytes or 0)}{but}"
    advertised = {True: "cached", False: "no cache", None: "cache not readable"}[look.cached]
    scheme = f", a tiling scheme of {plural(look.scheme_scales, 'scale')}" if look.scheme_scales else ""
    counted = "tiles not counted" if look.scales is None else "no tiles"
    return f"service {look.service.value}, {advertised}{scheme}, {counted}"


def who_says_what(look: Look) -> str:
    """How the service answers, and what every witness that was asked says, in one line."""
    if look.had_no_time:
        return "no time was left to look"
    service = f"the service {look.service.value}"
    others = [one.in_words() for one in look.testimonies if one.witness is not Witness.SERVICE]
    said = look.of(Witness.SERVICE)
    if said.says is not Says.NOTHING:
        service = f"{service} and says that there is {said.cache_in_words}"
    return ", ".join((service, *others))
