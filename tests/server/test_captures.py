"""Bodies that real servers were seen, or are documented, to send: the core understands each that it reads."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from support.addresses import REPORT
from support.body_server import BodyServer
from support.clocks import FastClock
from support.listener import Listener

from cachetools_core.errors import (
    CannotDelete,
    NotArcGIS,
    NotPermitted,
    ServerSaysNo,
    SignInRefused,
    TokenRefused,
)
from cachetools_core.naming.service import ServiceReference
from cachetools_core.proof.ending import JobEnd
from cachetools_core.proof.entry import Entry
from cachetools_core.proof.evidence import Look, Says, ServiceState, Why, Witness
from cachetools_core.server.candidates import Target
from cachetools_core.server.following import follow
from cachetools_core.server.job_list import list_jobs
from cachetools_core.server.looks import look
from cachetools_core.server.searching import Sight
from cachetools_core.server.site import Task, find_task, open_site, start_service, tools_state
from cachetools_core.server.submission import Submission
from cachetools_core.server.tokens import ask_for_token
from cachetools_core.server.trust import Trust
from cachetools_core.server.wire import PlainWire
from cachetools_core.waiting import Patience, Run

PATIENCE = Patience(no_answer=1.0, gone=0.5, cancel=0.5)
TASK = "rest/services/System/CachingTools/GPServer/DeleteCache"


class Captures:
    """Captured bodies, and a server that gives them as they are."""

    def __init__(self, shared: Path, server: BodyServer) -> None:
        self.folder = shared / "wire"
        self.bodies: dict[str, bytes] = {}
        self.server, self.asked, self.site = server, server.asked, server.site
        server.answer = self.bodies.get
        self.run = Run(FastClock(100.0), 600.0, lambda: False)
        self.rest = PlainWire(Trust(), self.run)

    def text(self, name: str) -> bytes:
        return (self.folder / f"{name}.json").read_bytes()

    def body(self, name: str) -> Any:
        return json.loads(self.text(name))

    def serve(self, names: Mapping[str, str]) -> None:
        """Captures by the path below the site that they are served at."""
        self.serve_bytes({path: self.text(name) for path, name in names.items()})

    def serve_bytes(self, bodies: Mapping[str, bytes]) -> None:
        self.bodies.update(bodies)

    def reference(self, name: str = "Rainfall") -> ServiceReference:
        return ServiceReference(self.site, "", name, "MapServer")


class Pages:
    """A notebook that keeps every page."""

    def __init__(self) -> None:
        self.written: list[Entry] = []

    def write(self, entry: Entry) -> None:
        self.written.append(entry)

    def clear(self) -> None:
        self.written.clear()

    def check_held(self) -> None:
        """Nobody else writes here."""


@pytest.fixture
def wire(shared: Path) -> Iterator[Captures]:
    with BodyServer(lambda path: None) as server:
        yield Captures(shared, server)


@pytest.mark.parametrize(
    ("name", "version", "token_service", "portal", "minutes"),
    [
        ("capture_1061_standalone_rest_info", "10.6.1", "https://geo.stantec.com/arcgis/tokens/", "", 120),
        ("doc_rest_info_101", "10.1", "https://myserver.mydomain.com/arcgis/tokens", "", 60),
        (
            "doc_mission_108_federated_rest_root",
            "10.8.1",
            "https://organization.example.com/portal/sharing/rest/generateToken",
            "https://organization.example.com/portal",
            None,
        ),
    ],
)
def test_rest_info_says_version_token_service_and_portal(
    wire: Captures, name: str, version: str, token_service: str, portal: str, minutes: int | None
) -> None:
    wire.serve({"rest/info": name})
    site = open_site(wire.rest, wire.site)
    assert (site.version, site.token_service, site.portal, site.token_minutes) == (
        version,
        token_service,
        portal,
        minutes,
    )


def test_a_portals_own_info_is_no_server(wire: Captures) -> None:
    wire.serve({"rest/info": "fixture_restjs_sharing_rest_info"})
    with pytest.raises(NotArcGIS, match="isn't an ArcGIS Server site"):
        open_site(wire.rest, wire.site)


def test_the_admin_info_of_another_kind_of_server_is_taken_by_its_version(wire: Captures) -> None:
    wire.serve({"rest/info": "doc_admin_info_video_server_120"})
    site = open_site(wire.rest, wire.site)
    assert (site.version, site.token_service) == ("12.0.0", "")


def test_a_cached_map_service_is_seen_to_be_cached(wire: Captures) -> None:
    wire.serve({"rest/services/Rainfall/MapServer": "capture_1011_cached_MapServer"})
    seen = look(wire.rest, wire.reference(), tries=1)
    assert (seen.service, seen.cached, seen.tiles_only, seen.has_no_cache) == (
        ServiceState.ANSWERS,
        True,
        False,
        False,
    )
    assert seen.scheme_scales == len(wire.body("capture_1011_cached_MapServer")["tileInfo"]["lods"])
    assert (seen.scales, seen.tiles) == (None, None)
    assert "404" in seen.trouble[0]


def shape_of_an_answer(report: Any) -> bytes:
    value = {"paramName": "output", "dataType": "GPString", "value": report}
    return json.dumps({"results": [value], "messages": []}).encode()


@pytest.mark.parametrize("dress", [lambda report: report, json.dumps], ids=["object", "string"])
def test_a_cache_report_gives_the_scales_that_hold_tiles(wire: Captures, dress: Callable[[Any], Any]) -> None:
    report = wire.body("arcgis244_docstring_report_cache_status")
    folder, name = report["name"].split("/")
    service = ServiceReference(wire.site, folder, name, report["type"])
    wire.serve_bytes({REPORT: shape_of_an_answer(dress(report))})
    wire.serve({"rest/services/sd_pub_api/AGOL_DynamicMS/MapServer": "capture_1011_cached_MapServer"})
    seen = look(wire.rest, service, tries=1)
    assert [(scale.level, scale.scale, scale.tiles, scale.bytes) for scale in seen.scales or ()] == [
        (5, 18489297.737236, 1, 2737),
        (6, 9244648.868618, 2, 6782),
    ]
    assert (seen.tiles, seen.bytes, seen.busy, seen.trouble) == (3, 9519, False, ())
    assert (REPORT, ["sd_pub_api/AGOL_DynamicMS:MapServer"]) in [
        (path, fields.get("service_url")) for path, fields in wire.asked
    ]


def test_a_report_about_another_service_is_no_report(wire: Captures) -> None:
    wire.serve_bytes({REPORT: shape_of_an_answer(wire.body("arcgis244_docstring_report_cache_status"))})
    wire.serve({"rest/services/Rainfall/MapServer": "capture_1011_cached_MapServer"})
    said = look(wire.rest, wire.reference(), tries=1).of(Witness.REPORT)
    assert (said.says, said.why, said.scales) == (Says.NOTHING, Why.ABOUT_ANOTHER, None)


def test_a_running_scale_means_that_a_caching_job_is_at_work(wire: Captures) -> None:
    report = wire.body("arcgis244_docstring_report_cache_status")
    report["lodInfos"][1]["isRunning"] = "true"
    wire.serve_bytes({REPORT: shape_of_an_answer(report)})
    service = ServiceReference(wire.site, "sd_pub_api", "AGOL_DynamicMS", "MapServer")
    assert look(wire.rest, service, tries=1).busy is True


@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("capture_err_500_service_not_started", ServiceState.NOT_STARTED),
        ("capture_err_404_service_not_found", ServiceState.MISSING),
    ],
)
def test_a_stopped_and_a_missing_service_are_told_apart(wire: Captures, name: str, state: ServiceState) -> None:
    wire.serve({"rest/services/Rainfall/MapServer": name})
    seen = look(wire.rest, wire.reference(), tries=1)
    assert (seen.service, seen.cached, seen.has_no_cache) == (state, None, False)
    assert wire.body(name)["error"]["message"].strip() in seen.trouble[0]


ERRORS = [
    ("capture_err_404_service_not_found", ServerSaysNo, 404, "Service Layers_Anno_Pro/MapServer not found"),
    ("capture_err_500_service_not_started", ServerSaysNo, 500, "Service 2018FEB/Basemap_102100/MapServer not started"),
    ("capture_server_err_498_invalid_token", TokenRefused, 498, "Invalid Token"),
    ("capture_server_err_499_token_required", TokenRefused, 499, "Token Required"),
    ("fixture_restjs_err_499_token_required", TokenRefused, 499, "Token Required"),
    ("doc_admin_err_499_token_not_found", TokenRefused, 499, "Unauthorized access.Token not found."),
    ("fixture_restjs_err_403_no_permission", NotPermitted, 403, "You do not have permissions"),
    ("fixture_restjs_err_400_generate_token", ServerSaysNo, 400, "Invalid username or password."),
    ("capture_github_portal_generateToken_missing_params", ServerSaysNo, 400, "'username' must be specified."),
    ("capture_113_admin_err_404_unknown_operation", ServerSaysNo, 404, "Could not find resource or operation"),
    ("doc_admin_cancel_job_error", ServerSaysNo, 500, "Unable to cancel job :[<jobID>]"),
]


@pytest.mark.parametrize(("name", "kind", "code", "words"), ERRORS)
def test_an_error_body_is_raised_as_what_it_is(
    wire: Captures, name: str, kind: type[ServerSaysNo], code: int, words: str
) -> None:
    wire.serve({"rest/info": name})
    with pytest.raises(ServerSaysNo) as caught:
        wire.rest.get(f"{wire.site}/rest/info")
    assert (type(caught.value), caught.value.code) == (kind, code)
    assert words in caught.value.server_words
    assert caught.value.server_words == caught.value.server_words.strip()


def test_every_error_body_of_the_captures_is_in_the_table(wire: Captures) -> None:
    found = {file.stem for file in wire.folder.glob("*.json") if "err" in file.stem.split("_")}
    found |= {file.stem for file in wire.folder.glob("*.json") if b'"error"' in file.read_bytes()}
    assert found == {name for name, *_ in ERRORS}


def test_the_delete_task_is_found_at_its_own_address_and_says_its_inputs(wire: Captures) -> None:
    wire.serve(
        {
            "rest/services/System/CachingTools/GPServer": "capture_1081_System_CachingTools_GPServer_pjson",
            TASK: "capture_1081_System_CachingTools_DeleteCache_pjson",
        }
    )
    task = find_task(wire.rest, wire.site, "DeleteCache")
    assert task.url == f"{wire.site}/rest/services/System/CachingTools/GPServer/DeleteCache"
    assert task.tools == "CachingTools"
    assert task.inputs == {"service_url", "thread_count", "cache_path"}
    assert task.required == {"service_url"}


def test_caching_tools_ex_offers_the_task_where_caching_tools_does_not(wire: Captures) -> None:
    wire.serve(
        {
            "rest/services/System/CachingTools/GPServer": "capture_1081_System_CachingControllers_GPServer_pjson",
            "rest/services/System/CachingToolsEx/GPServer": "capture_1081_System_CachingToolsEx_GPServer_pjson",
            TASK.replace("Tools/", "ToolsEx/"): "capture_1081_System_CachingTools_DeleteCache_pjson",
        }
    )
    assert find_task(wire.rest, wire.site, "DeleteCache").tools == "CachingToolsEx"


@pytest.mark.parametrize(
    "name",
    [
        "capture_1081_System_CachingControllers_GPServer_pjson",
        "capture_1081_System_ReportingTools_GPServer_pjson",
        "capture_err_404_service_not_found",
        "capture_err_500_service_not_started",
        "capture_103_rest_services_folder_pjson",
    ],
)
def test_where_nothing_offers_the_task_the_error_names_both_services(wire: Captures, name: str) -> None:
    wire.serve(
        {"rest/services/System/CachingTools/GPServer": name, "rest/services/System/CachingToolsEx/GPServer": name}
    )
    with pytest.raises(CannotDelete) as caught:
        find_task(wire.rest, wire.site, "DeleteCache")
    assert "System/CachingTools" in caught.value.what
    assert "System/CachingToolsEx" in caught.value.what


@pytest.mark.parametrize("name", ["doc_submitJob_response", "fixture_restjs_submitJob"])
def test_the_answer_to_a_submit_gives_the_jobs_address(wire: Captures, name: str) -> None:
    wire.serve_bytes({f"{TASK}/submitJob": wire.text(name)})
    job_id = wire.body(name)["jobId"]
    wire.serve_bytes({f"{TASK}/jobs/{job_id}": json.dumps({"jobId": job_id, "jobStatus": "esriJobFailed"}).encode()})
    pages = Pages()
    target = Target(wire.reference(), wire.site, wire.rest, "")
    task = Task("CachingTools", f"{wire.site}/{TASK}", frozenset(), frozenset())
    sight = Sight(done=False, untouched=True, mark=None)
    submission = Submission(target, pages, Listener(), PATIENCE, lambda: sight)
    report = submission.begin(task, {"service_url": "Rainfall:MapServer"}, Look())
    assert report.url == f"{wire.site}/{TASK}/jobs/{job_id}"
    assert [entry.job_url for entry in pages.written] == ["", report.url]
    assert [fields for path, fields in wire.asked if path == f"{TASK}/submitJob"] == [
        {"service_url": ["Rainfall:MapServer"], "f": ["json"]}
    ]


@pytest.mark.parametrize(
    ("name", "end", "said"),
    [
        ("fixture_restjs_job_cancelled", JobEnd.CANCELLED, ["Submitted.", "Cancel complete."]),
        ("doc_cancel_job_response", JobEnd.CANCELLED, []),
    ],
)
def test_a_job_body_gives_its_end_and_its_messages(wire: Captures, name: str, end: JobEnd, said: list[str]) -> None:
    job = f"jobs/{wire.body(name)['jobId']}"
    wire.serve_bytes({job: wire.text(name)})
    listener = Listener()
    report = follow(wire.rest, f"{wire.site}/{job}", listener, PATIENCE)
    assert (report.end, report.messages, report.status) == (end, tuple(said), wire.body(name)["jobStatus"])
    assert listener.lines == [f"Server: {text}" for text in said]


@pytest.mark.parametrize("name", ["doc_job_executing", "doc_submitJob_response", "fixture_restjs_submitJob"])
def test_a_job_that_goes_on_is_followed_until_the_deadline(wire: Captures, name: str) -> None:
    job = f"jobs/{wire.body(name)['jobId']}"
    wire.serve_bytes({job: wire.text(name)})
    rest = PlainWire(Trust(), Run(FastClock(100.0), 30.0, lambda: False))
    report = follow(rest, f"{wire.site}/{job}", Listener(), PATIENCE)
    assert (report.end, report.status) == (JobEnd.RUNNING, wire.body(name)["jobStatus"])
    assert report.messages == tuple(one["description"] for one in wire.body(name).get("messages", []))
    assert len(wire.asked) > 1


def test_the_job_of_another_product_has_no_status_that_is_known(wire: Captures) -> None:
    wire.serve_bytes({"job": wire.text("doc_admin_enterprise_service_job")})
    report = follow(wire.rest, f"{wire.site}/job", Listener(), PATIENCE)
    assert (report.end, report.status) == (JobEnd.NO_ANSWER, "")
    assert "gives the job no status" in report.trouble


def test_jobs_are_listed_by_the_id_that_the_documentation_shows(wire: Captures) -> None:
    job = wire.body("doc_admin_enterprise_service_job")
    path = "admin/services/System/CachingTools.GPServer/jobs/query"
    wire.serve_bytes({path: json.dumps({"results": [job]}).encode()})
    assert list_jobs(wire.rest, wire.site, "CachingTools").ids == {"j0550714f334d4114af9f7a5d05cb145e"}


def test_the_state_of_a_service_is_its_real_one(wire: Captures) -> None:
    wire.serve_bytes({"admin/services/System/CachingTools.GPServer/status": wire.text("doc_admin_service_status")})
    assert tools_state(wire.rest, wire.site, "CachingTools") == "STARTED"


def test_success_of_the_admin_api_is_no_error(wire: Captures) -> None:
    wire.serve_bytes({"admin/services/Rainfall.MapServer/start": wire.text("doc_admin_success")})
    start_service(wire.rest, wire.reference())
    assert [path for path, _ in wire.asked] == ["admin/services/Rainfall.MapServer/start"]


@pytest.mark.parametrize(
    "name",
    [
        "doc_admin_generateToken_response_string_expires",
        "doc_generate_admin_token_response_numeric_expires",
        "capture_community_portal_token_success",
    ],
)
def test_a_token_is_taken_with_its_end_as_a_number_or_a_string(wire: Captures, name: str) -> None:
    wire.serve_bytes({"tokens/generateToken": wire.text(name)})
    token = ask_for_token(
        wire.rest, f"{wire.site}/tokens/generateToken", {"username": "u"}, referer=wire.site, minutes=60
    )
    assert token.value == wire.body(name)["token"]
    assert token.good_for == 3600.0, "an end that is over, or beyond what was asked for, isn't believed"
    assert token.referer == wire.site


@pytest.mark.parametrize("as_text", [False, True])
def test_an_end_before_the_time_that_was_asked_for_is_believed(wire: Captures, as_text: bool) -> None:
    body = wire.body("doc_generate_admin_token_response_numeric_expires")
    end = int((wire.run.clock.now().timestamp() + 600) * 1000)
    body["expires"] = str(end) if as_text else end
    wire.serve_bytes({"t": json.dumps(body).encode()})
    token = ask_for_token(wire.rest, f"{wire.site}/t", {}, referer="", minutes=60)
    assert token.good_for == pytest.approx(600, abs=30)


@pytest.mark.parametrize(
    "name", ["fixture_restjs_err_400_generate_token", "capture_github_portal_generateToken_missing_params"]
)
def test_a_token_that_is_refused_is_a_refused_sign_in(wire: Captures, name: str) -> None:
    wire.serve_bytes({"t": wire.text(name)})
    with pytest.raises(SignInRefused) as caught:
        ask_for_token(wire.rest, f"{wire.site}/t", {}, referer="", minutes=60)
    assert wire.body(name)["error"]["details"][0] in caught.value.what
    assert len(wire.asked) == 1
