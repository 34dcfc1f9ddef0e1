"""The texts of the help that ArcGIS Pro shows beside the tools, each written once; help_pages.py makes pages of them.

The sentences that ArcGIS documents for its own Delete Map Server Cache are kept where they are true of ours
(pyt.md 2.6). The samples are run by a test, against the rehearsal server in place of gis.example.com.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

SAMPLE_TOOLBOX = r"C:\GIS\CacheTools\CacheTools.pyt"
SAMPLE_SITE = "https://gis.example.com/server"
SAMPLE_SERVICE = f"{SAMPLE_SITE}/rest/services/Weather/Rainfall/MapServer"
SAMPLE_SERVICE_2 = f"{SAMPLE_SITE}/rest/services/Weather/Wind/ImageServer"
SAMPLE_RECEIPTS = r"C:\GIS\Receipts"
SAMPLE_REPORT = r"C:\GIS\Rainfall.html"
SAMPLE_USER = "publisher1"


@dataclass(frozen=True)
class ParameterHelp:
    """What the pane shows of a parameter, and what the tool's page adds for scripts; a text is a paragraph."""

    texts: tuple[str, ...]
    for_scripts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sample:
    """A script that runs as it stands, on a machine that has its service and paths."""

    title: str
    about: str
    code: str


@dataclass(frozen=True)
class ToolHelp:
    """The page of one tool."""

    summary: tuple[str, ...]
    usage: tuple[str, ...]
    parameters: Mapping[str, ParameterHelp]
    samples: tuple[Sample, ...]


TOOLBOX_ABOUT = (
    "Tools for the caches of map and image services on ArcGIS Server. Report Map Server Cache shows what a deletion"
    " would remove, and whether it could be done from here. Delete Map Server Cache deletes a whole cache, Delete"
    " Map Server Cache Tiles some of its scales, everywhere or within an extent, and Delete Map Server Caches the"
    " caches of several services.",
    "The server does the work, as a job of its own caching tools. A tool that deletes submits that job once, follows it"
    " to its end, and succeeds only where the service itself shows afterwards that the tiles are gone.",
    "Nothing has to be installed: the tools need only what every ArcGIS Pro since 3.0 brings. Keep the"
    " folder cachetools_core beside CacheTools.pyt, unless CacheTools is installed as a Python package.",
)
TOOLBOX_KEYWORDS = ("cache", "map cache", "tile", "map service", "image service", "ArcGIS Server", "delete", "report")

SIGNS_IN = (
    "The tool signs in with the first account it finds: Pro's active portal, if the site is federated with it; the"
    " operating system's keyring, under the name CacheTools: followed by the address of the site, or of its portal,"
    " without a trailing slash; a profile that the ArcGIS API for Python has stored for that site. It never asks for a"
    " password, and it can't read the one in a server connection file (.ags)."
)
STORING = (
    "Store an account once with Store Server Sign-In, as the Windows user who runs the tool: every user has a separate"
    " keyring, and so does the account of a scheduled task."
)
TRUSTS = (
    "The site's certificate must be trusted: by Windows, by the CA file that Store Server Sign-In keeps for the site,"
    " or by the file that the environment variable REQUESTS_CA_BUNDLE names. Certificate checks can't be turned off."
)
NO_ENVIRONMENTS = "The tool uses no geoprocessing environments and runs at every licence level."
CREDENTIALS = "All caching tools require publisher or administrator credentials to use."
RECEIPT = (
    "Every run that names a service leaves a receipt, even if it fails or is cancelled: a page for a change ticket,"
    " and the same as JSON. The last message says where. To choose another folder, set the environment variable"
    " CACHETOOLS_RECEIPTS."
)

INPUT_SERVICE = (
    "You can choose it by browsing to the desired service in a server connection or in Portal, or type its address.",
    "Any of these names a service: its REST or SOAP address, such as"
    " https://gis.example.com/server/rest/services/Weather/Rainfall/MapServer; a path through a server connection, such"
    r" as C:\GIS\arcgis on gis_6443 (admin).ags\Weather\Rainfall.MapServer; a layer file (.lyrx) that draws it. The"
    " name of a layer in a map, a layer of a service, a folder or a whole site doesn't.",
)
INSTANCES = ParameterHelp(
    (
        "Defines the number of instances that will be used to update or generate the tiles. The value for this"
        " parameter is set to unlimited (-1) and cannot be modified: any other value gets a warning, and -1 is used.",
    ),
    ("None, an empty string and # keep -1.",),
)
OUTPUT_URL = ParameterHelp(
    ("The output URL: the REST address of the service.",),
    ("It is the result's only output, result.getOutput(0).",),
)

