"""A count as a badge in SVG: a label and a number, side by side."""

from shopkeeper.domains.visits.model import Badge

COLORS = {
    "blue": "#0b5cad",
    "green": "#1a7037",
    "grey": "#57606a",
    "orange": "#a84300",
    "purple": "#7340c9",
    "red": "#b3202a",
}
"""White text has a contrast of at least 4.5 on each of them (WCAG 2.2, 1.4.3)."""

LABEL_COLOR = "#444"

_WIDTHS = {**dict.fromkeys("!'(),.:;I[]fijl|rt ", 4.5), **dict.fromkeys("%@MWmw", 11.0)}
_LATIN, _WIDE = 7.2, 12.0
_FIRST_WIDE = "\u1100"
"""The first of the scripts whose signs are as wide as high."""
_PADDING = 6
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"})

_SVG = """<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="20" role="img" aria-label="{name}">\
<title>{name}</title>\
<clipPath id="r"><rect width="{width}" height="20" rx="3"/></clipPath>\
<g clip-path="url(#r)"><rect width="{left}" height="20" fill="{label_color}"/>\
<rect x="{left}" width="{right}" height="20" fill="{color}"/></g>\
<g fill="#fff" text-anchor="middle" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">\
{label}{message}</g></svg>"""
_TEXT = '<text x="{x}" y="14" textLength="{length}" lengthAdjust="spacingAndGlyphs">{text}</text>'


def svg_of(badge: Badge) -> bytes:
    """Return a badge as an SVG image, 20 pixels high.

    Each text is given the width that was estimated for it, so that it fits whichever font there is.
    """
    left, label = _half(badge.label, 0)
    right, message = _half(badge.message, left)
    name = ": ".join(part for part in (badge.label.strip(), badge.message) if part).translate(_ESCAPES)
    svg = _SVG.format(
        width=left + right,
        left=left,
        right=right,
        name=name,
        label=label,
        message=message,
        label_color=LABEL_COLOR,
        color=COLORS[badge.color],
    )
    return svg.encode()


def _half(text: str, x: int) -> tuple[int, str]:
    """Return the width of the half that begins at `x`, and its text. An empty text has none."""
    if not text.strip():
        return 0, ""
    length = round(sum(_WIDTHS.get(sign, _WIDE if sign >= _FIRST_WIDE else _LATIN) for sign in text))
    width = length + 2 * _PADDING
    return width, _TEXT.format(x=x + width / 2, length=length, text=text.translate(_ESCAPES))
