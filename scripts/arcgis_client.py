"""Deletes a cache with the ArcGIS API for Python, for scripts/bench; run by a Python that has it.

Arguments: the site, a user, the service as "Folder/Name:MapServer", a file of certificates. The password comes on
standard input.
"""

import os
import sys

site, user, service, certificates = sys.argv[1:5]
os.environ["REQUESTS_CA_BUNDLE"] = os.environ["SSL_CERT_FILE"] = certificates

from arcgis.geoprocessing import import_toolbox  # type: ignore[import-not-found]  # noqa: E402 - the certificates come first
from arcgis.gis.server import Server  # type: ignore[import-not-found]  # noqa: E402

server = Server(url=site, username=user, password=sys.stdin.readline().rstrip("\n"), verify_cert=True)
session = server._con._session if hasattr(server._con, "_session") else server._con
tools = import_toolbox(f"{site}/rest/services/System/CachingTools/GPServer", gis=session)
print(tools.delete_cache(service_url=service, thread_count=-1, gis=session))
