r"""What only a real ArcGIS Pro can tell about CacheTools; run it in Pro's Python and read the report:

    propy tests\pro\smoke.py                       deletes nothing, asks no server
    propy tests\pro\smoke.py --service SERVICE     also what Pro makes of the text of this service
    propy tests\pro\smoke.py --service SERVICE --report FILE    also a report of its cache; signs in and only reads
    propy tests\pro\smoke.py --ags FILE            also how that connection file is built; no secret is shown
    propy tests\pro\smoke.py --service SERVICE --yes-delete     DELETES THE CACHE of that service, with CacheTools

"as expected" and "DIFFERENT" compare Pro with the stand-in that the other tests use; "found" is what nobody has
documented (pyt.md 10). The exit code is 1 if anything is different. pytest doesn't collect this file. Please send the
report to the project.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import os
import platform
import shutil
import ssl
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import arcpy  # type: ignore[import-not-found]

ROOT = Path(__file__).resolve().parent.parent.parent
TOOLBOX = ROOT / "CacheTools.pyt"
TOOL = "DeleteMapServerCache"
SERVICE = ("input_service", "Required", "Input", None)
TABLES = {
    TOOL: [
        SERVICE,
        ("num_of_caching_service_instances", "Optional", "Input", "-1"),
        ("out_job_url", "Derived", "Output", None),
    ],
    "DeleteMapServerCacheTiles": [
        SERVICE,
        ("scales", "Required", "Input", None),
        ("num_of_caching_service_instances", "Optional", "Input", "-1"),
        ("extent", "Optional", "Input", None),
        ("out_job_url", "Derived", "Output", None),
    ],
    "DeleteMapServerCaches": [
        ("input_services", "Required", "Input", None),
        ("receipt_folder", "Optional", "Input", None),
        ("out_deleted", "Derived", "Output", None),
        ("out_failed", "Derived", "Output", None),
        ("out_summary", "Derived", "Output", None),
    ],
    "ReportMapServerCache": [
        SERVICE,
        ("output_report", "Optional", "Output", None),
        ("out_tiles", "Derived", "Output", None),
        ("out_bytes", "Derived", "Output", None),
        ("out_scales", "Derived", "Output", None),
        ("out_deletable", "Derived", "Output", None),
    ],
    "StoreServerSignIn": [
        ("site", "Required", "Input", None),
        ("username", "Required", "Input", None),
        ("password", "Required", "Input", None),
        ("ca_file", "Optional", "Input", None),
        ("cache_directory", "Optional", "Input", None),
        ("out_site", "Derived", "Output", None),
    ],
    "RemoveServerSignIn": [
        ("site", "Required", "Input", None),
        ("username", "Optional", "Input", None),
        ("out_removed", "Derived", "Output", None),
    ],
}
NOBODY = "https://cachetools.invalid/arcgis/rest/services/Rainfall/MapServer"
OLE = bytes.fromhex("D0CF11E0A1B11AE1")
BY_HAND = (
    "a: fill Input Service by browsing to an .ags (each role) and to a portal, and by dragging from the Catalog pane"
    " and from a map; note the text that arrives, as the history shows it",
    "c: run the tool with a wrong service in the pane and in a model; there must be one message and no traceback",
    "d: open Delete Map Server Cache Tiles, type two scales with digits after the point, and choose an extent by each"
    " of its ways (display, a layer, a drawn one); note what arrives as text and what the tool makes of it",
    "e: open Delete Map Server Caches, add three services by browsing, one of them with a blank in its path; note the"
    " text that arrives, as the history shows it, and how the quotes are set; let one of them fail in a model, and note"
    " whether the derived values are there",
    "i: press Cancel while the job runs; note how long it takes",
    "k: run Store Server Sign-In in the pane with a made-up site, user and password; look for the password in the"
    " messages, in the history and in what Copy Python Command gives",
    "j: open the tool's help page from the pane; note whether the code sample shows",
)

# A toolbox that does nothing but tell when and how it is called; __DATATYPE__ is filled in.
PROBE = """
import sys
import arcpy

LOG = sys.__dict__.setdefault("_cachetools_smoke", [])
LOG.append("module")


class Toolbox:
    def __init__(self):
        self.label = "Probe"
        self.alias = "__ALIAS__"
        self.tools = [Probe]


