"""CacheTools.pyt in the stand-in for ArcGIS Pro: parameters, validation, adapters, and every way to call it.

What needs a server runs against the rehearsal server, over HTTPS, in this process.
"""

from __future__ import annotations

import ast
import importlib.util
import json
import os
import ssl
import subprocess
import sys
import textwrap
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keyring
import keyring.backend
import pytest
from arcpy_standin import ExecuteError, MapLayer, Outcome, Pro, Session
from hypothesis import given, settings
from hypothesis import strategies as st
from keyrings.alt.file import PlaintextKeyring

import cachetools_core
from cachetools_core.naming.files import find_service
from cachetools_core.rehearsal.server import Rehearsal

ROOT = Path(__file__).resolve().parent.parent
TOOLBOX = ROOT / "CacheTools.pyt"
TOOL = "DeleteMapServerCache"
SERVICE, INSTANCES, URL = "input_service", "num_of_caching_service_instances", "out_job_url"

NAMED = [
    "https://h/server/rest/services/F/Rainfall/MapServer",
    "https://h/server/rest/services/F/Rainfall/MapServer/",
    "https://h/server/rest/services/Rainfall/ImageServer?f=json",
    "https://h:6443/ArcGIS/REST/services/Rainfall/MapServer",
    "https://h/server/services/F/Rainfall/MapServer",
    "https://h/server/services;F/Rainfall.MapServer",
    r"C:\Users\a\arcgis on h_6443 (admin).ags\F\Rainfall.MapServer",
    r"C:\Users\a\arcgis on h_6443 (admin)\Rainfall.MapServer",
    '"C:/Users/a/arcgis on h_6443 (admin).ags/F/Rainfall.ImageServer"',
    r"GIS Servers\arcgis on h_6443 (publisher)\Rainfall.MapServer",
    r"C:\layers\Rainfall.lyrx",
    "https://h/server/rest/services/%C3%9Cbersicht/Niederschl%C3%A4ge/MapServer",
    "https://h/server/rest/services/Übersicht/Niederschläge/MapServer",
]
NOT_NAMED = [
    "World Imagery",
    r"Basemap\World Imagery",
    "Rainfall",
    "   ",
    "https://h/server/rest/services",
    "https://h/server/rest/services/F",
    "https://h/server/rest/services/F/Rainfall/MapServer/0",
    "https://h/server/rest/services/F/Rainfall/FeatureServer",
    "https://h/server/rest/services/%C3%9Cbersicht/FeatureServer",
    "https://h/server/rest/services/F/*/MapServer",
    "https://user:secret@h/server/rest/services/F/Rainfall/MapServer",
    "ftp://h/server/rest/services/F/Rainfall/MapServer",
    r"C:\layers\Rainfall.lyr",
    r"C:\Users\a\conn.ags",
    r"C:\Users\a\conn.ags\F\Model.GPServer",
]


@pytest.fixture
def pro() -> Iterator[Pro]:
    with Pro() as session:
        session.add_toolbox(TOOLBOX)
        yield session


# The contract: labels, names, types


def test_toolbox_label_and_alias(pro: Pro) -> None:
    toolbox = pro.add_toolbox(TOOLBOX)
    assert (toolbox.label, toolbox.alias) == ("Cache Tools", "mapcache")
    assert [tool.__name__ for tool in toolbox.tools] == [TOOL]
    assert toolbox.tools[0]().label == "Delete Map Server Cache"


def test_parameter_table(pro: Pro) -> None:
    table = [
        (p.name, p.displayName, p.parameterType, p.direction, p.datatype, p.value, p.enabled, p.multiValue, p.category)
        for p in pro.describe(TOOL)
    ]
    service = ["DEMapServer", "DEImageServer", "GPString"]
    assert table == [
        (SERVICE, "Input Service", "Required", "Input", service, None, True, False, None),
        (INSTANCES, "Number of caching service instances", "Optional", "Input", "GPLong", -1, True, False, None),
        (URL, "Output Map Service URL", "Derived", "Output", "GPString", None, True, False, None),
    ]
    assert pro.describe(TOOL)[1].filter.list == []


def test_the_toolbox_stays_thin() -> None:
    text = TOOLBOX.read_text(encoding="utf-8")
    assert len(text.splitlines()) < 200
    for word in ("http", "rest/services", "CachingTools", "submitJob", "esriJob", "token="):
        assert word not in text


