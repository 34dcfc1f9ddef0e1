"""Words from several threads, brought to the one that listens: ArcGIS Pro takes messages in its main thread only."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from queue import Empty, SimpleQueue
from typing import TypeVar

from ..errors import Cancelled
from ..messages import Messages, PassedOn
from ..waiting import CANCEL_IS_FELT_WITHIN, Clock, Exchange
from .access import Access
from .steady import Steady

Found = TypeVar("Found")


class Relay(PassedOn):
    """Messages that any thread may send. The thread that made the relay hands them on, and asks whether to stop."""

    def __init__(self, messages: Messages, clock: Clock) -> None:
        super().__init__(Steady(messages))
        self._clock = clock
        self._sent: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._news = threading.Event()
        self._listener = threading.get_ident()
        self._stop, self._over = self._messages.cancelled(), False

    def cancelled(self) -> bool:
        """True once the administrator has asked to stop, as far as the listening thread has heard."""
        if threading.get_ident() == self._listener:
            self._stop = self._stop or self._messages.cancelled()
        return self._stop

    def tell(self, what: Callable[[], None]) -> None:
        """Have the listening thread do something, such as count."""
        self._send(what)

    def found(self, ask: Callable[[], Found]) -> Found:
        """What a function of the listening thread's finds, such as one of arcpy.

        Raises what it raises, and Cancelled where nobody listens any more.
        """
        if threading.get_ident() == self._listener:
            return ask()
        asked = Exchange(ask)
        self._send(asked.go)
        while not self._clock.wait(asked.done, CANCEL_IS_FELT_WITHIN):
            if self._over:
                raise Cancelled("The run was broken off.")
        return asked.answer()

    def listen(self) -> None:
        """Wait for something to hand on, no longer than a cancel may go unfelt. Raises what the listener raises."""
        self._clock.wait(self._news, CANCEL_IS_FELT_WITHIN)
        self.hand_on()

    def break_off(self) -> None:
        """Nobody listens any more: all are asked to stop, and whoever waits for an answer gets none."""
        self._stop = self._over = True

    def hand_on(self) -> None:
        """Hand on what was sent until now, and ask whether to stop. Raises what the listener raises."""
        self._news.clear()
        while True:
            try:
                send = self._sent.get_nowait()
            except Empty:
                break
            send()
        self._stop = self._stop or self._messages.cancelled()

    def _pass(self, say: Callable[..., None], text: str, *percent: float | None) -> None:
        self._send(partial(say, text, *percent))

    def _send(self, what: Callable[[], None]) -> None:
        self._sent.put(what)
        self._news.set()


def relayed(access: Access, relay: Relay) -> Access:
    """The access of threads: what they say, and what they ask of Pro, goes through the relay. Raises nothing."""
    pro = access.active_portal
    if pro is not None:
        pro = replace(pro, signin_token=partial(relay.found, pro.signin_token))
    return replace(access, messages=relay, active_portal=pro)
