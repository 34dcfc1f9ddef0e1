"""The story of one deletion, told against the rehearsal server over real HTTPS."""

from __future__ import annotations

from pathlib import Path

from support import Listener, delete, service_url

from cachetools_core.receipt import Verdict


def test_a_cache_is_deleted_and_proven_gone(server):
    listener = Listener()
    folder = Path(server.services[0]["cache"])
    assert folder.exists()
    receipt = delete(server, messages=listener)
    assert (receipt.verdict, receipt.exit_code, receipt.error) == (Verdict.DELETED, 0, None)
    assert not folder.exists()
    assert receipt.output_url == service_url(server)
    assert receipt.before.tiles == server.services[0]["tiles"]
    assert (receipt.after.cached, receipt.after.tiles) == (False, 0)
    assert server.submits == 1