def test_the_toolbox_and_the_core_have_one_version(pro: Pro) -> None:
    assert f'VERSION = "{cachetools_core.__version__}"' in TOOLBOX.read_text(encoding="utf-8")


# Validation


@pytest.mark.parametrize("text", NAMED)
def test_a_named_service_gets_the_warning_that_deletion_is_final(pro: Pro, text: str) -> None:
    pane = pro.open_in_pane(TOOL)
    pane.edit(SERVICE, text)
    assert pane[SERVICE].hasWarning()
    assert "cannot be undone" in pane[SERVICE].message
    assert pane[SERVICE].message.count(text.strip('"').partition("/server")[0].partition("?")[0][:12]) == 1


@pytest.mark.parametrize("text", NOT_NAMED)
def test_a_wrong_text_gets_an_error_that_says_what_to_give(pro: Pro, text: str) -> None:
    pane = pro.open_in_pane(TOOL)
    pane.edit(SERVICE, text)
    assert pane[SERVICE].hasError()
    assert pane[SERVICE].message.startswith("CT101: ")
    assert "secret" not in pane[SERVICE].message


def test_messages_are_put_again_on_every_round(pro: Pro) -> None:
    pane = pro.open_in_pane(TOOL)
    pane.edit(SERVICE, NAMED[0])
    pane.edit(INSTANCES, 2)
    for other in (3, 4):
        pane.edit(INSTANCES, other)
        assert "cannot be undone" in pane[SERVICE].message
        assert f"{other} is ignored" in pane[INSTANCES].message
    pane.edit(SERVICE, NAMED[1])
    assert "4 is ignored" in pane[INSTANCES].message
    pane.edit(INSTANCES, -1)
    assert pane[INSTANCES].message == ""


def test_a_query_never_shows(pro: Pro) -> None:
    pane = pro.open_in_pane(TOOL)
    for text in (f"{NAMED[0]}?token=secret", f"{NOT_NAMED[7]}?token=secret#secret"):
        pane.edit(SERVICE, text)
        assert pane[SERVICE].message
        assert "secret" not in pane[SERVICE].message


@pytest.mark.parametrize("number", [0, 1, 2, "2", -2, 2.0])
def test_any_number_but_minus_one_warns_and_is_no_error(pro: Pro, number: Any) -> None:
    pane = pro.open_in_pane(TOOL)
    pane.edit(INSTANCES, number)
    assert pane[INSTANCES].hasWarning()
    assert "-1" in pane[INSTANCES].message
    assert pane[INSTANCES].enabled


@pytest.mark.parametrize("number", [-1, "-1", -1.0, None, ""])
def test_minus_one_and_nothing_do_not_warn(pro: Pro, number: Any) -> None:
    pane = pro.open_in_pane(TOOL)
    pane.edit(INSTANCES, number)
    assert pane[INSTANCES].message == ""


def test_what_pro_has_found_wrong_stays(pro: Pro) -> None:
    pane = pro.open_in_pane(TOOL)
    assert pane[SERVICE].message == "ERROR 000735: Input Service: Value is required"
    pane.edit(INSTANCES, "many")
    assert pane[INSTANCES].message == "ERROR 000840: The value is not a Long"


def test_a_service_that_pro_is_not_signed_in_to_passes_its_validation() -> None:
    with Pro(exists=lambda kind, text: False) as pro:
        pro.add_toolbox(TOOLBOX)
        pane = pro.open_in_pane(TOOL)
        pane.edit(SERVICE, NAMED[0])
        assert "cannot be undone" in pane[SERVICE].message


@pytest.mark.parametrize("text", ["%Service%", "https://h/server/rest/services/%Folder%/Rainfall/MapServer", "%Cafe%"])
def test_a_models_variable_is_let_through(pro: Pro, text: str) -> None:
    assert pro.model_validate(TOOL, {SERVICE: text})[SERVICE].message == ""


@pytest.mark.parametrize("placeholder", [None, "", "Output Value", NOT_NAMED[0]])
def test_another_tools_output_is_let_through(pro: Pro, placeholder: Any) -> None:
    parameters = pro.model_validate(TOOL, derived={SERVICE: placeholder, INSTANCES: None})
    assert [p.message for p in parameters.values()] == ["", "", ""]


def test_a_models_plain_text_is_validated(pro: Pro) -> None:
    assert pro.model_validate(TOOL, {SERVICE: NAMED[0]})[SERVICE].hasWarning()
    assert pro.model_validate(TOOL, {SERVICE: NOT_NAMED[0]})[SERVICE].hasError()


