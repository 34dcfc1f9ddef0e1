"""A summary as a page for a ticket: a row a service, the worst first, with why and what to do next."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from pathlib import PurePath
from urllib.parse import quote

from .html import facts_table, linked, section, stacking
from .page import HEADINGS
from .receipt import Receipt
from .summary_rows import SERVICES, ManyReceipts, Total, one_site, short_name, site_of, total_of, worst_first
from .verdict import Verdict
from .words import for_people, in_megabytes, in_time, plural

OWN_STYLE = """
.cachetools .many th,.cachetools .many td{padding:.5rem 1.25rem .5rem 0}
.cachetools .many .error{font-weight:400}
.cachetools .many p{margin:.25rem 0 0}
.cachetools .many .verdict{white-space:nowrap}
.cachetools .many .verdict b,.cachetools .counts b{color:var(--tone);font-weight:600}
.cachetools .counts b{margin-right:1rem;display:inline-block}
.cachetools .many .count{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
.cachetools .many .count:last-child{padding-right:0}
.cachetools .many .own{display:block}
.cachetools .many .size{display:block;color:var(--faint)}
.cachetools .many .when{display:none}
"""
WHERE_STACKED = """
@media (max-width:36rem){
.cachetools .many td+.count{margin-top:.25rem}
.cachetools .many .count{text-align:left}
.cachetools .many .count+.count{margin-top:0}
.cachetools .many .size,.cachetools .many .when,.cachetools .many .own{display:inline}
.cachetools .many .own{margin-left:1rem}
.cachetools .many .when{color:var(--faint)}}
@media print{
.cachetools .many .own{display:none}
.cachetools .many .verdict{white-space:normal;overflow-wrap:normal}
.cachetools .many th,.cachetools .many td{padding:.3rem .75rem .3rem 0}
.cachetools .many tfoot{display:table-row-group}}
"""
STYLE = OWN_STYLE + stacking("many") + WHERE_STACKED
UNDONE = ("failed", "undecided")


def title_of(run: ManyReceipts) -> str:
    """How many services need somebody, in one line. Raises nothing."""
    every = len(run.receipts)
    if run.good == every:
        return "The cache is gone" if every == 1 else f"All {every:,} caches are gone"
    left = every - run.good
    return f"{left:,} of {plural(every, 'service')} {'needs' if left == 1 else 'need'} attention"


def body_of(run: ManyReceipts) -> str:
    """The page as HTML, without its frame. Raises nothing."""
    return "".join((
        f"<style>{STYLE}</style>\n",
        _head(run),
        facts_table(row for row in _facts(run) if row[1]),
        section("Services", _rows(run)),
    ))  # fmt: skip


def _head(run: ManyReceipts) -> str:
    tones = {HEADINGS[receipt.verdict][1] for receipt in run.receipts}
    tone = next((one for one in UNDONE if one in tones), "gone")
    counts = "\n".join(_count(Verdict(verdict), number) for verdict, number in run.counts.items())
    return f'<header class="{tone}"><h1>{escape(title_of(run))}</h1>\n<p class="counts">{counts}</p></header>\n'


def _facts(run: ManyReceipts) -> list[tuple[str, str]]:
    by = _each(" on ".join(filter(None, (one.machine_user, one.machine))) for one in run.receipts)
    return [
        ("Site", one_site(run.receipts)),
        ("Account", _each(one.account for one in run.receipts)),
        ("Before", _in_words(run.before, len(run.receipts))),
        ("After", _in_words(run.after, len(run.receipts))),
        ("Started", for_people(run.started)),
        ("Finished", for_people(run.finished)),
        ("Duration", in_time(run.seconds) if run.seconds else ""),
        ("Run by", by),
        ("CacheTools", _each(one.version for one in run.receipts)),
    ]


def _rows(run: ManyReceipts) -> str:
    everywhere = one_site(run.receipts)
    rows = "\n".join(_row(receipt, everywhere) for receipt in worst_first(run.receipts))
    total = f"<td>Sum</td><td>{plural(len(run.receipts), 'service')}</td>{_counts(run.before, run.after)}"
    heads = '<th>Verdict</th><th>Service</th><th class="count">Before</th><th class="count">After</th>'
    return (
        f'<div class="wide"><table class="many">\n<thead><tr>{heads}</tr></thead>\n'
        f"<tbody>\n{rows}\n</tbody>\n<tfoot><tr>{total}</tr></tfoot>\n</table></div>\n"
    )


def _count(verdict: Verdict, number: int) -> str:
    heading, tone = HEADINGS[verdict]
    return f'<b class="{tone}">{number:,} {escape(heading[:1].lower() + heading[1:])}</b>'


def _each(texts: Iterable[str]) -> str:
    """Every text once, in the order given."""
    return ", ".join(dict.fromkeys(filter(None, texts)))


def _in_words(total: Total, services: int) -> str:
    if total.tiles is None or total.bytes is None:
        return "no tiles counted"
    by = "" if total.services == services else f", counted in {total.services:,} of {plural(services, 'service')}"
    return f"{plural(total.tiles, 'tile')}, {in_megabytes(total.bytes)}{by}"


def _row(receipt: Receipt, everywhere: str) -> str:
    """A service's row, with its site below its name where not all are of the one site."""
    site = site_of(receipt.service)
    where = "" if site == everywhere else f'<p class="faint">{escape(site[: -len(SERVICES)])}</p>'
    heading, tone = HEADINGS[receipt.verdict]
    looks = _counts(total_of([receipt.before]), total_of([receipt.after]))
    return (
        f'<tr class="{tone}"><td class="verdict"><b>{escape(heading)}</b>{_own_page(receipt)}</td>'
        f"<td>{linked(receipt.service, short_name(receipt, site))}{where}{_why(receipt)}</td>{looks}</tr>"
    )


def _own_page(receipt: Receipt) -> str:
    """The receipt's page, which lies in the same folder as this one; a colon in its name would make it a scheme."""
    name = quote(PurePath(receipt.page).name)
    return f' <span class="own"><a href="{name}">Receipt</a></span>' if name else ""


def _why(receipt: Receipt) -> str:
    error = receipt.error
    told = "" if error is None else f'<p class="error">{escape(f"{error.message_id}: {error.what}")}</p>'
    next_step = f"<p>{escape(error.remedy)}</p>" if error is not None and error.remedy else ""
    warned = len(receipt.warnings)
    warnings = f'<p class="faint">{plural(warned, "warning")}, in the receipt</p>' if warned else ""
    return f"{told}{next_step}{warnings}"


def _counts(before: Total, after: Total) -> str:
    return _cell("Before", before) + _cell("After", after)


def _cell(when: str, total: Total) -> str:
    if total.tiles is None or total.bytes is None:
        counted = '<span class="faint">not counted</span>'
    else:
        counted = f'{plural(total.tiles, "tile")} <span class="size">{in_megabytes(total.bytes)}</span>'
    return f'<td class="count"><span class="when">{when}: </span>{counted}</td>'