DELETE = ToolHelp(
    summary=(
        "Deletes the whole cache of a map or image service on ArcGIS Server, including its files on disk, and proves"
        " from the service itself that the cache is gone and the service is back. Deleting is an unrecoverable"
        " operation.",
    ),
    usage=(
        "Deleting a cache is an unrecoverable operation: the tiles of every scale and the tiling scheme go. A warning"
        " names the service before you run the tool; the tool doesn't ask again when it runs. To see what would go,"
        " run Report Map Server Cache first.",
        "The server does the work, as a job of its own System/CachingTools service. The tool submits that job once,"
        " shows its messages and progress, and checks the service afterwards. It succeeds only if the service answers"
        " and no cache is left; otherwise the error says what is left and what to do.",
        "After this tool runs, the service will be restarted.",
        "If the service has no cache, the tool says so, submits nothing, and succeeds.",
        f"{CREDENTIALS} {SIGNS_IN}",
        STORING,
        "Cancel asks the server to stop the job; what is deleted stays deleted. If Pro closes or crashes, the job goes"
        " on: run the tool again and it follows that job instead of submitting another.",
        RECEIPT,
        TRUSTS,
        "The tool refuses a stopped service, and a hosted tile layer, because tiles are all it has. To delete single"
        " scales or an area, use Delete Map Server Cache Tiles.",
        NO_ENVIRONMENTS,
    ),
    parameters={
        "input_service": ParameterHelp(
            (f"The map or image service whose cache you want to delete. {INPUT_SERVICE[0]}", INPUT_SERVICE[1])
        ),
        "num_of_caching_service_instances": INSTANCES,
        "out_job_url": OUTPUT_URL,
    },
    samples=(
        Sample(
            "Delete Map Server Cache (stand-alone script)",
            "Deletes the cache of a service and ends with an error code if that can't be proven.",
            rf"""import sys

import arcpy

arcpy.ImportToolbox(r"{SAMPLE_TOOLBOX}")
service = "{SAMPLE_SERVICE}"

try:
    result = arcpy.mapcache.DeleteMapServerCache(service)
except arcpy.ExecuteError:
    print(arcpy.GetMessages(2))
    sys.exit(1)
print(result.getMessages())
print("Deleted:", result.getOutput(0))
""",
        ),
    ),
)