ODD_TEXTS = st.one_of(
    st.text(),
    st.text("https://h/rest/services/MapServer.%?#;\\\"'()ags lyrx\x00\n\ud800İ"),
    st.sampled_from(NAMED + NOT_NAMED).flatmap(lambda text: st.tuples(st.just(text), st.text(max_size=8)).map("".join)),
)
ODD_OBJECTS = st.one_of(
    ODD_TEXTS,
    st.integers(),
    st.floats(),
    st.booleans(),
    st.binary(),
    st.lists(st.text()),
    st.dictionaries(st.text(), st.integers()),
    st.builds(MapLayer, st.text()),
    st.builds(object),
)


def test_validation_never_raises() -> None:
    with Pro() as pro:
        pro.add_toolbox(TOOLBOX)
        pane = pro.open_in_pane(TOOL)

        @settings(max_examples=300, deadline=None)
        @given(service=ODD_OBJECTS, instances=ODD_OBJECTS)
        def any_values(service: Any, instances: Any) -> None:
            pane.edit(INSTANCES, instances)
            pane.edit(SERVICE, service)
            assert "CT999" not in pane[SERVICE].message
            pro.model_validate(TOOL, {SERVICE: service, INSTANCES: instances})
            pro.model_validate(TOOL, derived={SERVICE: service, INSTANCES: instances})

        any_values()


def test_a_fault_in_validation_is_a_warning_without_details(pro: Pro) -> None:
    class Broken:
        said = ""

        @property
        def valueAsText(self) -> str:
            raise RuntimeError("secret")

        def setWarningMessage(self, text: str) -> None:
            self.said = text

    parameters = [Broken(), Broken(), Broken()]
    pro.add_toolbox(TOOLBOX).tools[0]().updateMessages(parameters)
    assert parameters[0].said.startswith("CT999: ")
    assert "RuntimeError in " in parameters[0].said
    assert "secret" not in parameters[0].said


# A clean interpreter: what is imported, from where, and what a second copy of the core does


def alone(script: str, *paths: Path) -> Any:
    """What a script prints as JSON in an interpreter without site-packages; `paths` are what it can import from."""
    head = f"import sys, json\nsys.dont_write_bytecode = True\nsys.path[:0] = {[str(p) for p in paths]!r}\n"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", head + textwrap.dedent(script)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=os.path.dirname(sys.executable),
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def a_core(folder: Path, version: str, delete: str = "raise AssertionError('called')") -> Path:
    """Another cachetools_core, of another version or with another delete.py, as an older installation leaves it."""
    package = folder / "cachetools_core"
    package.mkdir()
    (package / "__init__.py").write_text(f'__version__ = "{version}"\n', encoding="utf-8")
    for name in ("errors.py", "service.py"):
        (package / name).write_bytes((ROOT / "cachetools_core" / name).read_bytes())
    (package / "signin.py").write_text("def ActivePortal(url, token): return (url, token)\n", encoding="utf-8")
    body = textwrap.indent(textwrap.dedent(delete), "    ")
    (package / "delete.py").write_text(
        f"from .errors import *\n\ndef delete_map_server_cache(service, *, active_portal, messages):\n{body}\n",
        encoding="utf-8",
    )
    return folder


CALL = f"""
from arcpy_standin import Pro, ExecuteError
pro = Pro(portal_url="https://p/portal")
with pro:
    pro.add_toolbox({str(TOOLBOX)!r})
    try:
        pro.call("{TOOL}", "{NAMED[0]}")
    except ExecuteError as error:
        pass
    outcome = pro.outcome
    print(json.dumps([outcome.executed, outcome.traceback_shown, outcome.messages, outcome.outputs, outcome.progress,
                      pro.arcpy.env.autoCancelling]))
"""


def test_nothing_of_the_network_is_imported_before_execute() -> None:
    script = f"""
    from arcpy_standin import Pro
    with Pro() as pro:
        before = list(sys.path)
        pro.arcpy.ImportToolbox({str(TOOLBOX)!r})
        added = [path for path in sys.path if path not in before]
        pane = pro.open_in_pane("{TOOL}")
        pane.edit("{SERVICE}", "{NAMED[0]}")
        pane.edit("{INSTANCES}", 2)
        pro.model_validate("{TOOL}", derived={{"{SERVICE}": None}})
        loud = ("requests", "keyring", "urllib3", "ssl", "socket", "http.client", "asyncio",
                "cachetools_core.tools.delete",
                "cachetools_core.server.wire", "cachetools_core.server.signin", "cachetools")
        print(json.dumps([added, [name for name in loud if name in sys.modules], pane["{SERVICE}"].message]))
    """
    added, loud, message = alone(script, ROOT / "tests")
    assert added == [str(ROOT)]
    assert loud == []
    assert "cannot be undone" in message


