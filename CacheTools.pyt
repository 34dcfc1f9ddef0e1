"""Cache Tools for ArcGIS Pro: parameters, validation and adapters; what is done to a server is in cachetools_core.

Nothing here opens a connection, signs in, or imports requests or keyring before a tool is run.
"""

import os
import sys
import time
from contextlib import suppress

import arcpy

VERSION = "1.0.0"
HERE = os.path.dirname(os.path.abspath(__file__))

try:
    import cachetools_core  # noqa: F401
except ImportError:
    # Beside this file, or around it where this is the copy in the package's own esri/toolboxes.
    AROUND = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
    # At the end, so that no other toolbox in this session finds its modules shadowed.
    sys.path += [home for home in (HERE, AROUND) if os.path.isdir(os.path.join(home, "cachetools_core"))]


def row(name, label, datatype, kind="Required", direction="Input", many=False, value=None, endings=()):
    """One row of a tool's table: a function that makes its parameter anew."""

    def make():
        made = arcpy.Parameter(name, label, direction, datatype, kind, multiValue=many)
        if value is not None:
            made.value = value
        if endings:
            made.filter.list = list(endings)
        return made

    return make


DERIVED = "Derived", "Output"
# String lets a model's text variable in, and a service that Pro isn't signed in to.
SERVICE_TYPES = ["DEMapServer", "DEImageServer", "GPString"]
SERVICE = row("input_service", "Input Service", SERVICE_TYPES)
INSTANCES = row(
    "num_of_caching_service_instances", "Number of caching service instances", "GPLong", "Optional", value=-1
)
SERVICE_URL = row("out_job_url", "Output Map Service URL", "GPString", *DERIVED)
SITE = row("site", "Site", "GPString")


class Toolbox:
    """What Pro shows in the Catalog pane. The alias is neither `cachetools` nor `server`: both are taken in Pro."""

    def __init__(self):
        self.label = "Cache Tools"
        self.alias = "mapcache"
        self.description = "Shows and deletes map and image service caches on ArcGIS Server, and proves what is gone."
        self.tools = [DeleteMapServerCache, DeleteMapServerCacheTiles, DeleteMapServerCaches, ReportMapServerCache]
        self.tools += [StoreServerSignIn, RemoveServerSignIn]


class Tool:
    """What the tools share: every licence, a validation that never raises, and the frame around a run.

    A tool adds its `rows`; `check`, what the texts alone tell; and `run`, one call of the core, which yields the names
    and values of its derived parameters, before any error. Both get the parameters by name; `pane` hears the run.
    """

    category = "Caching"
    rows = ()
    after_a_fault = ""

    def getParameterInfo(self):
        """The table, made anew at each call."""
        return [make() for make in self.rows]

    def isLicensed(self):
        """Every licence level; the rights on the server decide."""
        return True

    def updateParameters(self, parameters):
        """No parameter depends on another."""

    def updateMessages(self, parameters):
        """Text only, and never an exception: one here would make Pro call the tool itself invalid (000584)."""
        try:
            problem = core_problem()
            if problem is None and any(one.valueAsText for one in parameters):
                self.check({parameter.name: parameter for parameter in parameters})
            elif is_settled(parameters[0]):
                parameters[0].setErrorMessage(problem)
        except Exception as error:  # noqa: BLE001 (a run may still be right, so this warns)
            parameters[0].setWarningMessage(fault(error))

    def execute(self, parameters, messages):
        """Run; whatever goes wrong ends in one error message, since an exception would show a traceback."""
        cancelling = arcpy.env.autoCancelling
        arcpy.env.autoCancelling = False  # else Pro ends the script at once, and the server's job is never cancelled
        try:
            self.attempt({parameter.name: parameter for parameter in parameters}, messages)
        except Exception as error:  # noqa: BLE001 (nobody sees more of it than this message)
            messages.addErrorMessage(f"{fault(error)} {self.after_a_fault}".rstrip())
        finally:
            with suppress(Exception):  # a bar that stays is no reason for a traceback
                arcpy.ResetProgressor()
            arcpy.env.autoCancelling = cancelling  # last: after a cancel, Pro ends the script right here

    def attempt(self, given, messages):
        """The core's call and its values, or its one error; the core is imported here, since it brings requests."""
        if core_problem():
            messages.addErrorMessage(core_problem())
            return
        from cachetools_core.errors import CacheToolsError
        from cachetools_core.tools.steady import Steady

        try:
            for name, value in self.run(given, Steady(PaneMessages(messages))):
                given[name].value = value
        except CacheToolsError as error:
            messages.addErrorMessage(str(error))


