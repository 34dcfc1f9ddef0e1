"""Faults of a site: its tokens, its services, its administrator API."""

from __future__ import annotations

from cachetools_core.rehearsal.faults.fault import ADMIN_STEPS, TOKEN_STEPS, Fault

SITE_FAULTS = [
    Fault("token-short-lived", "Tokens live 3 seconds and say so.", "invented", TOKEN_STEPS),
    Fault(
        "account-locked",
        "Token requests are answered with too many attempts, whatever the password.",
        "inferred",
        ("token",),
    ),
    Fault("expires-as-string", "A token's end is a string of digits.", "documented", TOKEN_STEPS),
    Fault("wrong-token-host", "rest/info gives a token address on another host.", "common", ("info",)),
    Fault(
        "no-token-security",
        "rest/info says isTokenBasedSecurity false and /tokens is off; admin/generateToken works all the same.",
        "inferred",
    ),
    Fault(
        "read-only-site",
        "The site's mode is READ_ONLY, and submitJob is refused for it.",
        "invented",
    ),
    Fault("caching-tools-stopped", "System/CachingTools is stopped.", "inferred"),
    Fault("caching-tools-missing", "System/CachingTools does not exist.", "captured"),
    Fault(
        "controllers-stopped",
        "System/CachingControllers is stopped; DeleteCache, which isn't in it, still runs.",
        "inferred",
    ),
    Fault("reporting-tools-missing", "System/ReportingTools does not exist.", "captured"),
    Fault("report-refused", "ReportCacheStatus is refused with code 403.", "inferred", ("report",)),
    Fault("cache-info-not-offered", "System/PublishingTools does not exist.", "inferred"),
    Fault("cache-info-finds-a-cache", "Get Cache Info finds a cache, whatever lies on disk.", "inferred"),
    Fault("cache-info-fails", "The job of Get Cache Info fails.", "inferred"),
    Fault("cache-info-hangs", "The job of Get Cache Info never ends.", "inferred"),
    Fault("report-as-string", "The report's value is a string that holds JSON.", "inferred", ("report",)),
    Fault(
        "other-job-running", "Another account's caching job runs on every service; a new job waits for it.", "invented"
    ),
    Fault("service-stays-stopped", "After the deletion the service does not come back by itself.", "inferred"),
    Fault("slow-restart", "After the deletion the service takes 5 seconds to come back.", "inferred"),
    Fault("service-removed-meanwhile", "The service is removed when its cache has been deleted.", "invented"),
    Fault("service-renamed-meanwhile", "The service gets another name when its cache has been deleted.", "invented"),
    Fault("cache-rebuilt-meanwhile", "Somebody builds the cache again as soon as it has been deleted.", "invented"),
    Fault("stale-metadata", "The service's JSON shows a cache for 3 seconds after the deletion.", "inferred"),
    Fault("admin-closed", "The web adaptor doesn't let /admin through: HTTP 404 with HTML.", "common", ADMIN_STEPS),
]