def test_a_core_that_can_be_imported_already_keeps_the_path_as_it_is() -> None:
    script = f"""
    from arcpy_standin import Pro
    with Pro() as pro:
        before = list(sys.path)
        pro.add_toolbox({str(TOOLBOX)!r})
        print(json.dumps(sys.path == before))
    """
    assert alone(script, ROOT / "tests", ROOT)


def test_another_version_of_the_core_says_restart_and_does_nothing(tmp_path: Path) -> None:
    executed, traceback_shown, messages, _, _, _ = alone(CALL, a_core(tmp_path, "0.9.0"), ROOT / "tests")
    assert (executed, traceback_shown) == (False, False)
    assert messages[1][1].startswith("CT002: ")
    assert "0.9.0" in messages[1][1]
    assert "Restart ArcGIS Pro" in messages[1][1]
    assert str(tmp_path / "cachetools_core") in messages[1][1]


def test_a_core_that_changes_between_validation_and_run_is_noticed_too(tmp_path: Path) -> None:
    script = f"""
    from arcpy_standin import Pro
    with Pro() as pro:
        pro.add_toolbox({str(TOOLBOX)!r})
        pane = pro.open_in_pane("{TOOL}")
        pane.edit("{SERVICE}", "{NAMED[0]}")
        tool, messages = pro.instances[-1], []
        import cachetools_core
        cachetools_core.__version__ = "0.9.0"
        class Messages:
            def addErrorMessage(self, text): messages.append(text)
        with pro.session.during("executing"):
            tool.execute(pro.describe("{TOOL}"), Messages())
        print(json.dumps(messages))
    """
    messages = alone(script, a_core(tmp_path, cachetools_core.__version__), ROOT / "tests")
    assert len(messages) == 1
    assert messages[0].startswith("CT002: ")


def test_the_toolbox_without_its_folder_says_so(tmp_path: Path) -> None:
    lonely = tmp_path / "CacheTools.pyt"
    lonely.write_bytes(TOOLBOX.read_bytes())
    executed, traceback_shown, messages, _, _, _ = alone(CALL.replace(str(TOOLBOX), str(lonely)), ROOT / "tests")
    assert (executed, traceback_shown) == (False, False)
    assert messages[1][1].startswith("CT001: ")
    assert str(tmp_path) in messages[1][1]


# The adapters, with a core that does one thing


def with_core(tmp_path: Path, delete: str) -> tuple[Outcome, bool]:
    core = a_core(tmp_path, cachetools_core.__version__, delete)
    executed, shown, messages, outputs, progress, auto_cancelling = alone(CALL, core, ROOT / "tests")
    outcome = Outcome(TOOL, executed=executed, traceback_shown=shown, outputs=outputs)
    outcome.messages, outcome.progress = [(s, t) for s, t in messages], [tuple(step) for step in progress]
    return outcome, auto_cancelling


def test_progress_labels_and_positions(tmp_path: Path) -> None:
    outcome, _ = with_core(
        tmp_path,
        """
        messages.progress("Looking")
        messages.progress("Looking again", None)
        messages.progress("Deleting", 0.0)
        messages.progress("Deleting", 99.9)
        messages.progress("Waiting")
        raise NotDeleted("no")
        """,
    )
    assert outcome.progress == [
        ("progressor", "default", "Looking", 0, 100, 1),
        ("label", "Looking"),
        ("label", "Looking again"),
        ("progressor", "step", "Deleting", 0, 100, 1),
        ("label", "Deleting"),
        ("position", 0),
        ("label", "Deleting"),
        ("position", 99),
        ("progressor", "default", "Waiting", 0, 100, 1),
        ("label", "Waiting"),
        ("reset",),
    ]


def test_an_expected_failure_is_one_message(tmp_path: Path) -> None:
    outcome, auto_cancelling = with_core(tmp_path, 'raise NotDeleted("It is there.", "Try again.")')
    assert outcome.executed
    assert not outcome.traceback_shown
    assert outcome.texts(2) == ["CT701: It is there. Try again.", f"Failed to execute ({TOOL})."]
    assert outcome.outputs == [None]
    assert outcome.progress == [("reset",)]
    assert auto_cancelling


