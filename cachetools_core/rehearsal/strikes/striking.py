"""A request is served, with whatever fault is switched on for it."""

from __future__ import annotations

from cachetools_core.rehearsal.exchange import Exchange
from cachetools_core.rehearsal.strikes.tables import AMENDMENTS, ANSWERS


async def serve(exchange: Exchange) -> None:
    """Sends the site's answer, or does what the fault does that is switched on here."""
    request, faults = exchange.request, exchange.site.faults
    faults.see(request.step)
    struck = faults.take_answer(request.step)
    if struck is not None:
        request.fault = struck.name
        await ANSWERS[struck.name](exchange)
        return
    answer = exchange.process()
    for fault in faults.take_amendments(request.step):
        request.fault = request.fault or fault.name
        answer = AMENDMENTS[fault.name](exchange, answer)
    await exchange.wire.send(answer)