DELETE_TILES = ToolHelp(
    summary=(
        "Deletes the tiles of some scales of a map or image service's cache, everywhere or within an extent, and proves"
        " that they are gone and that the rest is as before. The service stays cached, and keeps its tiling scheme."
        " Deleting is an unrecoverable operation.",
    ),
    usage=(
        "Deleting tiles is an unrecoverable operation. A warning names the service before you run the tool; the tool"
        " doesn't ask again when it runs.",
        "The server does the work, as a job of its own caching tools: Manage Map Cache Tiles, which deletes tiles. The"
        " tool submits that job once, shows its messages and progress, and checks the cache afterwards.",
        "If you name a scale that the service doesn't have, the tool submits nothing and lists the scales that it has.",
        "Without an extent, the tool succeeds only if the chosen scales have no tiles left and every other scale has"
        " as many as before. With an extent, it checks tiles inside and outside of it.",
        "The server deletes whole blocks of tiles, so tiles up to 4096 pixels outside the extent may go too.",
        "If tiles are created on demand, they come back as soon as somebody views the map; the tool warns you about"
        " that.",
        f"{CREDENTIALS} {SIGNS_IN}",
        STORING,
        "Cancel asks the server to stop the job; what is deleted stays deleted. If Pro closes or crashes, the job goes"
        " on: run the tool again and it follows that job first.",
        RECEIPT,
        TRUSTS,
        NO_ENVIRONMENTS,
    ),
    parameters={
        "input_service": ParameterHelp(
            (f"The map or image service whose tiles you want to delete. {INPUT_SERVICE[0]}", INPUT_SERVICE[1])
        ),
        "scales": ParameterHelp(
            (
                "The scales whose tiles are deleted, each as the n of 1:n, for example 36111.909643. A number matches"
                " a scale of the service if it is within a millionth of it. Report Map Server Cache lists the scales"
                " that have tiles.",
            ),
            ("A list of numbers, or one text with semicolons between them, as Report Map Server Cache returns it.",),
        ),
        "num_of_caching_service_instances": INSTANCES,
        "extent": ParameterHelp(
            (
                "The extent in which tiles are deleted, in the coordinate system of the service. Leave it empty to"
                " delete all tiles of the scales.",
            ),
            ("An arcpy.Extent, or one text with xmin, ymin, xmax and ymax, separated by spaces.",),
        ),
        "out_job_url": OUTPUT_URL,
    },
    samples=(
        Sample(
            "Delete Map Server Cache Tiles (stand-alone script)",
            "Deletes the tiles of the finest scale that has any.",
            rf"""import arcpy

arcpy.ImportToolbox(r"{SAMPLE_TOOLBOX}")
service = "{SAMPLE_SERVICE}"

report = arcpy.mapcache.ReportMapServerCache(service)
finest = report.getOutput(3).split(";")[-1]
result = arcpy.mapcache.DeleteMapServerCacheTiles(service, finest)
print(result.getMessages())
""",
        ),
        Sample(
            "Delete Map Server Cache Tiles within an extent (stand-alone script)",
            "Deletes the tiles of all scales that have any within an extent, here of Web Mercator.",
            rf"""import arcpy

arcpy.ImportToolbox(r"{SAMPLE_TOOLBOX}")
service = "{SAMPLE_SERVICE}"
extent = arcpy.Extent(0, 6500000, 1000000, 7500000)

report = arcpy.mapcache.ReportMapServerCache(service)
result = arcpy.mapcache.DeleteMapServerCacheTiles(service, report.getOutput(3), extent=extent)
print(result.getMessages())
""",
        ),
    ),
)

DELETE_SEVERAL = ToolHelp(
    summary=(
        "Deletes the whole caches of several map and image services on ArcGIS Server, and proves for each that its"
        " cache is gone and the service is back. The services may be on different sites. Deleting is an unrecoverable"
        " operation.",
    ),
    usage=(
        "Deleting a cache is an unrecoverable operation: the tiles of every scale and the tiling scheme go. A warning"
        " says how many services are named before you run the tool; the tool doesn't ask again when it runs.",
        "The tool looks at all services first, and its messages say what each of them would lose. Then it submits one"
        " job for each service, up to four at a time on one site, and works on all sites side by side. A service whose"
        " cache changes in the meantime is left alone.",
        "A problem with one service never stops the others. The messages say how each one ended. The tool fails if any"
        " cache isn't proven to be gone, and its error says how many.",
        "A service that is named twice is done once. A service without a cache counts neither as deleted nor as"
        " failed.",
        "After this tool runs, each service that had a cache will be restarted.",
        f"{CREDENTIALS} {SIGNS_IN}",
        STORING,
        "Cancel starts no more jobs and asks the servers to stop those that run; what is deleted stays deleted. If Pro"
        " is closed or crashes, run the tool again with the same services: it leaves alone what is done, follows the"
        " jobs that were submitted, and submits the rest.",
        "Every service leaves a receipt, and the run leaves a summary with a row for each service, the worst first:"
        " each as a page for a change ticket and as JSON. The last messages say where.",
        TRUSTS,
        NO_ENVIRONMENTS,
    ),
    parameters={
        "input_services": ParameterHelp(
            (f"The map and image services whose caches you want to delete. {INPUT_SERVICE[0]}", INPUT_SERVICE[1]),
            (
                "A list of texts. In one text, put semicolons between the services, and single quotes around one that"
                " holds a space or a semicolon.",
            ),
        ),
        "receipt_folder": ParameterHelp(
            (
                "The folder for the receipts and the summary. Leave it empty to use the folder that the environment"
                " variable CACHETOOLS_RECEIPTS names, or else CacheTools\\receipts in your own application data.",
            ),
        ),
        "out_deleted": ParameterHelp(
            ("How many caches this run has deleted and proven to be gone.",),
            ("result.getOutput(0). If the tool fails, a script gets no result: read the messages, or the summary.",),
        ),
        "out_failed": ParameterHelp(
            (
                "How many services need attention: the cache is still there, it can't be told whether it is gone, the"
                " job is still running, or the service didn't come back. The tool fails if this isn't 0.",
            ),
            ("result.getOutput(1).",),
        ),
        "out_summary": ParameterHelp(
            ("The path of the summary's page; the same as JSON is beside it. Empty if it couldn't be written.",),
            ("result.getOutput(2).",),
        ),
    },
    samples=(
        Sample(
            "Delete Map Server Caches (stand-alone script)",
            "Deletes the caches of two services and ends with an error code if that can't be proven for both.",
            rf"""import sys

import arcpy

arcpy.ImportToolbox(r"{SAMPLE_TOOLBOX}")
services = [
    "{SAMPLE_SERVICE}",
    "{SAMPLE_SERVICE_2}",
]

try:
    result = arcpy.mapcache.DeleteMapServerCaches(services, r"{SAMPLE_RECEIPTS}")
except arcpy.ExecuteError:
    print(arcpy.GetMessages())
    sys.exit(1)
print(result.getMessages())
print("Deleted:", result.getOutput(0), "Summary:", result.getOutput(2))
""",
        ),
    ),
)