def test_an_unexpected_failure_is_one_message_too(tmp_path: Path) -> None:
    outcome, auto_cancelling = with_core(tmp_path, 'raise KeyError("secret")')
    assert not outcome.traceback_shown
    error, last = outcome.texts(2)
    assert error.startswith(
        f"CT999: CacheTools {cachetools_core.__version__} has a fault, KeyError in delete.py, line 4"
    )
    assert "Look at the service" in error
    assert "secret" not in error
    assert "\n" not in error
    assert last == f"Failed to execute ({TOOL})."
    assert auto_cancelling


def test_a_broken_import_is_one_message_too(tmp_path: Path) -> None:
    outcome, auto_cancelling = with_core(tmp_path, "import requests_that_is_not_there")
    assert outcome.texts(2)[0].startswith("CT999: ")
    assert "ModuleNotFoundError" in outcome.texts(2)[0]
    assert auto_cancelling


def test_autocancelling_is_restored_even_by_what_nothing_catches(tmp_path: Path) -> None:
    script = CALL.replace("except ExecuteError as error", "except KeyboardInterrupt")
    core = a_core(tmp_path, cachetools_core.__version__, "raise KeyboardInterrupt")
    *_, progress, auto_cancelling = alone(script, core, ROOT / "tests")
    assert auto_cancelling
    assert progress == [["reset"]]


# Failures before any network: in the session of this test


@pytest.mark.parametrize("service", [r"C:\nowhere\arcgis on h_6443 (admin).ags\Rainfall.MapServer", r"C:\no\Rain.lyrx"])
def test_a_missing_file_ends_cleanly(pro: Pro, service: str) -> None:
    with pytest.raises(ExecuteError, match="CT102") as caught:
        pro.call(TOOL, service)
    assert str(caught.value).splitlines()[1:] == [f"Failed to execute ({TOOL})."]
    assert not pro.outcome.traceback_shown
    assert pro.arcpy.env.autoCancelling
    assert pro.outcome.progress[-1] == ("reset",)


def test_a_wrong_text_in_a_script_never_gets_to_execute(pro: Pro) -> None:
    with pytest.raises(ExecuteError, match=r"Parameters are not valid\.\nCT101: 'World Imagery'"):
        pro.call(TOOL, "World Imagery")
    with pytest.raises(ExecuteError, match="ERROR 000735"):
        pro.call(TOOL)
    assert "execute" not in pro.calls


@pytest.mark.parametrize(
    ("file", "site"),
    [
        ("Rainfall.lyrx", "https://localhost:6443/arcgis"),
        ("Rainfall over HTTP.lyrx", "http://localhost:6443/arcgis"),
    ],
)
def test_the_layer_files_draw_the_rehearsal_service(pro: Pro, file: str, site: str) -> None:
    path = ROOT / "layers" / file
    assert find_service(str(path)).url == f"{site}/rest/services/Rainfall/MapServer"
    document = json.loads(path.read_text(encoding="utf-8"))
    (layer,) = document["layerDefinitions"]
    connection = layer["serviceConnection"]
    assert (document["type"], document["layers"]) == ("CIMLayerDocument", [layer["uRI"]])
    assert (layer["type"], layer["name"]) == ("CIMTiledServiceLayer", path.stem)
    assert (connection["type"], connection["objectType"]) == ("CIMAGSServiceConnection", "MapServer")
    assert connection["serverConnection"]["url"] == f"{site}/services"
    pane = pro.open_in_pane(TOOL)
    pane.edit(SERVICE, str(path))
    assert pane[SERVICE].hasWarning()


def test_every_layer_file_is_tested() -> None:
    assert {path.name for path in (ROOT / "layers").iterdir()} == {"Rainfall.lyrx", "Rainfall over HTTP.lyrx"}


# Against the rehearsal server


