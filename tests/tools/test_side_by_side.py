"""What the services of one site share in a run over several."""

from __future__ import annotations

import pytest
from support.clocks import StepClock
from support.listener import Listener

from cachetools_core.errors import NoAnswer
from cachetools_core.naming.service import ServiceReference
from cachetools_core.server.neighbours import Neighbours
from cachetools_core.tools.access import Access
from cachetools_core.tools.relay import Relay
from cachetools_core.tools.side_by_side import ManySession, SharedSite

RAIN = ServiceReference("https://h/arcgis", "", "Rain", "MapServer")


def test_services_that_hang_cost_no_other_one_its_look_and_take_a_few_minutes_in_all() -> None:
    clock, heard = StepClock(), Listener()
    session = ManySession(Access(clock=clock, messages=heard), Relay(heard, clock), per_site=1)
    site = SharedSite(session, Neighbours())

    def hang() -> None:
        clock.seconds += session.run.left()
        session.run.go_on()

    def look_at(services: int) -> None:
        for _ in range(services):
            with pytest.raises(NoAnswer):
                site.in_time(RAIN, session.run, hang)

    look_at(8)
    assert clock.seconds == pytest.approx(2 * (120 + 60 + 30 + 15))
    assert site.in_time(RAIN, session.run, lambda: "read") == "read"
    begun = clock.seconds
    look_at(240)
    assert 2 * 120 < clock.seconds - begun < 4 * 120, "each round has half as long, up to the last"