class Probe:
    def __init__(self):
        self.label = "Probe"
        LOG.append("instance")

    def getParameterInfo(self):
        LOG.append("getParameterInfo")
        service = arcpy.Parameter(
            name="service", displayName="Service", direction="Input", datatype=__DATATYPE__, parameterType="Required"
        )
        how = arcpy.Parameter(
            name="how", displayName="How", direction="Input", datatype="GPString", parameterType="Optional"
        )
        out = arcpy.Parameter(
            name="out", displayName="Out", direction="Output", datatype="GPString", parameterType="Derived"
        )
        return [service, how, out]

    def isLicensed(self):
        LOG.append("isLicensed")
        return True

    def updateParameters(self, parameters):
        LOG.append("updateParameters" + (" (self was kept)" if hasattr(self, "seen") else ""))
        self.seen = True

    def updateMessages(self, parameters):
        flags = parameters[0].altered, parameters[1].altered, parameters[0].hasBeenValidated
        LOG.append("updateMessages (altered %s %s, validated %s)" % flags)
        parameters[0].setWarningMessage("a warning of updateMessages")

    def execute(self, parameters, messages):
        LOG.append("execute")
        messages.addMessage("value: %s, as text: %s" % (type(parameters[0].value).__name__, parameters[0].valueAsText))
        messages.addMessage("isCancelled %s, autoCancelling %s" % (arcpy.env.isCancelled, arcpy.env.autoCancelling))
        parameters[2].value = parameters[0].valueAsText
        if parameters[1].valueAsText == "raise":
            messages.addErrorMessage("an error message")
            raise arcpy.ExecuteError
        if parameters[1].valueAsText == "return":
            messages.addErrorMessage("an error message")
            return
        if parameters[1].valueAsText == "break":
            raise ValueError("broken")
"""


class Report:
    """The lines as they are printed, and whether any is different from what the tests take for granted."""

    def __init__(self) -> None:
        self.different = 0

    def found(self, what: str, value: object) -> None:
        """Something to know."""
        print(f"found        {what}: {value}")

    def expect(self, what: str, found: object, expected: object) -> None:
        """Something that the stand-in takes for granted."""
        if found == expected:
            print(f"as expected  {what}")
            return
        self.different += 1
        print(f"DIFFERENT    {what}: {found!r}, not {expected!r}")

    def try_to_find(self, what: str, ask: Callable[[], object]) -> None:
        """Something that may raise on a real Pro; what it raises is worth knowing too."""
        try:
            self.found(what, ask())
        except Exception as error:  # noqa: BLE001 (any answer of an undocumented call is a finding)
            self.found(what, f"raised {type(error).__name__}: {one_line(error)}")


def one_line(text: object) -> str:
    """Text for one line of the report."""
    return " | ".join(str(text).split("\n"))[:500]


def main(arguments: Sequence[str]) -> int:
    """Print the report; 1 if anything is different."""
    parser = argparse.ArgumentParser(description="What only a real ArcGIS Pro can tell about CacheTools.")
    parser.add_argument("--service", help="a map or image service, in any form that the tool takes")
    parser.add_argument("--report", type=Path, help="write a report of that service's cache to this .html file")
    parser.add_argument("--ags", type=Path, help="a server connection file")
    parser.add_argument("--yes-delete", action="store_true", help="delete the cache of --service, for good")
    options = parser.parse_args(arguments)
    if (options.yes_delete or options.report) and not options.service:
        parser.error("--yes-delete and --report need --service")

    report = Report()
    about_the_toolbox(report)
    about_this_pro(report)
    about_expected_failures(report)
    for datatype in (["DEMapServer"], ["DEMapServer", "DEImageServer", "GPString"]):
        about_data_types(report, datatype, [NOBODY, *([options.service] if options.service else [])])
    about_calls(report)
    about_endings(report)
    if options.ags:
        about_connection_file(report, options.ags)
    if options.service:
        about_service(report, options.service)
    if options.report:
        about_report(report, options.service, options.report)
    if options.yes_delete:
        delete(report, options.service)
    for task in BY_HAND:
        print(f"by hand      {task}")
    print(f"\n{report.different} different")
    return 1 if report.different else 0


def about_this_pro(report: Report) -> None:
    """Versions, the libraries that the core needs, the sign-in (pyt.md 4, 7, 10 h)."""
    info = arcpy.GetInstallInfo()
    report.found("Pro", f"{info.get('Version')} ({info.get('ProductName')}), licence {arcpy.ProductInfo()}")
    report.found("Python", f"{platform.python_version()}, {ssl.OPENSSL_VERSION}")
    strict = ssl.create_default_context().verify_flags & getattr(ssl, "VERIFY_X509_STRICT", 0)
    report.found("strict X.509 by default", bool(strict))
    for name in ("requests", "urllib3", "keyring", "certifi", "truststore", "tornado", "numpy", "cryptography"):
        report.try_to_find(name, partial(version_of, name))
    report.try_to_find("keyring back end", lambda: type(importlib.import_module("keyring").get_keyring()).__name__)
    report.try_to_find("active portal", arcpy.GetActivePortalURL)
    report.try_to_find("sign-in token", lambda: describe_token(arcpy.GetSigninToken()))


def version_of(name: str) -> str:
    """The version of an importable module, from its metadata."""
    from importlib.metadata import version

    importlib.import_module(name)
    return version(name)


def describe_token(token: Any) -> str:
    """Keys and the size of `expires`, whose unit isn't documented; never the token."""
    if token is None:
        return "None: not signed in"
    expires = token.get("expires")
    unit = "milliseconds" if isinstance(expires, (int, float)) and expires > 1e11 else "seconds, or something else"
    return f"keys {sorted(token)}, expires is {type(expires).__name__} and looks like {unit}"


