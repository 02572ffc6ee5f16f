"""Which picture, colours and lettering a genre has: chosen by hand for those that every catalogue
has, and derived from its name for all others, so that it always looks the same."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Literal

from graph.keyart import patterns, scenes
from graph.keyart.shapes import Palette

Picture = Callable[[Random, Palette], list[str]]

# Whatever the machine has; the last of each is there everywhere.
GROTESQUE = "'Helvetica Neue', Arial, 'DejaVu Sans', sans-serif"
CONDENSED = "Impact, Haettenschweiler, 'Arial Narrow', 'DejaVu Sans', sans-serif"
SERIF = "Georgia, 'Times New Roman', 'DejaVu Serif', serif"
DIDONE = "'Bodoni 72', Didot, 'Playfair Display', Georgia, 'DejaVu Serif', serif"
SLAB = "Rockwell, 'Roboto Slab', 'DejaVu Serif', serif"
MONO = "'Courier New', 'DejaVu Sans Mono', monospace"
ROUND = "'Baloo 2', Nunito, 'Arial Rounded MT Bold', 'DejaVu Sans', sans-serif"


@dataclass(frozen=True)
class Lettering:
    """How the genre's name is set."""

    family: str
    weight: int = 700
    italic: bool = False
    case: Literal["upper", "lower", "as it is"] = "upper"
    place: Literal["top", "bottom", "side"] = "bottom"
    effect: Literal["plain", "bounce", "outline", "echo", "stencil", "spaced"] = "plain"
    band: bool = False  # calm ground behind the letters


@dataclass(frozen=True)
class Look:
    picture: Picture
    palette: Palette
    lettering: Lettering


LOOKS: dict[str, Look] = {
    "action": Look(
        patterns.slashes,
        Palette("#14090a", "#e3242b", "#ff7a18", "#ffd23f", "#ffffff"),
        Lettering(CONDENSED, 900, italic=True, place="bottom"),
    ),
    "adventure": Look(
        scenes.summit,
        Palette("#f6d9a8", "#e79a5b", "#1f4b4d", "#e4572e", "#123334"),
        Lettering(SLAB, 700, place="top", effect="spaced"),
    ),
    "animation": Look(
        scenes.faces,
        Palette("#ffe9d6", "#ff5d8f", "#33b5e5", "#7bd389", "#2b2140"),
        Lettering(ROUND, 800, case="lower", place="top"),
    ),
    "children's": Look(
        scenes.rainbow,
        Palette("#fff6cf", "#ff595e", "#ffca3a", "#1982c4", "#6a4c93"),
        Lettering(ROUND, 800, case="as it is", place="top", effect="bounce"),
    ),
    "comedy": Look(
        scenes.grin,
        Palette("#ffd400", "#ffbd00", "#ff5c5c", "#fff3b0", "#2a1a5e"),
        Lettering(ROUND, 900, place="top", effect="bounce"),
    ),
    "crime": Look(
        patterns.fingerprint,
        Palette("#efe6d5", "#22201e", "#8c8577", "#c1121f", "#c1121f"),
        Lettering(MONO, 700, place="bottom"),
    ),
    "documentary": Look(
        patterns.contact_sheet,
        Palette("#f4f4f0", "#9aa3a8", "#2e3438", "#e63946", "#15181a"),
        Lettering(GROTESQUE, 700, case="as it is", place="bottom"),
    ),
    "drama": Look(
        patterns.halves,
        Palette("#f2e8dc", "#5b1a2e", "#5b1a2e", "#f2e8dc", "#d9a441"),
        Lettering(DIDONE, 400, italic=True, case="as it is", place="bottom"),
    ),
    "fantasy": Look(
        scenes.castle,
        Palette("#1d1140", "#3b2377", "#0f0826", "#f4c95d", "#f7e7c1"),
        Lettering(SERIF, 700, place="top", effect="spaced"),
    ),
    "film-noir": Look(
        patterns.blinds,
        Palette("#0b0b0d", "#e9e4d4", "#55524a", "#8d8778", "#e9e4d4"),
        Lettering(DIDONE, 400, place="bottom", effect="spaced"),
    ),
    "horror": Look(
        scenes.blood,
        Palette("#0d0606", "#a30b12", "#5c0509", "#f1e05a", "#0d0606"),
        Lettering(SERIF, 900, place="top"),
    ),
    "imax": Look(
        patterns.screens,
        Palette("#050a12", "#0b2545", "#3fa7ff", "#f4fbff", "#f4fbff"),
        Lettering(GROTESQUE, 900, effect="spaced"),
    ),
    "musical": Look(
        scenes.vinyl,
        Palette("#ffeedb", "#ff3d7f", "#7b2ff7", "#12c2a9", "#20123a"),
        Lettering(GROTESQUE, 900, italic=True, case="lower", place="top"),
    ),
    "mystery": Look(
        scenes.keyhole,
        Palette("#07201f", "#2c7a6b", "#0f3b37", "#f2c14e", "#f2c14e"),
        Lettering(SERIF, 400, place="bottom", effect="spaced"),
    ),
    "romance": Look(
        scenes.hearts,
        Palette("#fbe3e4", "#d7263d", "#f49cae", "#fff7f4", "#7a0f2b"),
        Lettering(SERIF, 400, italic=True, case="as it is", place="bottom"),
    ),
    "sci-fi": Look(
        scenes.planet,
        Palette("#070b24", "#3a5bd9", "#17d7e6", "#ff4fa3", "#e8fbff"),
        Lettering(GROTESQUE, 300, place="bottom", effect="outline"),
    ),
    "thriller": Look(
        patterns.vortex,
        Palette("#f25c05", "#101010", "#fdf0d5", "#fdf0d5", "#fdf0d5"),
        Lettering(CONDENSED, 900, place="side", effect="echo"),
    ),
    "war": Look(
        scenes.wire,
        Palette("#6b6b45", "#4c5232", "#7d7a4f", "#35391f", "#e6dfc3"),
        Lettering(GROTESQUE, 900, place="bottom", effect="stencil"),
    ),
    "western": Look(
        scenes.mesa,
        Palette("#f7b267", "#c8553d", "#7b2d26", "#fff0c9", "#fff0c9"),
        Lettering(SLAB, 900, place="bottom", effect="spaced"),
    ),
}

