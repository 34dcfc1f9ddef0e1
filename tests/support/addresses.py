"""Addresses of an ArcGIS Server, relative to the site's own."""

TOOLS = "rest/services/System/CachingTools/GPServer"
DELETE = f"{TOOLS}/DeleteCache"
REPORT = "rest/services/System/ReportingTools/GPServer/ReportCacheStatus/execute"
