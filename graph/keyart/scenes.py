"""Pictures that say what a genre is about. Each draws on a canvas of its palette's ground."""

import math
from random import Random

from graph.keyart.shapes import (
    HEIGHT,
    WIDTH,
    Palette,
    circle,
    ellipse,
    line,
    mixed,
    path,
    polygon,
    rectangle,
    star,
)


def summit(chance: Random, colour: Palette) -> list[str]:
    """Ridge behind ridge, and the sun they lead to."""
    drawn = [circle(400, 300, 130, colour.third), circle(400, 300, 185, colour.third, opacity=0.25)]
    for i in range(6):
        base, height = 380 + 90 * i, 150 - 12 * i
        tops = [(x, base - chance.uniform(0.1, 1) * height) for x in range(-60, 700, 75)]
        shade = mixed(colour.main, colour.second, i / 5)
        drawn.append(polygon([(-60, HEIGHT), *tops, (700, HEIGHT)], shade))
    return drawn


def faces(chance: Random, colour: Palette) -> list[str]:
    """Round creatures, looking about."""
    drawn = []
    places = [(165, 705, 190), (470, 590, 165), (195, 395, 135), (440, 290, 105), (320, 860, 150)]
    for i, (x, y, r) in enumerate(places):
        fill = (colour.main, colour.second, colour.third)[i % 3]
        drawn.append(circle(x, y, r, fill))
        gaze = chance.uniform(0, 2 * math.pi)
        for side in (-0.36, 0.36):
            eye = x + side * r, y - 0.2 * r
            drawn.append(circle(*eye, 0.25 * r, "#ffffff"))
            pupil = eye[0] + 0.09 * r * math.cos(gaze), eye[1] + 0.09 * r * math.sin(gaze)
            drawn.append(circle(*pupil, 0.12 * r, "#15131c"))
        mouth = (
            f"M{x - 0.3 * r:.0f} {y + 0.28 * r:.0f} q{0.3 * r:.0f} {0.34 * r:.0f} {0.6 * r:.0f} 0"
        )
        drawn.append(path(mouth, stroke="#15131c", stroke_width=9, stroke_linecap="round"))
    return drawn


def rainbow(chance: Random, colour: Palette) -> list[str]:
    """A rainbow out of the corner, among stars."""
    bands = (colour.main, colour.second, colour.third, colour.letters, colour.main, colour.second)
    drawn = [circle(0, HEIGHT, 640 - 82 * i, band) for i, band in enumerate(bands)]
    drawn.append(circle(0, HEIGHT, 640 - 82 * 6, colour.ground))
    for _ in range(16):
        x, y = chance.uniform(30, 570), chance.uniform(210, 860)
        if math.hypot(x, HEIGHT - y) > 690:
            size = chance.uniform(12, 30)
            drawn.append(star(x, y, size, chance.choice(bands[:3]), waist=0.5))
    return drawn


def grin(_chance: Random, colour: Palette) -> list[str]:
    """A burst of rays, and the laugh in the middle of it."""
    drawn = []
    for i in range(24):
        if i % 2:
            a, b = 2 * math.pi * i / 24, 2 * math.pi * (i + 1) / 24
            ray = [(300 + 900 * math.cos(t), 560 + 900 * math.sin(t)) for t in (a, b)]
            drawn.append(polygon([(300, 560), *ray], colour.main))
    drawn += [
        circle(300, 560, 215, colour.third),
        path("M150 560 a150 150 0 0 0 300 0 Z", colour.letters),
        path("M158 562 h284 v34 h-284 Z", "#ffffff"),
        path("M222 690 a92 70 0 0 1 156 0 a150 150 0 0 1 -156 0 Z", colour.second),
    ]
    for x in (215, 385):
        eye = f"M{x - 42} 490 q42 -74 84 0"
        drawn.append(path(eye, stroke=colour.letters, stroke_width=20, stroke_linecap="round"))
    return drawn