def about_the_toolbox(report: Report) -> None:
    """The toolbox loads, under its alias, with its tools and their parameters."""
    before = set(sys.modules)
    path = list(sys.path)
    module = arcpy.ImportToolbox(str(TOOLBOX))
    report.expect("tools of the toolbox", sorted(module.__all__), sorted(TABLES))
    report.expect("the alias is a name in arcpy", all(hasattr(arcpy.mapcache, tool) for tool in TABLES), True)
    report.found("added to sys.path by loading", [entry for entry in sys.path if entry not in path])
    loud = {"requests", "keyring", "cachetools_core.tools.delete"}
    report.expect("libraries imported by loading", sorted(loud & (set(sys.modules) - before)), [])
    for tool, expected in TABLES.items():
        table = [(p.name, p.parameterType, p.direction, p.valueAsText) for p in parameters_of(TOOLBOX, tool)]
        report.expect(f"parameters of {tool}", table, expected)
    report.try_to_find("data type of input_service", lambda: parameters_of(TOOLBOX, TOOL)[0].datatype)
    report.expect("autoCancelling in a script", arcpy.env.autoCancelling, True)


def parameters_of(toolbox: Path, tool: str) -> Any:
    """The parameters of a tool by its path."""
    return arcpy.GetParameterInfo(os.path.join(str(toolbox), tool))


def run(tool: Callable[..., Any], *arguments: object) -> tuple[Any, str]:
    """The result or None, and every message."""
    try:
        result = tool(*arguments)
    except arcpy.ExecuteError:
        return None, arcpy.GetMessages()
    return result, result.getMessages()


def about_expected_failures(report: Report) -> None:
    """A wrong text fails in validation, a missing file in execute; each is one message without a traceback."""
    result, said = run(arcpy.mapcache.DeleteMapServerCache, "World Imagery")
    report.expect("a wrong text fails", (result, "CT101" in said, "Traceback" in said), (None, True, False))
    result, said = run(arcpy.mapcache.DeleteMapServerCache, r"C:\nowhere\arcgis on h_6443 (admin).ags\R.MapServer", 2)
    report.expect("a missing file fails", (result, "CT102" in said, "Traceback" in said), (None, True, False))
    report.expect("another number of instances warns in a script", "2 is ignored" in arcpy.GetMessages(1), True)
    box = arcpy.Extent(3, 3, 1, 1)
    result, said = run(arcpy.mapcache.DeleteMapServerCacheTiles, NOBODY, [4000.5, 8000.25], None, box)
    report.expect("an extent the wrong way round fails", (result, "Traceback" in said), (None, False))
    report.found("what is said of an extent the wrong way round", one_line(said))
    several = [NOBODY, r"C:\nowhere\arcgis on h_6443 (admin).ags\R.MapServer", "World Imagery"]
    result, said = run(arcpy.mapcache.DeleteMapServerCaches, several)
    found = result, "CT101" in said, "Traceback" in said
    report.expect("one wrong text of several fails", found, (None, True, False))
    report.found("what is said of several texts", one_line(said))
    result, said = run(arcpy.mapcache.StoreServerSignIn, "gis.example.com", "nobody", "a made-up password")
    report.expect(
        "a site without its scheme fails", (result, "CT101" in said, "Traceback" in said), (None, True, False)
    )
    report.expect("the made-up password is in no message", "made-up" in said + arcpy.GetMessages(), False)
    report.expect("autoCancelling afterwards", arcpy.env.autoCancelling, True)
    report.found("all messages of that run", one_line(said))


