"""Draws the figures of a run as an SVG bar chart."""

from html import escape
from typing import Any

from benchmarks import packed

WIDTH, ROW, GAP, LABEL, LEFT = 760, 22, 46, 210, 20
FUNCTIONS = set(packed.OURS)
NAMES = {
    "nothing": "does nothing (floor)",
    "founding": "boto3.resource",
    "powertools": "Powertools + boto3",
    "fastapi": "FastAPI + Mangum",
}
SERVERS = {
    "ours": "Shopkeeper",
    "b8cfffd": "Shopkeeper before",
    "pocketbase": "PocketBase, not flushed",
    "node": "Fastify + better-sqlite3",
    "fastapi": "FastAPI + SQLite",
}
STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #1f2328 }
  .title { font-weight: 600; font-size: 14px }
  .bar { fill: #9aa4b2 } .ours { fill: #1f7a5a }
  @media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .bar { fill: #6e7681 } .ours { fill: #3fb68b } }
"""


def draw(results: dict[str, Any]) -> str:
    """Return the SVG."""
    charts = [
        ("Cold start, from the start of the process to the first answer (ms)", _column(results.get("cold", {}), "p50")),
        ("Processor time of a warm call (ms)", _column(results.get("warm", {}), "processor_ms")),
        ("Memory after warm calls (MB)", _column(results.get("warm", {}), "memory_mb")),
        (
            "Visits a second on one machine, by connections",
            _column(results.get("throughput", {}).get("visits", {}), "per_second"),
        ),
    ]
    parts, top = [], 24
    for title, values in charts:
        if values:
            parts.append(_chart(title, values, top))
            top += ROW * len(values) + GAP
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top}" role="img" '
        f'aria-label="Shopkeeper beside other backends">\n<style>{STYLE}</style>\n' + "\n".join(parts) + "\n</svg>\n"
    )


def _column(rows: dict[str, dict[str, float]], name: str) -> dict[str, float]:
    return {row: figures[name] for row, figures in rows.items()}


def _chart(title: str, values: dict[str, float], top: int) -> str:
    scale = (WIDTH - LEFT - LABEL - 90) / max(values.values())
    lines = [f'<text class="title" x="{LEFT}" y="{top}">{escape(title)}</text>']
    for number, (name, value) in enumerate(values.items()):
        y = top + 10 + number * ROW
        kind = "bar ours" if _is_function(name) or name.startswith("ours at ") else "bar"
        end = LEFT + LABEL + value * scale
        lines.append(f'<text x="{LEFT}" y="{y + 14}">{escape(_shown(name))}</text>')
        lines.append(f'<rect class="{kind}" x="{LEFT + LABEL}" y="{y + 2}" width="{value * scale:.1f}" height="16"/>')
        lines.append(f'<text x="{end + 6:.1f}" y="{y + 14}">{value:,.4g}</text>')
    return "\n".join(lines)


def _shown(name: str) -> str:
    server, at, connections = name.partition(" at ")
    if at:
        return f"{SERVERS[server]} at {connections}"
    return f"Shopkeeper {name}" if _is_function(name) else NAMES[name]


def _is_function(name: str) -> bool:
    """Tell whether a figure is one of our functions, like `visits` or `visits, traced`."""
    return name.partition(",")[0] in FUNCTIONS
