"""Delete the cache of a map or image service on ArcGIS Server, and prove that it is gone.

    from cachetools_core import Access, CacheToolsError, delete_map_server_cache

    service = "https://gis.example.com/server/rest/services/Rainfall/MapServer"
    try:
        receipt = delete_map_server_cache(service, Access(username="publisher1"))
    except CacheToolsError as error:
        raise SystemExit(str(error))  # error.receipt is the receipt, if there is one
    print(receipt.to_text())

delete_map_server_cache         delete the whole cache; returns the receipt, or raises an error that has it
delete_map_server_cache_tiles   delete the tiles of some scales, everywhere or within an extent
delete_map_server_caches        delete the caches of several services; returns a Summary
report_map_server_cache         what a deletion would remove; changes nothing
report_services, report_site    the same for several services, or a whole site; returns a SiteReport
store_sign_in, stored_sign_ins, remove_sign_in
                                try an account and store it in the keyring, list accounts, remove one
Access, Account                 who signs in, whom to trust, until when, who listens
Receipt, Report, SiteReport, Summary, Verdict
                                what these return; all but Verdict have to_text(), to_json(), to_html() and to_dict()
CacheToolsError                 what is raised: an id that never changes, what happened, what to do next

help(delete_map_server_cache) says more. The core logs under the name cachetools_core, and never logs a secret. It never
imports arcpy, and nothing heavy before it is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .version import __version__

if TYPE_CHECKING:
    from .account import Account
    from .errors import CacheToolsError
    from .proof.receipt import Receipt
    from .proof.report import Report
    from .proof.site_report import SiteReport
    from .proof.summary import Summary
    from .proof.verdict import Verdict
    from .tools.access import Access
    from .tools.delete import delete_map_server_cache
    from .tools.delete_many import delete_map_server_caches
    from .tools.delete_tiles import delete_map_server_cache_tiles
    from .tools.report import report_map_server_cache
    from .tools.report_site import report_services, report_site
    from .tools.sign_in import remove_sign_in, store_sign_in, stored_sign_ins

__all__ = [
    "Access",
    "Account",
    "CacheToolsError",
    "Receipt",
    "Report",
    "SiteReport",
    "Summary",
    "Verdict",
    "__version__",
    "delete_map_server_cache",
    "delete_map_server_cache_tiles",
    "delete_map_server_caches",
    "remove_sign_in",
    "report_map_server_cache",
    "report_services",
    "report_site",
    "store_sign_in",
    "stored_sign_ins",
]

_HOMES = {
    "Access": "tools.access",
    "Account": "account",
    "CacheToolsError": "errors",
    "Receipt": "proof.receipt",
    "Report": "proof.report",
    "SiteReport": "proof.site_report",
    "Summary": "proof.summary",
    "Verdict": "proof.verdict",
    "delete_map_server_cache": "tools.delete",
    "delete_map_server_cache_tiles": "tools.delete_tiles",
    "delete_map_server_caches": "tools.delete_many",
    "remove_sign_in": "tools.sign_in",
    "report_map_server_cache": "tools.report",
    "report_services": "tools.report_site",
    "report_site": "tools.report_site",
    "store_sign_in": "tools.sign_in",
    "stored_sign_ins": "tools.sign_in",
}


def __getattr__(name: str) -> Any:
    """What the package offers, imported when it is asked for. Raises AttributeError."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
