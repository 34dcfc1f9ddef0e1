"""A receipt as a page that stands alone, for a mail or a file; everything that a server said is escaped."""

from __future__ import annotations

import html

from .evidence import Look

PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>
<style>
:root{{color-scheme:light dark}}
body{{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;overflow-wrap:anywhere}}
header{{border-left:.5rem solid #1a7f37;padding-left:1rem}}
header.bad{{border-color:#d1242f}}
h1{{font-size:1.75rem;line-height:1.2;margin:0}}
h2{{font-size:1.1rem;margin:2rem 0 .5rem}}
p{{margin:.5rem 0}}
.error{{font-weight:600}}
table{{border-collapse:collapse;width:100%;margin-top:1.5rem}}
th,td{{text-align:left;vertical-align:top;padding:.4rem .75rem .4rem 0;border-bottom:1px solid #8885}}
th{{width:8rem;font-weight:600}}
.scales{{width:auto;margin:0;font-variant-numeric:tabular-nums}}
.scales th,.scales td{{width:auto;text-align:right;padding-right:2rem}}
ol{{margin:0;padding-left:2.5rem}}
</style></head><body>
<header class="{tone}"><h1>{verdict}</h1><p>{service}</p>
{error}</header>
<table>
{facts}
</table>
{scales}{messages}</body></html>
"""


def page(
    verdict: str,
    service: str,
    error: str,
    rows: list[tuple[str, str]],
    looks: dict[str, Look | None],
    said: tuple[str, ...],
) -> str:
    """The page: the verdict in words, the facts in rows, a table of scales for each look, the server's words."""
    in_words = verdict.replace("-service", ", service").replace("-", " ").capitalize()
    return PAGE.format(
        title=html.escape(f"{in_words}: the cache of {service}"),
        tone="bad" if error else "good",
        verdict=html.escape(in_words),
        service=html.escape(service),
        error=f'<p class="error">{html.escape(error)}</p>\n' if error else "",
        facts="\n".join(f"<tr><th>{html.escape(label)}</th><td>{html.escape(fact)}</td></tr>" for label, fact in rows),
        scales="".join(_scales(when, look) for when, look in looks.items()),
        messages=_messages(said),
    )


def _scales(when: str, look: Look | None) -> str:
    rows = "\n".join(
        f"<tr><td>{scale.level}</td><td>1:{scale.scale:,.0f}</td><td>{scale.tiles:,}</td><td>{scale.bytes:,}</td></tr>"
        for scale in (look.scales if look is not None else None) or ()
    )
    heads = "<tr><th>Level</th><th>Scale</th><th>Tiles</th><th>Bytes</th></tr>"
    return f'<h2>Scales {when}</h2>\n<table class="scales">\n{heads}\n{rows}\n</table>\n' if rows else ""


def _messages(said: tuple[str, ...]) -> str:
    rows = "\n".join(f"<li>{html.escape(text)}</li>" for text in said)
    return f"<h2>What the server said</h2>\n<ol>\n{rows}\n</ol>\n" if rows else ""
