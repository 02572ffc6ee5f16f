"""Key art for a genre: its picture, and its name set over it."""

from random import Random
from xml.sax.saxutils import escape

from graph.keyart.looks import NEUTRAL, Lettering, look
from graph.keyart.shapes import HEIGHT, WIDTH, Palette, rectangle

_MARGIN = 44
_LONGEST_LINE = 14  # characters; longer names are broken between words
_MOST_LINES = 3
_ADVANCE = 0.66  # of a capital letter, as a share of the font size
_TALLEST = 150


def draw(name: str | None) -> str:
    """An SVG document of 600 x 900 for the genre of this name, the same for the same name; None is
    for titles without a genre."""
    chosen = look(name) if name is not None else NEUTRAL
    colour = chosen.palette
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'width="{WIDTH}" height="{HEIGHT}" role="img">',
        f"<title>{escape(_clean(name or 'Playbill'))}</title>",
        rectangle(0, 0, WIDTH, HEIGHT, colour.ground),
        *chosen.picture(Random(name or ""), colour),
        *(_lettered(_clean(name), chosen.lettering, colour) if name else ()),
        "</svg>",
    ]
    return "\n".join(filter(None, parts)) + "\n"


def _clean(text: str) -> str:
    """Without the control characters that XML cannot hold, and with single spaces."""
    return " ".join("".join(c for c in text if c.isprintable() or c.isspace()).split())


def _lines(text: str, lettering: Lettering) -> list[str]:
    if lettering.case != "as it is":
        text = text.upper() if lettering.case == "upper" else text.lower()
    lines: list[str] = []
    for word in text.split():
        if lines and len(lines[-1]) + 1 + len(word) <= _LONGEST_LINE:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    if len(lines) > _MOST_LINES:
        lines = [*lines[: _MOST_LINES - 1], f"{lines[_MOST_LINES - 1]}…"]
    return [line if len(line) <= 24 else f"{line[:23]}…" for line in lines]


def _lettered(text: str, lettering: Lettering, colour: Palette) -> list[str]:
    lines = _lines(text, lettering)
    room = (HEIGHT if lettering.place == "side" else WIDTH) - 2 * _MARGIN
    longest = max(map(len, lines), default=1)
    size = min(room / (max(longest, 4) * _ADVANCE), _TALLEST)
    if lettering.effect == "spaced":
        size *= 0.8
    last = size * (len(lines) - 1)  # how far below the first line's baseline the last one's is
    first = {
        "top": _MARGIN + 0.8 * size,
        "bottom": HEIGHT - _MARGIN - last,
        "side": 0.8 * size + _MARGIN - WIDTH,  # turned: the right edge is up
    }
    y = first[lettering.place]
    drawn = [_band(lettering, colour, top=y - size, bottom=y + last + 0.4 * size)]
    for i, line in enumerate(lines):
        drawn += _line(line, lettering, colour, size=size, y=y + i * size, room=room)
    return drawn if lettering.place != "side" else ['<g transform="rotate(90)">', *drawn, "</g>"]


def _band(lettering: Lettering, colour: Palette, *, top: float, bottom: float) -> str:
    """Calm ground for letters over a busy picture, out to the nearest edge."""
    if not lettering.band:
        return ""
    if lettering.place == "bottom":
        bottom = HEIGHT
    else:
        top = 0 if lettering.place == "top" else -WIDTH
    return rectangle(0, top, HEIGHT, bottom - top, colour.ground)


def _line(
    text: str, lettering: Lettering, colour: Palette, *, size: float, y: float, room: float
) -> list[str]:
    style = (
        f'font-family="{lettering.family}" font-weight="{lettering.weight}" '
        f'font-size="{size:.0f}" x="{_MARGIN}"'
    )
    style += ' font-style="italic"' if lettering.italic else ""
    # The line is as wide as we say, whichever of the fonts the machine has.
    wide = min(room, len(text) * size * (0.92 if lettering.effect == "spaced" else _ADVANCE))
    adjust = "spacing" if lettering.effect == "spaced" else "spacingAndGlyphs"
    style += f' textLength="{wide:.0f}" lengthAdjust="{adjust}"'
    return _EFFECTS.get(lettering.effect, _plain)(escape(text), style, colour, size, y)


def _plain(text: str, style: str, colour: Palette, _size: float, y: float) -> list[str]:
    return [f'<text {style} y="{y:.0f}" fill="{colour.letters}">{text}</text>']


def _bounce(text: str, style: str, colour: Palette, size: float, y: float) -> list[str]:
    turns = " ".join(str((-9, 7, -4, 10)[i % 4]) for i in range(len(text)))
    steps = " ".join(f"{(0.06, -0.1, 0.12, -0.08)[i % 4] * size:.0f}" for i in range(len(text)))
    style += f' rotate="{turns}" dy="{steps}"'
    return _plain(text, style, colour, size, y)


def _outline(text: str, style: str, colour: Palette, size: float, y: float) -> list[str]:
    stroke = f'stroke="{colour.letters}" stroke-width="{size / 32:.1f}"'
    return [f'<text {style} y="{y:.0f}" fill="{colour.ground}" {stroke}>{text}</text>']


def _echo(text: str, style: str, colour: Palette, size: float, y: float) -> list[str]:
    shifted = [
        f'<text {style} y="{y + by * size:.0f}" fill="{fill}">{text}</text>'
        for by, fill in ((0.07, colour.ground), (0.035, colour.main))
    ]
    return [*shifted, *_plain(text, style, colour, size, y)]


def _stencil(text: str, style: str, colour: Palette, size: float, y: float) -> list[str]:
    bridge = rectangle(0, y - 0.4 * size, WIDTH, size / 16, colour.third)
    return [*_plain(text, style, colour, size, y), bridge]


_EFFECTS = {"bounce": _bounce, "outline": _outline, "echo": _echo, "stencil": _stencil}