class MemoryKeyring(keyring.backend.KeyringBackend):
    """A keyring in memory; like Windows' own it gives the account of a service without being told the user name."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()
        self.entries: dict[str, tuple[str, str]] = {}

    def set_password(self, service: str, username: str, password: str) -> None:
        self.entries[service] = (username, password)

    def get_password(self, service: str, username: str) -> str | None:
        name, password = self.entries.get(service, ("", ""))
        return password if name and name == username else None

    def get_credential(self, service: str, username: str | None) -> Any:
        name, password = self.entries.get(service, ("", ""))
        return keyring.credentials.SimpleCredential(name, password) if name and username in (None, name) else None


class Place:
    """A rehearsal server whose certificate is trusted and whose administrator is in the keyring."""

    def __init__(self, server: Rehearsal, monkeypatch: pytest.MonkeyPatch) -> None:
        self.server = server
        self.url = server.services[0]["url"]
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(server.ca_file))
        self.store("administrator")

    def store(self, role: str) -> None:
        account = self.server.accounts[role]
        home = self.server.portal or self.server.site
        keyring.set_keyring(MemoryKeyring())
        keyring.set_password(f"CacheTools:{home}", account.username, account.password)

    def tiles(self, name: str = "Rainfall") -> int:
        folder = self.server.cache(name).folder
        return sum(1 for file in folder.rglob("*") if file.is_file()) if folder.exists() else 0


Start = Callable[..., Place]


@pytest.fixture
def start(rehearsal: Callable[..., Rehearsal], monkeypatch: pytest.MonkeyPatch) -> Start:
    return lambda **options: Place(rehearsal(**options), monkeypatch)


@pytest.fixture
def place(start: Start, rainfall: Path) -> Place:
    return start(caches={"Weather/Wind:ImageServer": rainfall}, job_seconds=0.2)


def assert_ended_cleanly(pro: Pro) -> None:
    assert not pro.outcome.traceback_shown
    assert not pro.outcome.aborted
    assert pro.arcpy.env.autoCancelling
    assert pro.outcome.progress[-1] == ("reset",)


def test_a_stand_alone_site_with_the_keyring(pro: Pro, place: Place) -> None:
    assert place.tiles() > 0
    result = pro.call(TOOL, place.url)
    assert (result.status, result[0], result.getOutput(0)) == (4, place.url, place.url)
    assert place.tiles() == 0
    assert place.tiles("Weather/Wind:ImageServer") > 0
    assert place.server.submits == 1
    assert "Deleted: the cache of Rainfall:MapServer is gone" in result.getMessages()
    assert "Server: " in result.getMessages()
    assert place.server.password not in result.getMessages()
    assert_ended_cleanly(pro)


def test_a_keyring_file(pro: Pro, place: Place, tmp_path: Path, own_home: Path) -> None:
    file = PlaintextKeyring()
    file.file_path = str(tmp_path / "keyring.cfg")
    file.set_password(f"CacheTools:{place.server.site}", place.server.username, place.server.password)
    keyring.set_keyring(file)
    with pytest.raises(ExecuteError, match="CT401"):
        pro.call(TOOL, place.url)
    profile = own_home / ".agsprofile"
    profile.write_text(f"[night]\nurl = {place.server.site}\nusername = {place.server.username}\n", encoding="utf-8")
    file.set_password("esri_ags_profile_passwords", "night", place.server.password)
    assert pro.call(TOOL, place.url)[0] == place.url
    assert place.tiles() == 0


def test_an_image_service_from_the_pane(pro: Pro, place: Place) -> None:
    url = place.server.services[1]["url"]
    pane = pro.open_in_pane(TOOL)
    pane.edit(SERVICE, url.replace("/rest/services/", "/services/"))
    outcome = pane.run()
    assert outcome.texts(2) == []
    assert pane[URL].value == url
    assert (place.tiles("Weather/Wind:ImageServer"), place.server.submits) == (0, 1)
    assert place.tiles() > 0


def portal_token(server: Rehearsal, role: str, referer: str) -> dict[str, Any]:
    """What arcpy.GetSigninToken gives: a real token of the rehearsal portal, bound to a referer."""
    account = server.accounts[role]
    fields = {
        "username": account.username,
        "password": account.password,
        "client": "referer",
        "referer": referer,
        "expiration": "60",
        "f": "json",
    }
    context = ssl.create_default_context(cafile=str(server.ca_file))
    body = urllib.parse.urlencode(fields).encode()
    with urllib.request.urlopen(f"{server.portal}/sharing/rest/generateToken", body, context=context) as answer:
        said = json.load(answer)
    return {"token": said["token"], "referer": referer, "expires": said["expires"], "messages": []}


@pytest.mark.parametrize("slash", ["", "/"])
def test_a_federated_site_with_the_active_portal(start: Start, slash: str) -> None:
    place = start(federated=True)
    keyring.set_keyring(MemoryKeyring())
    token = portal_token(place.server, "publisher", "http://www.esri.com/AGO/0123")
    with Pro(signin_token=token, portal_url=f"{place.server.portal}{slash}") as pro:
        pro.add_toolbox(TOOLBOX)
        result = pro.call(TOOL, place.url)
        assert result[0] == place.url
        assert "Pro's active portal" in result.getMessages()
        assert token["token"] not in result.getMessages()
        assert (place.tiles(), place.server.submits) == (0, 1)
        assert_ended_cleanly(pro)


def test_a_federated_site_with_the_keyring_while_pro_is_signed_in_elsewhere(start: Start) -> None:
    place = start(federated=True)
    with Pro(portal_url="https://www.arcgis.com/") as pro:
        pro.add_toolbox(TOOLBOX)
        assert pro.call(TOOL, place.url)[0] == place.url
        assert place.tiles() == 0


def test_nobody_signed_in_says_where_it_looked(start: Start) -> None:
    place = start(federated=True)
    keyring.set_keyring(MemoryKeyring())
    with Pro(portal_url=place.server.portal or "") as pro:
        pro.add_toolbox(TOOLBOX)
        with pytest.raises(ExecuteError, match=r"CT401: .*Pro isn't signed in to it.*keyring") as caught:
            pro.call(TOOL, place.url)
        assert len(str(caught.value).splitlines()) == 2
        assert place.server.submits == 0
        assert_ended_cleanly(pro)


SCRIPTS = {
    "position": "result = arcpy.mapcache.DeleteMapServerCache(inputService, 2)",
    "old name": "result = arcpy.DeleteMapServerCache_mapcache(inputService, 2)",
    "keyword": f"result = arcpy.mapcache.DeleteMapServerCache(input_service=inputService, {INSTANCES}=2)",
}


@pytest.mark.parametrize("call", list(SCRIPTS.values()), ids=list(SCRIPTS))
def test_esris_documented_call_warns_and_runs(pro: Pro, place: Place, call: str) -> None:
    script = f"""
