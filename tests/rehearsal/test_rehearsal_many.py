"""A rehearsal site of many services."""

from __future__ import annotations

from support.rehearsal_client import Client, Start


def test_a_site_of_many_services_lists_each_in_its_folder(rehearsal: Start) -> None:
    server = rehearsal(services=24)
    client = Client(server)
    root = client.get("/rest/services")
    bodies = [root, *(client.get(f"/rest/services/{folder}") for folder in root["folders"])]
    listed = {one["name"] for body in bodies for one in body["services"] if one["type"] == "MapServer"}
    published = {one["url"].partition("/rest/services/")[2].rpartition("/")[0] for one in server.services}
    assert listed == published and len(listed) == 25
    assert root["folders"] == ["Planning", "System", "Transport", "Utilities", "Water"]


def test_their_caches_are_of_several_sizes_and_their_own(rehearsal: Start) -> None:
    server = rehearsal(services=4)
    client = Client(server)
    names = [one["url"].partition("/rest/services/")[2].rpartition("/")[0] for one in server.services[1:]]
    tiles = [sum(level["tileCount"] for level in client.report(f"{name}:MapServer")["lodInfos"]) for name in names]
    assert tiles == [one["tiles"] for one in server.services[1:]] == [1, 3, 5, 1]
    client.delete(f"{names[1]}:MapServer")
    assert [server.cache(name).exists() for name in names] == [True, False, True, True]


def test_a_hosted_service_says_that_it_has_tiles_only(rehearsal: Start, rainfall: object) -> None:
    server = rehearsal(caches={"Hosted/Tiles": rainfall})
    assert Client(server).service("Hosted/Tiles/MapServer")["capabilities"] == "Map,TilesOnly,Tilemap"