@contextlib.contextmanager
def probe(datatype: Sequence[str]) -> Iterator[tuple[Any, list[str]]]:
    """A toolbox of its own for this question, and the log of its calls."""
    alias = "probe" + "".join(kind[:6].lower() for kind in datatype)
    log = sys.__dict__.setdefault("_cachetools_smoke", [])
    folder = Path(tempfile.mkdtemp(prefix="cachetools-smoke-"))
    toolbox = folder / f"{alias}.pyt"
    text = PROBE.replace("__DATATYPE__", repr(list(datatype))).replace("__ALIAS__", alias)
    toolbox.write_text(text, encoding="utf-8")
    log.clear()
    try:
        yield arcpy.ImportToolbox(str(toolbox)), log
    finally:
        shutil.rmtree(folder, ignore_errors=True)  # Pro may still hold it open


def about_data_types(report: Report, datatype: Sequence[str], texts: Sequence[str]) -> None:
    """What Pro's validation says of a service that it isn't signed in to (10 b), and what arrives (10 a)."""
    with probe(datatype) as (toolbox, _):
        for text in texts:
            result, said = run(toolbox.Probe, text)
            report.found(f"{'+'.join(datatype)} with {text}", f"{'runs' if result else 'fails'}: {one_line(said)}")
            if "GPString" in datatype:
                report.expect(f"the text of {text} arrives", result and result.getOutput(0), text)


def about_calls(report: Report) -> None:
    """Which methods a script call runs, in which order, and on how many instances (10 e)."""
    with probe(["GPString"]) as (toolbox, log):
        report.found("calls by loading", ", ".join(log))
        log.clear()
        result, said = run(toolbox.Probe, "a")
        order = [name.partition(" ")[0] for name in log if name not in ("module", "instance")]
        wanted = ["getParameterInfo", "updateParameters", "updateMessages", "execute"]
        report.expect("order of a script call", [name for name in wanted if name in order], wanted)
        report.found("calls by a script", ", ".join(log))
        report.found("a validation warning is among a script's messages", "a warning of updateMessages" in said)
        report.expect("status of the result", result and result.status, 4)


def about_endings(report: Report) -> None:
    """How a tool that fails looks (10 c)."""
    with probe(["GPString"]) as (toolbox, _):
        for how, traceback_shown in (("return", False), ("break", True)):
            result, said = run(toolbox.Probe, "a", how)
            report.expect(f"ending by {how}", (result, "Traceback" in said), (None, traceback_shown))
        _, said = run(toolbox.Probe, "a", "raise")
        report.found("arcpy.ExecuteError shows a traceback", "Traceback" in said)


def about_connection_file(report: Report, file: Path) -> None:
    """How an .ags file is built (10 g), without anything that is in it but its site."""
    from cachetools_core.errors import CacheToolsError
    from cachetools_core.naming.files import find_service
    from cachetools_core.waiting import SYSTEM_CLOCK, Run

    content = file.read_bytes()
    report.found("connection file", f"{len(content)} bytes, OLE: {content.startswith(OLE)}")
    places = [content.find("http".encode("utf-16-le")), content.find(b"http")]
    report.found("first address as UTF-16 and as bytes", places)
    run = Run(SYSTEM_CLOCK, 60.0, lambda: False)
    try:
        report.found("site that CacheTools reads", find_service(f"{file}/Rainfall.MapServer", run).site)
    except CacheToolsError as error:
        report.expect("CacheTools reads one site", one_line(error), "one site")


def about_service(report: Report, service: str) -> None:
    """What describing a service gives (10 f)."""
    report.try_to_find("arcpy.Describe", lambda: arcpy.Describe(service).dataType)
    report.try_to_find("arcpy.da.Describe", lambda: sorted(arcpy.da.Describe(service))[:20])


def about_report(report: Report, service: str, file: Path) -> None:
    """What a tool with several outputs gives to a script, and in which form numbers and a Boolean come."""
    result, said = run(arcpy.mapcache.ReportMapServerCache, service, str(file))
    print(said)
    report.expect("status of the report", result and result.status, 4)
    report.expect("outputs of the report", result and result.outputCount, 5)
    report.found("outputs", result and [result.getOutput(index) for index in range(result.outputCount)])
    report.expect("the report's file", file.exists(), True)


def delete(report: Report, service: str) -> None:
    """The whole tool, with Esri's documented second argument."""
    result, said = run(arcpy.mapcache.DeleteMapServerCache, service, 2)
    print(said)
    report.expect("status of the deletion", result and result.status, 4)
    report.found("output", result and result.getOutput(0))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
