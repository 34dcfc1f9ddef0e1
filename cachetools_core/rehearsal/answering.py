"""A request and the answer that the site gives to it, on the address that it came to."""

from __future__ import annotations

from cachetools_core.rehearsal.answers import Answer, Refused, as_directory_page, as_json, as_page, login_page
from cachetools_core.rehearsal.caches import CacheError
from cachetools_core.rehearsal.request import Request
from cachetools_core.rehearsal.routes import Found
from cachetools_core.rehearsal.site import Site

_NEEDS_NO_TOKEN = ("token", "exchange", "info")


def answer(site: Site, request: Request, found: Found | None) -> Answer:
    """Processes the request as the site does."""
    if found is None:
        return as_page("404 - Not Found", "<p>Nothing is published here.</p>", 404)
    if found.route.area == "admin" and site.faults.take("admin-closed", request.step):
        return as_page("404 - Not Found", "<p>The page cannot be found.</p>", 404)
    try:
        if request.step not in _NEEDS_NO_TOKEN:
            request.account = site.tokens.account_of(request)
        content = found.route.function(site, request, *found.arguments)
    except Refused as refused:
        return refusal(refused, request, found)
    except (CacheError, OSError) as error:
        # A cache that cannot be read, or that goes while it is read; the text is invented.
        return refusal(Refused(500, "Error performing operation", str(error)), request, found)
    if isinstance(content, Answer):
        return content
    if request.format in ("json", "pjson"):
        return as_json(content, request.format)
    return as_directory_page(request.resource, content)


def refusal(refused: Refused, request: Request, found: Found | None) -> Answer:
    """An error in the shape of the address's area; a login page where no JSON was asked for."""
    if request.format in ("json", "pjson"):
        in_admin = found is not None and found.route.area == "admin"
        return as_json(refused.admin() if in_admin else refused.rest(), request.format)
    if refused.code in (498, 499):
        return login_page()
    return as_page("Error", f"{refused.message}<br>Code: {refused.code}")