def keyhole(_chance: Random, colour: Palette) -> list[str]:
    """Light through a keyhole, ring after ring into the dark."""
    drawn = []
    for i in range(7):
        size = 3.6 - 0.5 * i
        shade = mixed(colour.ground, colour.main, (i + 1) / 9)
        drawn += _keyhole(300, 395, size, shade)
    drawn += _keyhole(300, 395, 0.62, colour.third)
    drawn.append(circle(300, 395 - 6, 15, colour.ground))
    drawn.append(path("M291 400 h18 l10 60 h-38 Z", colour.ground))
    return drawn


def _keyhole(x: float, y: float, size: float, fill: str) -> list[str]:
    left, right = x - 95 * size, x + 95 * size
    skirt = [(x - 45 * size, y + 60 * size), (x + 45 * size, y + 60 * size)]
    foot = [(right, y + 300 * size), (left, y + 300 * size)]
    return [circle(x, y, 100 * size, fill), polygon([*skirt, *foot], fill)]


def castle(chance: Random, colour: Palette) -> list[str]:
    """Towers under a crescent moon."""
    drawn = []
    for _ in range(70):
        x, y = chance.uniform(0, WIDTH), chance.uniform(0, 640)
        size, points = chance.choice([(2, 4), (3, 4), (9, 4)])
        drawn.append(star(x, y, size, colour.letters, points=points, waist=0.3))
    drawn += [circle(400, 290, 150, colour.third), circle(340, 255, 140, colour.ground)]
    for depth, shade in enumerate((colour.main, colour.second)):
        x = -40.0
        while x < WIDTH:
            width, top = chance.uniform(50, 95), chance.uniform(520, 680) + 70 * depth
            drawn.append(rectangle(x, top, width, HEIGHT, shade))
            roof = [(x - 10, top), (x + width / 2, top - 1.5 * width), (x + width + 10, top)]
            drawn.append(polygon(roof, shade))
            drawn.append(rectangle(x + width / 2 - 6, top + 34, 12, 30, colour.third, rx=6))
            x += width + chance.uniform(0, 50)
    return drawn


def blood(chance: Random, colour: Palette) -> list[str]:
    """It runs down, and something watches."""
    d, x = f"M0 0 H{WIDTH} V250 ", float(WIDTH)
    while x > 0:
        w, length = chance.uniform(26, 48), chance.uniform(40, 330)
        d += f"v{length:.0f} a{w / 2:.0f} {w / 2:.0f} 0 0 1 {-w:.0f} 0 v{-length:.0f} "
        gap = chance.uniform(14, 40)
        d += f"a{gap / 2:.0f} {gap / 2:.0f} 0 0 0 {-gap:.0f} 0 "
        x -= w + gap
    drawn = [path(d + "V0 Z", colour.main)]
    for side in (-1, 1):
        upper, lower = f"q{side * 60} -64 {side * 130} -50", f"q{side * -20} 74 {side * -130} 50"
        lid = f"M{300 + side * 40} 700 {upper} {lower} Z"
        drawn += [path(lid, colour.third), ellipse(300 + side * 104, 680, 9, 26, colour.ground)]
    return drawn


def vinyl(chance: Random, colour: Palette) -> list[str]:
    """A record, and the sound that comes off it."""
    drawn = []
    for i in range(15):
        height = chance.uniform(90, 470)
        shade = mixed(colour.second, colour.third, i / 14)
        drawn.append(rectangle(6 + i * 40, HEIGHT - height, 28, height, shade, rx=6))
    drawn.append(circle(300, 400, 235, colour.letters))
    drawn += [
        circle(300, 400, r, stroke=colour.ground, stroke_width=2, opacity=0.55)
        for r in range(108, 232, 9)
    ]
    drawn += [circle(300, 400, 92, colour.main), circle(300, 400, 14, colour.ground)]
    shine = "M300 400 L140 262 A212 212 0 0 1 190 218 Z M300 400 L460 538 A212 212 0 0 1 410 582 Z"
    drawn.append(path(shine, "#ffffff", opacity=0.13))
    return drawn


def hearts(_chance: Random, colour: Palette) -> list[str]:
    """A heart that spreads in ever wider ones."""
    drawn = []
    for i in range(8):
        shade = colour.ground if i % 2 else mixed(colour.second, colour.main, i / 7)
        drawn.append(_heart(300, 470, 5.2 - 0.66 * i, shade))
    drawn.append(_heart(300, 470, 0.5, colour.third))
    return drawn