import time
import arcpy

arcpy.env.workspace = "C:/data"
arcpy.ImportToolbox(r"{TOOLBOX}")
inputService = "{place.url}"
{call}
while result.status < 4:
    time.sleep(0.2)
said = result.getMessages()
warned = result.getMessages(1)
"""
    names: dict[str, Any] = {}
    exec(compile(script, "sample.py", "exec"), names)
    assert names["result"].status == 4
    assert "2 is ignored" in names["warned"]
    assert names["result"].maxSeverity == 1
    assert "Deleted: " in names["said"]
    assert place.tiles() == 0


@pytest.mark.parametrize("kept", [None, "", "#", -1, "-1"])
def test_the_default_can_be_kept_in_every_way(pro: Pro, place: Place, kept: Any) -> None:
    result = pro.call(TOOL, place.url, kept)
    assert result[0] == place.url
    assert "ignored" not in result.getMessages()
    job = place.server.jobs[0]
    assert job.inputs["thread_count"] == "-1"


def test_a_second_run_has_nothing_to_delete_and_succeeds(pro: Pro, place: Place) -> None:
    pro.call(TOOL, place.url)
    result = pro.call(TOOL, place.url)
    assert result[0] == place.url
    assert "nothing to delete" in result.getMessages(1)
    assert place.server.submits == 1


def test_a_layer_file(pro: Pro, place: Place, tmp_path: Path) -> None:
    port = urllib.parse.urlsplit(place.url).port
    text = (ROOT / "layers" / "Rainfall.lyrx").read_text(encoding="utf-8").replace(":6443", f":{port}")
    (tmp_path / "Rainfall.lyrx").write_text(text, encoding="utf-8")
    assert pro.call(TOOL, str(tmp_path / "Rainfall.lyrx"))[0] == place.url
    assert place.tiles() == 0


def test_a_connection_file(pro: Pro, place: Place, tmp_path: Path) -> None:
    connection = tmp_path / "arcgis on localhost_6443 (admin).ags"
    connection.write_bytes(b"\x01\x02" + f"{place.server.site}/services".encode("utf-16-le") + b"\x00\x00\x07")
    assert pro.call(TOOL, rf"{connection}\Rainfall.MapServer")[0] == place.url
    assert place.tiles() == 0


def test_messages_and_progress_appear_while_the_job_runs(start: Start) -> None:
    place = start(job_seconds=2.0)
    seen: list[tuple[int, int]] = []

    def look(session: Session) -> bool:
        if any(job.status == "esriJobExecuting" for job in place.server.jobs):
            said = [text for text in session.outcome.texts() if text.startswith("Server: ")]
            seen.append((len(said), len(positions(session.outcome))))
        return False

    def positions(outcome: Outcome) -> list[int]:
        return [step[1] for step in outcome.progress if step[0] == "position"]

    with Pro(cancel_when=look) as pro:
        pro.add_toolbox(TOOLBOX)
        pro.call(TOOL, place.url)
        assert max(said for said, _ in seen) > 0
        assert max(moves for _, moves in seen) > 1
        assert positions(pro.outcome) == sorted(positions(pro.outcome))


def test_a_cancel_in_the_pane_stops_the_servers_job(start: Start) -> None:
    place = start(job_seconds=15)
    before = place.tiles()
    executing = lambda session: any(job.status == "esriJobExecuting" for job in place.server.jobs)  # noqa: E731
    with Pro(cancel_when=executing) as pro:
        pro.add_toolbox(TOOLBOX)
        pane = pro.open_in_pane(TOOL)
        pane.edit(SERVICE, place.url)
        outcome = pane.run()
        assert not outcome.succeeded
        assert [job.status for job in place.server.jobs] == ["esriJobCancelled"]
        assert place.tiles() == before
        assert len(outcome.texts(2)) == 2
        assert outcome.texts(2)[0].startswith("CT601: ")
        assert pane[URL].value is None
        assert_ended_cleanly(pro)


def test_a_cancel_before_the_job_submits_nothing(place: Place) -> None:
    with Pro(cancel_when=lambda session: bool(place.server.requests)) as pro:
        pro.add_toolbox(TOOLBOX)
        with pytest.raises(ExecuteError, match="CT601"):
            pro.call(TOOL, place.url)
        assert (place.server.submits, place.tiles() > 0) == (0, True)
        assert_ended_cleanly(pro)


@pytest.mark.parametrize(("fault", "message_id"), [("job-failed", "CT701"), ("reset-before@info", "CT201")])
def test_a_failure_on_the_server_is_one_message(pro: Pro, place: Place, fault: str, message_id: str) -> None:
    place.server.fault(fault)
    with pytest.raises(ExecuteError, match=message_id) as caught:
        pro.call(TOOL, place.url)
    assert len(str(caught.value).splitlines()) == 2
    assert place.tiles() > 0
    assert_ended_cleanly(pro)


def test_a_certificate_that_nobody_trusts(pro: Pro, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    with pytest.raises(ExecuteError, match="CT204"):
        pro.call(TOOL, place.url)
    assert place.server.requests == []
    assert_ended_cleanly(pro)


def test_a_user_without_the_right(pro: Pro, place: Place) -> None:
    place.store("user")
    with pytest.raises(ExecuteError, match="CT30"):
        pro.call(TOOL, place.url)
    assert (place.server.submits, place.tiles() > 0) == (0, True)
    assert_ended_cleanly(pro)


# The script that users with Pro run, here in the stand-in


def smoke() -> Any:
    """tests/pro/smoke.py as a module; it imports arcpy, so each session loads it anew."""
    specification = importlib.util.spec_from_file_location("smoke", ROOT / "tests" / "pro" / "smoke.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.mark.usefixtures("pro")
def test_the_smoke_test_for_pro_agrees_with_the_stand_in(
    place: Place, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    connection = tmp_path / "server.ags"
    connection.write_bytes(f"{place.server.site}/services".encode("utf-16-le"))
    code = smoke().main(["--service", place.url, "--ags", str(connection)])
    printed = capsys.readouterr().out
    assert (code, "DIFFERENT" in printed) == (0, False)
    assert f"site that CacheTools reads: {place.server.site}" in printed
    assert (place.server.requests, place.tiles() > 0) == ([], True)


@pytest.mark.usefixtures("pro")
def test_the_smoke_test_deletes_only_when_told(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        smoke().main(["--yes-delete"])
    assert smoke().main(["--service", place.url, "--yes-delete"]) == 0
    assert place.tiles() == 0
    assert place.server.password not in capsys.readouterr().out


def test_toolbox_and_smoke_test_are_python_3_9() -> None:
    for file in (ROOT / "tests" / "pro" / "smoke.py", TOOLBOX):
        ast.parse(file.read_text(encoding="utf-8"), feature_version=(3, 9))
