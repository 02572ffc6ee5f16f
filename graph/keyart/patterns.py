"""Pictures without a subject. Any genre can have them, those we have never heard of included."""

import math
from random import Random

from graph.keyart.shapes import (
    HEIGHT,
    WIDTH,
    Palette,
    circle,
    line,
    mixed,
    path,
    polygon,
    rectangle,
)


def slashes(chance: Random, colour: Palette) -> list[str]:
    """Blades and streaks, all in one direction."""
    drawn = []
    for i in range(30):
        x, y = chance.uniform(-200, 600), chance.uniform(-100, 900)
        length, width = chance.uniform(220, 720), chance.choice([5, 9, 16, 34, 70])
        fill = (colour.main, colour.second, colour.third)[i % 3]
        tip = (x + length, y - 0.62 * length)
        drawn.append(polygon([(x, y), tip, (x + 1.6 * width, y + width)], fill))
    return drawn


def fingerprint(chance: Random, colour: Palette) -> list[str]:
    """Ridges of a fingertip, broken here and there."""
    drawn = []
    for i in range(19):
        r = 20 + 17 * i
        gap, start = chance.uniform(14, 60), chance.uniform(60, 300)
        d = (
            f"M{300 - 0.8 * r:.0f} {430 + 1.15 * r:.0f} C{300 - 1.25 * r:.0f} {430 - 1.5 * r:.0f} "
            f"{300 + 1.15 * r:.0f} {430 - 1.6 * r:.0f} {300 + 0.86 * r:.0f} {430 + 1.1 * r:.0f}"
        )
        shade = colour.main if i % 7 else colour.third
        drawn.append(
            path(d, stroke=shade, stroke_width=9, stroke_linecap="round",
                 stroke_dasharray=f"{start:.0f} {gap:.0f} {2 * start:.0f} {gap / 2:.0f}")
        )  # fmt: skip
    return drawn


def contact_sheet(chance: Random, colour: Palette) -> list[str]:
    """Frames of a film, each a horizon under a sky, and the one that was picked."""
    drawn = []
    chosen = chance.randrange(20)
    for i in range(20):
        x, y = 42 + 132 * (i % 4), 60 + 122 * (i // 4)
        horizon = chance.uniform(30, 78)
        drawn.append(
            rectangle(x, y, 120, 100, mixed(colour.main, "#ffffff", chance.uniform(0, 0.5)))
        )
        drawn.append(rectangle(x, y + horizon, 120, 100 - horizon, colour.second))
        sun = x + chance.uniform(20, 100), y + horizon - chance.uniform(-4, 22)
        drawn.append(circle(*sun, chance.uniform(6, 13), colour.ground))
        if i == chosen:
            drawn.append(
                rectangle(x - 9, y - 9, 138, 118, stroke=colour.third, stroke_width=9, rx=8)
            )
    return drawn


def halves(_chance: Random, colour: Palette) -> list[str]:
    """Two halves of one circle, apart."""
    return [
        rectangle(300, 0, 300, HEIGHT, colour.main),
        path("M300 150 a215 215 0 0 0 0 430 Z", colour.second),
        path("M300 290 a215 215 0 0 1 0 430 Z", colour.third),
        circle(300, 435, 62, colour.ground),
        path("M300 373 a62 62 0 0 1 0 124 Z", colour.letters),
    ]


def blinds(_chance: Random, colour: Palette) -> list[str]:
    """Light of a street lamp through blinds, and somebody's hat."""
    drawn = [
        polygon([(0, 70 + 64 * i), (WIDTH, -50 + 64 * i), (WIDTH, -18 + 64 * i), (0, 98 + 64 * i)],
                mixed(colour.main, colour.ground, i / 17))
        for i in range(16)
    ]  # fmt: skip
    drawn += [
        path("M60 900 C80 700 190 650 300 640 C410 650 520 700 540 900 Z", colour.ground),
        path("M225 440 C210 560 245 650 300 660 C355 650 390 560 375 440 Z", colour.ground),
        path("M110 455 C200 400 400 400 490 455 C420 500 180 500 110 455 Z", colour.ground),
        path("M195 440 C200 330 230 300 300 318 C370 300 400 330 405 440 Z", colour.ground),
        path("M197 415 C260 392 340 392 403 415 L404 436 C340 414 260 414 196 436 Z", colour.third),
    ]
    return drawn


def vortex(chance: Random, colour: Palette) -> list[str]:
    """Square in square, each turned a little further: down one falls."""
    drawn, turn = [], chance.choice([-7, 7])
    for i in range(30):
        half = 620 * 0.885**i
        corners = [
            (300 + half * math.cos(math.radians(turn * i + 45 + 90 * k)) * 1.0,
             455 + half * math.sin(math.radians(turn * i + 45 + 90 * k)))
            for k in range(4)
        ]  # fmt: skip
        drawn.append(polygon(corners, (colour.main, colour.ground)[i % 2]))
    drawn.append(circle(300, 455, 17, colour.third))
    return drawn


def screens(_chance: Random, colour: Palette) -> list[str]:
    """A screen within a screen, out to the edges of sight."""
    drawn = []
    for i in range(9):
        w, h = 700 - 72 * i, 860 - 96 * i
        shade = mixed(colour.main, colour.second, i / 8)
        drawn.append(rectangle(300 - w / 2, 450 - h / 2, w, h, shade, rx=max(34 - 3 * i, 4)))
    drawn.append(rectangle(242, 411, 116, 78, colour.third, rx=4))
    return drawn


def tiles(chance: Random, colour: Palette) -> list[str]:
    """Quarter circles and wedges, as if cut out of paper."""
    drawn, side = [], 120
    fills = (colour.main, colour.second, colour.third)
    for y in range(0, HEIGHT, side):
        for x in range(0, WIDTH, side):
            ground, ink = chance.sample((*fills, colour.ground), 2)
            turn = f"rotate({90 * chance.randrange(4)} {x + side // 2} {y + side // 2})"
            drawn.append(rectangle(x, y, side, side, ground))
            d = chance.choice(
                [f"M{x} {y} h{side} a{side} {side} 0 0 1 -{side} {side} Z",
                 f"M{x} {y} h{side} L{x} {y + side} Z",
                 f"M{x} {y + 60} a60 60 0 0 1 {side} 0 Z"]
            )  # fmt: skip
            drawn.append(path(d, ink, transform=turn))
    return drawn


def rings(chance: Random, colour: Palette) -> list[str]:
    """Circles that spread from two places and cross."""
    drawn = []
    one = chance.uniform(60, 240), chance.uniform(220, 380)
    other = chance.uniform(360, 540), chance.uniform(520, 700)
    for place, stroke in ((one, colour.main), (other, colour.second)):
        drawn += [circle(*place, r, stroke=stroke, stroke_width=11) for r in range(24, 620, 34)]
    return [*drawn, circle(*one, 34, colour.third), circle(*other, 34, colour.third)]


def waves(chance: Random, colour: Palette) -> list[str]:
    """Lines that swell and die away."""
    drawn, phase = [], chance.uniform(0, 6)
    for i in range(24):
        y = 130 + 28 * i
        swell = 70 * math.sin(math.pi * i / 23)
        points = [
            (x, y + swell * math.sin(x / 88 + phase + i / 5) * math.sin(math.pi * x / WIDTH))
            for x in range(0, WIDTH + 1, 12)
        ]  # fmt: skip
        shade = mixed(colour.main, colour.second, i / 23) if i % 6 else colour.third
        drawn.append(line([*points], shade, 9))
    return drawn
