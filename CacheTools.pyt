"""Cache Tools for ArcGIS Pro: parameters, validation and adapters; what is done to a server is in cachetools_core.

Nothing here opens a connection, signs in, or imports requests or keyring before a tool is run.
"""

from __future__ import annotations

import importlib.util
import os
import re
import sys
import traceback

import arcpy

VERSION = "1.0.0"
HERE = os.path.dirname(os.path.abspath(__file__))

if importlib.util.find_spec("cachetools_core") is None:
    sys.path.append(HERE)  # at the end, so that no other toolbox in this session finds its modules shadowed


class Toolbox:
    """What Pro shows in the Catalog pane. The alias is neither `cachetools` nor `server`: both are taken in Pro."""

    def __init__(self):
        self.label = "Cache Tools"
        self.alias = "mapcache"
        self.description = "Deletes map and image service caches on ArcGIS Server, and proves that they are gone."
        self.tools = [DeleteMapServerCache]


class DeleteMapServerCache:
    """Delete Map Server Cache, with the parameters that ArcGIS documents for its own tool of that name."""

    def __init__(self):
        self.label = "Delete Map Server Cache"
        self.description = "Deletes the whole cache of a map or image service, for good, and proves that it is gone."

    def getParameterInfo(self):
        """The parameter table; String lets a model's text variable in, and a service that Pro isn't signed in to."""
        service = arcpy.Parameter(
            name="input_service",
            displayName="Input Service",
            direction="Input",
            datatype=["DEMapServer", "DEImageServer", "GPString"],
            parameterType="Required",
        )
        instances = arcpy.Parameter(
            name="num_of_caching_service_instances",
            displayName="Number of caching service instances",
            direction="Input",
            datatype="GPLong",
            parameterType="Optional",
        )
        instances.value = -1
        url = arcpy.Parameter(
            name="out_job_url",
            displayName="Output Map Service URL",
            direction="Output",
            datatype="GPString",
            parameterType="Derived",
        )
        return [service, instances, url]

    def isLicensed(self):
        """Every licence level; the rights on the server decide."""
        return True

    def updateParameters(self, parameters):
        """No parameter depends on another."""

    def updateMessages(self, parameters):
        """Text only, and never an exception: one here would make Pro call the tool itself invalid (000584)."""
        try:
            validate(parameters[0], parameters[1])
        except Exception as error:  # noqa: BLE001 (a run may still be right, so this warns)
            parameters[0].setWarningMessage(fault(error))

    def execute(self, parameters, messages):
        """Delete; whatever goes wrong ends in one error message, since an exception would show a traceback."""
        cancelling = arcpy.env.autoCancelling
        arcpy.env.autoCancelling = False  # else Pro ends the script at once, and the server's job is never cancelled
        try:
            delete(parameters, messages)
        except Exception as error:  # noqa: BLE001 (nobody sees more of it than this message)
            messages.addErrorMessage(f"{fault(error)} Look at the service: what was done before this isn't known.")
        finally:
            try:
                arcpy.ResetProgressor()
            finally:
                arcpy.env.autoCancelling = cancelling  # last: after a cancel, Pro ends the script right here


class PaneMessages:
    """The core's message port in the Geoprocessing pane; arcpy allows it in the thread that runs execute only."""

    def __init__(self, messages):
        self.info = messages.addMessage
        self.warning = messages.addWarningMessage
        self.progressor = None

    def progress(self, label, percent=None):
        """A bar that fills where the percentage is known, else one that runs."""
        progressor = "default" if percent is None else "step"
        if progressor != self.progressor:
            arcpy.SetProgressor(progressor, label, 0, 100, 1)
            self.progressor = progressor
        arcpy.SetProgressorLabel(label)
        if percent is not None:
            arcpy.SetProgressorPosition(int(percent))

    def cancelled(self):
        """True once Cancel was pressed in the pane."""
        return arcpy.env.isCancelled


def validate(service, instances):
    """Say what the texts alone tell, but never in place of an error that Pro's own validation has found."""
    warning = about_instances(instances.valueAsText)
    if warning and not instances.hasError():
        instances.setWarningMessage(warning)
    text = service.valueAsText
    if not text or service.hasError() or service.isInputValueDerived():
        return
    if core_problem():
        service.setErrorMessage(core_problem())
        return
    from cachetools_core.errors import NotAService
    from cachetools_core.naming.address import safe_text
    from cachetools_core.naming.service import read_name

    try:
        name = getattr(read_name(text), "url", safe_text(text))
    except NotAService as error:
        if not holds_variable(text):
            service.setErrorMessage(str(error))
    else:
        service.setWarningMessage(f"Deleting the cache of {name} cannot be undone; the service restarts afterwards.")


def delete(parameters, messages):
    """One call of the core, which is imported here because it brings requests and keyring."""
    if core_problem():
        messages.addErrorMessage(core_problem())
        return
    from cachetools_core.errors import CacheToolsError
    from cachetools_core.server.signin import ActivePortal
    from cachetools_core.tools.access import Access
    from cachetools_core.tools.delete import delete_map_server_cache

    warning = about_instances(parameters[1].valueAsText)
    if warning:
        messages.addWarningMessage(warning)
    portal = arcpy.GetActivePortalURL()
    access = Access(
        active_portal=ActivePortal(portal, arcpy.GetSigninToken) if portal else None, messages=PaneMessages(messages)
    )
    try:
        receipt = delete_map_server_cache(parameters[0].valueAsText, access)
    except CacheToolsError as error:
        messages.addErrorMessage(str(error))
    else:
        parameters[2].value = receipt.output_url


def about_instances(text):
    """A warning for any number but -1, else None; Esri's own sample passes 2, so that is no error."""
    fixed = f"The number of caching service instances is fixed at -1 (unlimited); {text} is ignored."
    return None if text in (None, "", "-1") else fixed


def holds_variable(text):
    """True for a model's `%name%`, which is filled in before the tool runs; `%C3%9C` in an address is none."""
    return "%" in re.sub("%[0-9A-Fa-f]{2}", "", text)


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
    place = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{os.path.basename(place.filename)}, line {place.lineno}"
    return f"CT999: CacheTools {VERSION} has a fault, {type(error).__name__} in {where}; please report this line."
