"""The few SVG elements that key art is made of, and the size of its canvas."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

Points = Sequence[tuple[float, float]]

WIDTH, HEIGHT = 600, 900  # a poster's 2:3


@dataclass(frozen=True)
class Palette:
    """Five colours: what lies behind, what is drawn on it, and the letters."""

    ground: str
    main: str
    second: str
    third: str
    letters: str


def circle(x: float, y: float, r: float, fill: str = "none", **style: object) -> str:
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r:.1f}" fill="{fill}"{_style(style)}/>'


def ellipse(x: float, y: float, rx: float, ry: float, fill: str = "none", **style: object) -> str:
    sizes = f'cx="{x:.1f}" cy="{y:.1f}" rx="{rx:.1f}" ry="{ry:.1f}"'
    return f'<ellipse {sizes} fill="{fill}"{_style(style)}/>'


def rectangle(x: float, y: float, w: float, h: float, fill: str = "none", **style: object) -> str:
    sizes = f'x="{x:.1f}" y="{y:.1f}" width="{w:.1f}" height="{h:.1f}"'
    return f'<rect {sizes} fill="{fill}"{_style(style)}/>'


def polygon(points: Points, fill: str = "none", **style: object) -> str:
    return f'<polygon points="{_points(points)}" fill="{fill}"{_style(style)}/>'


def line(points: Points, stroke: str, width: float, **style: object) -> str:
    drawn = f'stroke="{stroke}" stroke-width="{width:.1f}"'
    return f'<polyline points="{_points(points)}" fill="none" {drawn}{_style(style)}/>'


def path(d: str, fill: str = "none", **style: object) -> str:
    return f'<path d="{d}" fill="{fill}"{_style(style)}/>'


def star(x: float, y: float, r: float, fill: str, *, points: int = 5, waist: float = 0.42) -> str:
    angles = [math.pi * i / points - math.pi / 2 for i in range(2 * points)]
    radii = [r if i % 2 == 0 else r * waist for i in range(2 * points)]
    corners = [
        (x + r * math.cos(a), y + r * math.sin(a)) for a, r in zip(angles, radii, strict=True)
    ]
    return polygon(corners, fill)


def mixed(one: str, other: str, share: float) -> str:
    """A colour between two of #rrggbb; a `share` of 0 is the first."""
    pairs = [(int(one[i : i + 2], 16), int(other[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def _points(points: Points) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


def _style(style: dict[str, object]) -> str:
    return "".join(f' {name.replace("_", "-")}="{value}"' for name, value in style.items())