REPORT = ToolHelp(
    summary=(
        "Shows what a deletion of a map or image service's cache would remove: tiles and bytes, scale by scale, and"
        " whether the deletion could be done from here. Changes nothing.",
    ),
    usage=(
        "The tool only reads: it submits no job and changes nothing on the server.",
        "The messages show a table of the scales and everything that a deletion needs. Whatever stands in its way, or"
        " that you should know first, is a warning: another caching job, a hosted tile layer, or tiles that come back"
        " as soon as somebody views the map.",
        "The numbers come from the server's own cache status. They can be out of date if tiles were copied in by hand"
        " or created on demand.",
        f"{SIGNS_IN}",
        STORING,
        TRUSTS,
        NO_ENVIRONMENTS,
    ),
    parameters={
        "input_service": ParameterHelp(
            (f"The map or image service whose cache you want to look at. {INPUT_SERVICE[0]}", INPUT_SERVICE[1])
        ),
        "output_report": ParameterHelp(
            (
                "A file for the report. Its extension sets the format: .html is a single page to read or attach to a"
                " ticket; .json has everything that was found; .csv is a table with one row per scale.",
                "Leave it empty to get messages only.",
            ),
        ),
        "out_tiles": ParameterHelp(
            ("How many tiles a deletion would remove: 0 if there is no cache, empty if they couldn't be counted.",),
            ("result.getOutput(1).",),
        ),
        "out_bytes": ParameterHelp(
            ("How many bytes they use: 0 if there is no cache, empty if they couldn't be counted.",),
            ("result.getOutput(2).",),
        ),
        "out_scales": ParameterHelp(
            (
                "The scales that have tiles, each as the n of 1:n with all its digits, separated by semicolons. Delete"
                " Map Server Cache Tiles accepts this text as it is.",
            ),
            ("result.getOutput(3).",),
        ),
        "out_deletable": ParameterHelp(
            ("True if nothing was found that would stop a deletion from here. A model can branch on it.",),
            ("result.getOutput(4), as text.",),
        ),
    },
    samples=(
        Sample(
            "Report Map Server Cache (stand-alone script)",
            "Writes the report of a service's cache as a page, and says whether the cache could be deleted from here.",
            rf"""import arcpy

arcpy.ImportToolbox(r"{SAMPLE_TOOLBOX}")
service = "{SAMPLE_SERVICE}"

result = arcpy.mapcache.ReportMapServerCache(service, r"{SAMPLE_REPORT}")
report, tiles, size, scales, deletable = (result.getOutput(index) for index in range(5))
print(result.getMessages())
print("Tiles:", tiles, "Bytes:", size, "Scales:", scales)
print("Deletable from here:", deletable)
""",
        ),
    ),
)

