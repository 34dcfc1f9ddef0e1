"""A federated rehearsal server and its portal."""

from __future__ import annotations

from typing import Any

from support.rehearsal_client import (
    TOOLS,
    Client,
    Start,
    details_of,
    error_of,
)


def test_a_federated_site_takes_its_portals_tokens(rehearsal: Start) -> None:
    server = rehearsal(federated=True)
    client = Client(server)
    info = client.get("/rest/info", signed_in=False)
    assert info["owningSystemUrl"] == server.portal
    assert info["authInfo"] == {"isTokenBasedSecurity": True, "tokenServicesUrl": client.token_service}
    assert client.get(f"{server.portal}/sharing/rest/portals/self")["user"]["username"] == server.username
    assert "user" not in client.get(f"{server.portal}/sharing/rest/portals/self", signed_in=False)
    address = server.site.replace("/arcgis", "/server")
    servers = client.get(f"{server.portal}/sharing/rest/portals/self/servers")["servers"]
    assert [(one["url"], one["adminUrl"]) for one in servers] == [(address, server.site)]
    assert error_of(client.ask_for_token(f"{server.site}/tokens/"))[0] == 400
    assert client.ask_for_token(f"{server.site}/admin/generateToken")["token"]
    assert client.delete()["jobStatus"] == "esriJobSucceeded"


def test_a_portals_token_is_exchanged_for_this_site_only(rehearsal: Start) -> None:
    server = rehearsal(federated=True)
    client = Client(server)

    def exchange(**fields: str) -> Any:
        return client.session.post(client.token_service, data={"f": "json", **fields}).json()

    for name in ("serverUrl", "serverURL"):
        exchanged = exchange(token=client.token, **{name: server.site})
        assert exchanged["ssl"] is True
        assert "tasks" in client.get(TOOLS, signed_in=False, token=exchanged["token"])
    foreign = exchange(token=client.token, serverUrl="https://gis.example.com/server")
    assert "not federated" in details_of(foreign)
    assert error_of(exchange(token=client.token))[0] == 400
    assert error_of(exchange(token="x", serverUrl=server.site)) == (498, "Invalid Token")
    assert error_of(client.session.get(client.token_service, params={"f": "json"}).json())[0] == 405