def _heart(x: float, y: float, size: float, fill: str) -> str:
    left = "M0 62 C-118 -18 -84 -94 -40 -94 C-14 -94 0 -72 0 -56"
    right = "C0 -72 14 -94 40 -94 C84 -94 118 -18 0 62 Z"
    return path(f"{left} {right}", fill, transform=f"translate({x} {y}) scale({size:.2f})")


def planet(chance: Random, colour: Palette) -> list[str]:
    """A ringed planet over a grid that runs to the horizon."""
    drawn = [
        circle(
            chance.uniform(0, WIDTH), chance.uniform(0, 600), chance.uniform(0.8, 2.6), "#ffffff"
        )
        for _ in range(110)
    ]
    drawn.append(circle(300, 365, 150, colour.main))
    drawn += [
        path(f"M150 365 a150 150 0 0 0 300 0 a150 {140 - 20 * i} 0 0 1 -300 0", colour.second,
             opacity=0.16)
        for i in range(7)
    ]  # fmt: skip
    ring = f'<g transform="rotate(-18 300 365)">{_ring(colour.third)}</g>'
    drawn += [ring, rectangle(0, 640, WIDTH, 260, mixed(colour.ground, colour.second, 0.25))]
    for i in range(-14, 15):
        drawn.append(line([(300 + 22 * i, 640), (300 + 110 * i, HEIGHT)], colour.second, 2))
    for i in range(8):
        y = 640 + 260 * (i / 8) ** 1.9
        drawn.append(line([(0, y), (WIDTH, y)], colour.second, 2))
    return drawn


def _ring(stroke: str) -> str:
    """In front of the planet and to both sides of it, not behind."""
    around = "M152 347 C60 350 30 375 60 395 C130 435 470 435 540 395 C570 375 540 350 448 347"
    return path(around, stroke=stroke, stroke_width=16, stroke_linecap="round")


def wire(chance: Random, colour: Palette) -> list[str]:
    """Camouflage, behind barbed wire."""
    drawn = []
    for i in range(46):
        x, y, r = chance.uniform(0, WIDTH), chance.uniform(0, HEIGHT), chance.uniform(45, 120)
        corners = [
            (x + 1.6 * r * chance.uniform(0.5, 1) * math.cos(a * math.pi / 4.5),
             y + 0.7 * r * chance.uniform(0.5, 1) * math.sin(a * math.pi / 4.5))
            for a in range(9)
        ]  # fmt: skip
        fill = (colour.main, colour.second, colour.third)[i % 3]
        drawn.append(polygon(corners, fill, stroke=fill, stroke_width=26, stroke_linejoin="round"))
    for y in (250, 590):
        drawn.append(line([(-10, y + 26), (610, y - 26)], "#14150f", 7))
        for x in range(30, 620, 90):
            at = y + 26 - 52 * x / 600
            barb = [[(x - lean, at - 26), (x + lean, at + 26)] for lean in (-15, 15)]
            drawn += [line(ends, "#14150f", 6) for ends in barb]
    return drawn


def mesa(_chance: Random, colour: Palette) -> list[str]:
    """The sun goes down behind table mountains; a cactus."""
    drawn = [circle(300, 420, 225, colour.third)]
    drawn += [rectangle(0, 440 + 34 * i, WIDTH, 5 + 4 * i, colour.ground) for i in range(6)]
    for shade, left, top, width in (
        (colour.main, 30, 520, 190), (colour.main, 400, 480, 260), (colour.second, 210, 590, 210),
    ):  # fmt: skip
        foot = [(left - 70, 720), (left, top), (left + width, top), (left + width + 70, 720)]
        drawn.append(polygon(foot, shade))
    drawn.append(rectangle(0, 700, WIDTH, 200, colour.second))
    cactus = "M130 830 V560 M130 740 H70 V640 M130 690 H190 V600"
    drawn.append(
        path(cactus, stroke="#2a120c", stroke_width=34, stroke_linecap="round",
             stroke_linejoin="round")
    )  # fmt: skip
    return drawn