SITE = ParameterHelp(
    (
        "The address of the ArcGIS Server site, such as https://gis.example.com/server, or of the portal that it is"
        " federated with. You can paste any page's address on that site from a browser.",
    ),
)

STORE_SIGN_IN = ToolHelp(
    summary=(
        "Signs in to an ArcGIS Server site with a user name and password and, if that works, stores them in the"
        " operating system's keyring for the other tools. If the site refuses the account, nothing is stored.",
    ),
    usage=(
        "You need this tool for a site that isn't federated with Pro's active portal, and for scripts that run while"
        " nobody is signed in to Pro. Run it once, as the Windows user who runs the other tools.",
        "The account is stored in Windows Credential Manager, or in whatever keyring the Python package keyring uses,"
        " under the name CacheTools: followed by the address of the site, or of its portal if the site is federated"
        " with one. The messages say which.",
        "The password is hidden: ArcGIS Pro masks it, and CacheTools writes it into no message, receipt or file. In a"
        " script, ask for it as the sample does; never write it into the script.",
        "The account is tried once. A wrong password counts as one failed sign-in on the server; several of them can"
        " lock the account.",
        "If the site belongs to a portal on another machine, the tool says so: then run it for the portal's address.",
        NO_ENVIRONMENTS,
    ),
    parameters={
        "site": SITE,
        "username": ParameterHelp(("A publisher or administrator of the site, or of its portal.",)),
        "password": ParameterHelp(
            (
                "The account's password. It is masked, and goes only to the sign-in of the site or its portal, and to"
                " the keyring.",
            ),
        ),
        "ca_file": ParameterHelp(
            (
                "A PEM file with the certificate of the authority that signed the site's certificate, if Windows"
                " doesn't trust it, such as an in-house CA. CacheTools keeps a copy and uses it for this site only.",
            ),
        ),
        "cache_directory": ParameterHelp(
            (
                "The site's cache directory as this machine sees it, for example a network share. If you give it, the"
                " tools also check the files on disk.",
            ),
        ),
        "out_site": ParameterHelp(("The address of the site.",), ("result.getOutput(0).",)),
    },
    samples=(
        Sample(
            "Store Server Sign-In (stand-alone script)",
            "Asks for the password without showing it, and stores the account.",
            rf"""import getpass

import arcpy

arcpy.ImportToolbox(r"{SAMPLE_TOOLBOX}")
site, username = "{SAMPLE_SITE}", "{SAMPLE_USER}"

password = getpass.getpass(f"Password of {{username}}: ")
result = arcpy.mapcache.StoreServerSignIn(site, username, password)
print(result.getMessages())
""",
        ),
    ),
)

REMOVE_SIGN_IN = ToolHelp(
    summary=("Removes one or all of the accounts that are stored for an ArcGIS Server site from the keyring.",),
    usage=(
        "The tool contacts no server and changes only the keyring of the Windows user who runs it.",
        "The messages say what was removed. The CA file and the cache directory that are kept for the site stay, and"
        " the messages say where.",
        "A portal's account works for all its servers, so removing it affects all of them.",
        NO_ENVIRONMENTS,
    ),
    parameters={
        "site": SITE,
        "username": ParameterHelp(
            (
                "The user name of the account to remove. Leave it empty to remove every account that can be found for"
                " the site; some keyrings can't be searched without a user name.",
            ),
        ),
        "out_removed": ParameterHelp(("How many accounts were removed.",), ("result.getOutput(0).",)),
    },
    samples=(
        Sample(
            "Remove Server Sign-In (stand-alone script)",
            "Removes every account that is kept for a site.",
            rf"""import arcpy

arcpy.ImportToolbox(r"{SAMPLE_TOOLBOX}")
result = arcpy.mapcache.RemoveServerSignIn("{SAMPLE_SITE}")
print(result.getMessages())
print("Removed:", result.getOutput(0))
""",
        ),
    ),
)

TOOLS: dict[str, ToolHelp] = {
    "DeleteMapServerCache": DELETE,
    "DeleteMapServerCacheTiles": DELETE_TILES,
    "DeleteMapServerCaches": DELETE_SEVERAL,
    "ReportMapServerCache": REPORT,
    "StoreServerSignIn": STORE_SIGN_IN,
    "RemoveServerSignIn": REMOVE_SIGN_IN,
}