class DeletingTool(Tool):
    """A tool that deletes: it warns of that, and of a number of instances that ArcGIS Server wouldn't use."""

    after_a_fault = "Check the service: it isn't known what was done before this."

    def check(self, given):
        """Name the service that loses its tiles."""
        from cachetools_core.naming.parameter_text import about_instances, read_service

        number = given["num_of_caching_service_instances"]
        warning = about_instances(number.valueAsText)
        if warning and not number.hasError():
            number.setWarningMessage(warning)
        service = read(given["input_service"], read_service)
        if service:
            given["input_service"].setWarningMessage(self.warning.format(service))

    def run(self, given, pane):
        """Warn in the messages too, which is all that a script sees."""
        from cachetools_core.naming.parameter_text import about_instances

        warning = about_instances(given["num_of_caching_service_instances"].valueAsText)
        if warning:
            pane.warning(warning)
        yield "out_job_url", self.delete(given, access_with(pane)).output_url


class DeleteMapServerCache(DeletingTool):
    """Delete Map Server Cache, with the parameters that ArcGIS documents for its own tool of that name."""

    label = "Delete Map Server Cache"
    description = "Permanently deletes the whole cache of a map or image service, and proves that it is gone."
    rows = (SERVICE, INSTANCES, SERVICE_URL)
    warning = "Deleting the cache of {} cannot be undone; the service restarts afterwards."

    def delete(self, given, access):
        """The whole cache."""
        from cachetools_core import delete_map_server_cache

        return delete_map_server_cache(text(given["input_service"]), access)


class DeleteMapServerCacheTiles(DeletingTool):
    """Delete Map Server Cache Tiles: some scales, everywhere or within an extent."""

    label = "Delete Map Server Cache Tiles"
    description = "Permanently deletes the tiles of some scales, everywhere or in an extent; the service stays cached."
    rows = (
        SERVICE,
        row("scales", "Scales", "GPDouble", many=True),
        INSTANCES,
        row("extent", "Extent", "GPExtent", "Optional"),
        SERVICE_URL,
    )
    warning = "Deleting tiles of {} cannot be undone; the service stays cached."

    def check(self, given):
        """Also what no service could have."""
        from cachetools_core.naming.parameter_text import read_extent
        from cachetools_core.proof.asked import check_corners, check_scales, read_scales

        super().check(given)
        scales, extent = given["scales"], given["extent"]
        read(scales, lambda shown: check_scales(read_scales(scales.values or shown)))
        corners, _ = read_extent(extent)
        read(extent, lambda shown: corners is None or check_corners(corners))

    def delete(self, given, access):
        """`values` and `value`, since the text of a number may have a comma for its point."""
        from cachetools_core import delete_map_server_cache_tiles
        from cachetools_core.naming.parameter_text import read_extent

        service, scales = text(given["input_service"]), given["scales"].values or text(given["scales"])
        corners, system = read_extent(given["extent"])
        return delete_map_server_cache_tiles(service, scales, corners, access, system)


class DeleteMapServerCaches(Tool):
    """Delete Map Server Caches: the whole caches of several services, and a summary of how each one ended."""

    label = "Delete Map Server Caches"
    description = "Permanently deletes the whole caches of several services, and proves for each that it is gone."
    rows = (
        row("input_services", "Input Services", SERVICE_TYPES, many=True),
        row("receipt_folder", "Receipt Folder", "DEFolder", "Optional"),
        row("out_deleted", "Deleted", "GPLong", *DERIVED),
        row("out_failed", "Failed", "GPLong", *DERIVED),
        row("out_summary", "Summary", "GPString", *DERIVED),
    )
    after_a_fault = "Check the services: it isn't known what was done before this."

    def check(self, given):
        """Each text, and how many caches go."""
        from cachetools_core.naming.several import read_several

        several = read(given["input_services"], read_several)
        if several:
            given["input_services"].setWarningMessage(several.warning)

    def run(self, given, pane):
        """The error, if any, comes last: the values are set however the services ended."""
        from cachetools_core import delete_map_server_caches
        from cachetools_core.naming.several import texts_in

        services, folder = texts_in(text(given["input_services"])), text(given["receipt_folder"]) or None
        summary = delete_map_server_caches(services, access_with(pane, receipts=folder))
        pane.info(summary.to_text())
        yield from (("out_deleted", summary.deleted), ("out_failed", summary.failed), ("out_summary", summary.page))
        summary.check()


class ReportMapServerCache(Tool):
    """Report Map Server Cache: what a deletion would remove, and whether it could be done from here."""

    label = "Report Map Server Cache"
    description = "Shows what a deletion would remove, scale by scale; changes nothing."
    rows = (
        SERVICE,
        row("output_report", "Output Report", "DEFile", "Optional", "Output", endings=("html", "json", "csv")),
        row("out_tiles", "Tiles", "GPDouble", *DERIVED),
        row("out_bytes", "Bytes", "GPDouble", *DERIVED),
        row("out_scales", "Scales", "GPString", *DERIVED),
        row("out_deletable", "Deletable", "GPBoolean", *DERIVED),
    )

    def check(self, given):
        """The service's text, and the ending of the file."""
        from cachetools_core.naming.parameter_text import read_ending, read_service

        read(given["input_service"], read_service)
        read(given["output_report"], read_ending)

    def run(self, given, pane):
        """Nothing but requests that read."""
        from cachetools_core import report_map_server_cache

        report = report_map_server_cache(
            text(given["input_service"]), text(given["output_report"]) or None, access_with(pane)
        )
        yield from ((f"out_{name}", getattr(report, name)) for name in ("tiles", "bytes", "scales", "deletable"))


