"""What the text and the page of a summary share: the order of the rows, how a service is named, what was counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from .evidence import Look
from .receipt import Receipt
from .verdict import WORST_FIRST, Verdict
from .words import readable

SERVICES = "/rest/services/"


@dataclass(frozen=True)
class Total:
    """Tiles and bytes of those services whose tiles were counted; None where nobody counted any.

    `services` is how many were counted.
    """

    tiles: int | None
    bytes: int | None
    services: int


@dataclass(frozen=True)
class ManyReceipts:
    """What one run over many services has come to; `Summary` says what each field is."""

    receipts: tuple[Receipt, ...]
    started: str
    finished: str
    seconds: float = 0.0
    page: str = ""

    @property
    def counts(self) -> dict[str, int]:
        """How many services ended with each verdict, the worst first; without those that none ended with."""
        found = Counter(receipt.verdict for receipt in self.receipts)
        return {verdict.value: found[verdict] for verdict in WORST_FIRST if found[verdict]}

    @property
    def exit_code(self) -> int:
        """The highest of the receipts' exit codes: 0 where every cache is gone or never was."""
        return max((receipt.exit_code for receipt in self.receipts), default=0)

    @property
    def good(self) -> int:
        """How many caches are gone or never were."""
        return sum(receipt.exit_code == 0 for receipt in self.receipts)

    @property
    def failed(self) -> int:
        """How many services need somebody: all the others."""
        return len(self.receipts) - self.good

    @property
    def deleted(self) -> int:
        """How many caches this run has deleted, and proven it."""
        return self.counts.get(Verdict.DELETED.value, 0)

    @property
    def before(self) -> Total:
        """What was counted before."""
        return total_of(receipt.before for receipt in self.receipts)

    @property
    def after(self) -> Total:
        """What was counted afterwards."""
        return total_of(receipt.after for receipt in self.receipts)


def total_of(looks: Iterable[Look | None]) -> Total:
    """The sum over the looks that counted. Raises nothing."""
    counted = [look for look in looks if look is not None and look.tiles is not None]
    if not counted:
        return Total(None, None, 0)
    return Total(sum(look.tiles or 0 for look in counted), sum(look.bytes or 0 for look in counted), len(counted))


def worst_first(receipts: Iterable[Receipt]) -> list[Receipt]:
    """The receipts by verdict, those of one verdict in the order given. Raises nothing."""
    return sorted(receipts, key=lambda receipt: WORST_FIRST.index(receipt.verdict))


def one_site(receipts: Iterable[Receipt]) -> str:
    """The address up to the names, where all services are of one site; else empty. Raises nothing."""
    sites = {site_of(receipt.service) for receipt in receipts}
    return sites.pop() if len(sites) == 1 else ""


def short_name(receipt: Receipt, site: str) -> str:
    """The service without its site: `Folder/Name/MapServer`; whole where `site` is empty. Raises nothing."""
    return readable(receipt.service[len(site) :])


def site_of(service: str) -> str:
    """The address up to the name of the service; empty where the text is no REST address. Raises nothing."""
    before, mark, _ = service.partition(SERVICES)
    return f"{before}{mark}" if mark else ""
