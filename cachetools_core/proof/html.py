"""What every page shares: one look for screens, phones and paper, links that lead only to the web, escaped words.

A page stands alone, for a mail or a file: nothing in it runs, and nothing is fetched. All rules hold only within
`<main class="cachetools">`, so that a notebook which shows a page keeps its own look.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from urllib.parse import urlsplit

STYLE = """
.cachetools{--paper:#fff;--ink:#1f2328;--faint:#59636e;--line:#d1d9e0;--link:#0969da;
 --gone:#1a7f37;--undecided:#9a6700;--failed:#cf222e;
 color-scheme:light dark;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,"Segoe UI",sans-serif;
 box-sizing:border-box;max-width:60rem;margin:0 auto;padding:2rem 1rem;overflow-wrap:anywhere}
.cachetools header{border-left:.5rem solid var(--tone);padding-left:1rem}
.cachetools .gone{--tone:var(--gone)}
.cachetools .undecided{--tone:var(--undecided)}
.cachetools .failed{--tone:var(--failed)}
.cachetools h1{color:var(--tone,var(--ink));font-size:1.75rem;line-height:1.2;margin:0;font-weight:600}
.cachetools h2{font-size:1.1rem;line-height:1.3;margin:2rem 0 .5rem;font-weight:600}
.cachetools p{margin:.5rem 0}
.cachetools .error{font-weight:600}
.cachetools .faint{color:var(--faint)}
.cachetools a{color:var(--link)}
.cachetools table{border-collapse:collapse;width:100%;margin:1.5rem 0 0}
.cachetools h2+table,.cachetools h2+.wide table{margin:0}
.cachetools th,.cachetools td{text-align:left;vertical-align:top;padding:.4rem .75rem .4rem 0;
 border:0;border-bottom:1px solid var(--line);background:none;white-space:normal}
.cachetools th{width:8rem;font-weight:600}
.cachetools .wide{overflow-x:auto}
.cachetools .wide th,.cachetools .wide td{width:auto}
.cachetools .witnesses th{overflow-wrap:normal}
.cachetools .numbers{font-variant-numeric:tabular-nums}
.cachetools .numbers th,.cachetools .numbers td{text-align:right;white-space:nowrap;overflow-wrap:normal}
.cachetools .numbers .size{display:inline-block;min-width:7em}
.cachetools .numbers tfoot th,.cachetools .numbers tfoot td{font-weight:600;border-bottom:0;
 border-top:2px solid var(--line)}
.cachetools ol,.cachetools ul{margin:0;padding-left:2.5rem}
.cachetools pre{font-size:.8125rem;line-height:1.5;margin:.5rem 0;white-space:pre-wrap}
@media (prefers-color-scheme:dark){
.cachetools{--paper:#0d1117;--ink:#e6edf3;--faint:#9198a1;--line:#3d444d;--link:#58a6ff;
 --gone:#3fb950;--undecided:#d29922;--failed:#f85149}}
@media (max-width:36rem){
.cachetools{padding:1rem}
.cachetools table.facts,.cachetools .facts tbody,.cachetools .facts tr,.cachetools .facts th,.cachetools .facts td
 {display:block;width:auto;padding-right:0}
.cachetools .facts th{border:0;padding-bottom:0}
.cachetools .facts td{padding-top:0}
.cachetools .wide{font-size:.8125rem}
.cachetools .wide th,.cachetools .wide td{padding-right:.5rem}
.cachetools .numbers .size{display:block;min-width:0}
.cachetools ol,.cachetools ul{padding-left:1.75rem}}
@media print{
.cachetools{--paper:#fff;--ink:#000;--faint:#333;--line:#999;--link:#000;
 --gone:#1a7f37;--undecided:#9a6700;--failed:#cf222e;
 color-scheme:light;max-width:none;padding:0;font-size:10pt;print-color-adjust:exact;-webkit-print-color-adjust:exact}
.cachetools .wide{overflow:visible}
.cachetools tfoot{display:table-row-group}
.cachetools tr,.cachetools li,.cachetools header{break-inside:avoid}
.cachetools h2{break-after:avoid}}
"""
FRAME_STYLE = """
:root{color-scheme:light dark}
body{margin:0;background:#fff}
@media (prefers-color-scheme:dark){body{background:#0d1117}}
@media print{body{background:#fff}}
"""


STACKING = """
TABLE tfoot td{font-weight:600;border-bottom:0;border-top:2px solid var(--line)}
@media (max-width:36rem){
TABLE{font-size:1rem}
TABLE thead{display:none}
TABLE,TABLE tbody,TABLE tfoot,TABLE tr,TABLE td{display:block;width:auto}
TABLE tr{border-bottom:1px solid var(--line);padding:.5rem 0}
TABLE td{border:0;padding:0}
TABLE tfoot tr{border-top:2px solid var(--line);border-bottom:0}
TABLE tfoot td{border:0}}
"""


def stacking(table: str) -> str:
    """The rules of a table with a sum whose cells stand below each other on a narrow screen, for the class `table`."""
    return STACKING.replace("TABLE", f".cachetools .{table}")


def document(title: str, body: str) -> str:
    """A whole page. `title` is plain text, `body` is HTML. Raises nothing."""
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{FRAME_STYLE}{STYLE}</style></head><body>\n{_main(body)}</body></html>\n"
    )


def fragment(body: str) -> str:
    """The page without its frame, for a notebook. `body` is HTML. Raises nothing."""
    return f"<style>{STYLE}</style>\n{_main(body)}"


def _main(body: str) -> str:
    return f'<main class="cachetools">\n{body}</main>\n'


def linked(text: str, words: str = "") -> str:
    """The text as HTML: a link where it is an http or https address, else words. Raises nothing.

    `words` are shown in place of the text, where there are any.

    >>> linked("https://gis.example.com/a?b&c")
    '<a href="https://gis.example.com/a?b&amp;c">https://gis.example.com/a?b&amp;c</a>'
    >>> linked("javascript:alert(1)")
    'javascript:alert(1)'
    """
    shown = escape(words or text)
    return f'<a href="{escape(text)}">{shown}</a>' if _leads_to_the_web(text) else shown


def _leads_to_the_web(text: str) -> bool:
    try:
        address = urlsplit(text)
        return address.scheme in ("http", "https") and bool(address.hostname) and text.split() == [text]
    except ValueError:
        return False


def facts_table(rows: Iterable[tuple[str, str]]) -> str:
    """A table of facts, one a row, addresses as links; empty where there are none. `rows` are plain text.

    Raises nothing.
    """
    lines = "\n".join(f"<tr><th>{escape(label)}</th><td>{linked(fact)}</td></tr>" for label, fact in rows)
    return f'<table class="facts">\n{lines}\n</table>\n' if lines else ""


def section(heading: str, body: str) -> str:
    """A part of the page below its heading; empty where it has no body. `heading` is plain text, `body` HTML.

    Raises nothing.
    """
    return f"<h2>{escape(heading)}</h2>\n{body}" if body else ""


def listed(texts: Iterable[str], ordered: bool = False) -> str:
    """Plain texts as a list; empty where there are none. Raises nothing."""
    items = "\n".join(f"<li>{escape(text)}</li>" for text in texts)
    tag = "ol" if ordered else "ul"
    return f"<{tag}>\n{items}\n</{tag}>\n" if items else ""