NEUTRAL = Look(
    patterns.waves,
    Palette("#22252b", "#4a505c", "#6d7585", "#c9b27c", "#f3efe6"),
    Lettering(GROTESQUE, 300, place="bottom", effect="spaced"),
)

_PICTURES: tuple[Picture, ...] = (
    patterns.tiles, patterns.rings, patterns.waves, patterns.screens, patterns.slashes,
    patterns.vortex,
)  # fmt: skip
_PALETTES = (
    Palette("#0b3954", "#bfd7ea", "#ff6663", "#e0ff4f", "#fefffe"),
    Palette("#f7f0e3", "#e07a5f", "#3d405b", "#81b29a", "#3d405b"),
    Palette("#2d1e2f", "#f15946", "#f9c22e", "#53b3cb", "#fdf6e3"),
    Palette("#e8f1f2", "#006494", "#13293d", "#f5a300", "#13293d"),
    Palette("#1b3022", "#95b46a", "#cbefb6", "#e4572e", "#f4fff0"),
    Palette("#fdf0f3", "#b5179e", "#3a0ca3", "#4cc9f0", "#3a0ca3"),
    Palette("#3b1f2b", "#db504a", "#e3b505", "#84a59d", "#fff8e8"),
    Palette("#faf3dd", "#4a7c59", "#c8d5b9", "#bc4b51", "#27432f"),
)
_LETTERINGS = (
    Lettering(GROTESQUE, 900, band=True),
    Lettering(SERIF, 400, italic=True, case="as it is", band=True),
    Lettering(CONDENSED, 900, place="side", band=True),
    Lettering(SLAB, 700, place="top", effect="spaced", band=True),
    Lettering(MONO, 700, case="lower", band=True),
    Lettering(ROUND, 800, case="lower", place="top", band=True),
    Lettering(DIDONE, 400, effect="spaced", band=True),
)


def look(name: str) -> Look:
    """The look of the genre of this name."""
    known = LOOKS.get(name.casefold())
    if known:
        return known
    chance = Random(name)  # a text seeds the same everywhere, unlike its hash
    return Look(chance.choice(_PICTURES), chance.choice(_PALETTES), chance.choice(_LETTERINGS))