class SignInTool(Tool):
    """A tool for the accounts of one site."""

    category = "Sign-in"

    def check(self, given):
        """The site's text; a password isn't looked at before the run."""
        from cachetools_core.naming.site import read_site

        read(given["site"], read_site)


class StoreServerSignIn(SignInTool):
    """Store Server Sign-In: an account is tried, and then kept for the runs that come after."""

    label = "Store Server Sign-In"
    description = "Signs in to a site, and keeps the account in the keyring for the other tools."
    rows = (
        SITE,
        row("username", "User Name", "GPString"),
        row("password", "Password", "GPStringHidden"),
        row("ca_file", "CA File", "DEFile", "Optional"),
        row("cache_directory", "Cache Directory", "DEFolder", "Optional"),
        row("out_site", "Site", "GPString", *DERIVED),
    )

    def run(self, given, pane):
        """The account goes to the core and nowhere else."""
        from cachetools_core import Account, store_sign_in

        account = Account(text(given["username"]), text(given["password"]))
        files = {name: text(given[name]) or None for name in ("ca_file", "cache_directory")}
        stored = store_sign_in(text(given["site"]), access_with(pane, account=account, **files))
        pane.info(stored.to_text())
        yield "out_site", stored.site


class RemoveServerSignIn(SignInTool):
    """Remove Server Sign-In: the accounts of a site, or one of them, are taken out of the keyring."""

    label = "Remove Server Sign-In"
    description = "Removes the accounts of a site, or one of them, from the keyring."
    rows = (
        SITE,
        row("username", "User Name", "GPString", "Optional"),
        row("out_removed", "Removed", "GPLong", *DERIVED),
    )

    def run(self, given, pane):
        """Asks no server."""
        from cachetools_core import remove_sign_in

        removed = remove_sign_in(text(given["site"]), text(given["username"]), access_with(pane))
        (pane.info if removed.count else pane.warning)(removed.to_text())
        yield "out_removed", removed.count


class PaneMessages:
    """The core's message port in the Geoprocessing pane; arcpy allows it in the thread that runs execute only."""

    def __init__(self, messages):
        self.info = messages.addMessage
        self.warning = messages.addWarningMessage
        self.progressor = None
        self.stage = None

    def progress(self, label, percent=None):
        """A bar that fills where the percentage is known, else one that runs; with the time spent, and an estimate."""
        from cachetools_core.elapsed import Stage

        now = time.monotonic()
        self.stage = (self.stage or Stage()).at(label, percent, now)
        progressor = "default" if percent is None else "step"
        if progressor != self.progressor:
            arcpy.SetProgressor(progressor, label, 0, 100, 1)
            self.progressor = progressor
        arcpy.SetProgressorLabel(self.stage.words(now))
        if percent is not None:
            arcpy.SetProgressorPosition(int(percent))

    def cancelled(self):
        """True once Cancel was pressed in the pane."""
        return arcpy.env.isCancelled


def access_with(pane, **fields):
    """Who signs in, and who listens: Pro's active portal, and the pane; the other fields as given."""
    from cachetools_core import Access
    from cachetools_core.account import Place
    from cachetools_core.server.sources import ActivePortal

    active = ActivePortal.asked_of_pro(arcpy.GetActivePortalURL, arcpy.GetSigninToken)
    return Access(active_portal=active, messages=pane, place=Place.PANE, **fields)


def is_settled(one):
    """True where there is a text to judge: Pro has found no error in it, and no other tool of a model will give it."""
    return bool(one.valueAsText) and not one.hasError() and not one.isInputValueDerived()


def read(one, reader):
    """What the core reads in a text, or None; what is wrong with it is shown."""
    from cachetools_core.naming.parameter_text import tried

    value, problem = tried(reader, one.valueAsText) if is_settled(one) else (None, "")
    if problem:
        one.setErrorMessage(problem)
    return value


def text(one):
    """Its text; where it has none, its value's own, so that an object in the place of a text is told as one."""
    return one.valueAsText or str(one.value or "")


def core_problem():
    """Why this file and the cachetools_core of this session don't fit together, or None."""
    try:
        import cachetools_core as core
    except ImportError:
        return f"CT001: The folder cachetools_core isn't beside CacheTools.pyt in {HERE}. Copy the whole of CacheTools."
    if core.__version__ == VERSION:
        return None
    return (
        f"CT002: CacheTools.pyt is version {VERSION}, but this session has loaded cachetools_core {core.__version__} "
        f"from {os.path.dirname(core.__file__)}. Restart ArcGIS Pro. If this comes back, update that copy."
    )


def fault(error):
    """One line for what nobody foresaw: its class and place, but not its text, which could hold anything."""
    import traceback

    place = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{os.path.basename(place.filename)}, line {place.lineno}"
    return f"CT999: CacheTools {VERSION} has a fault, {type(error).__name__} in {where}; please report this line."
