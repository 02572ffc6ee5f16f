"""Typographic key art, drawn by Playbill for titles that come without any."""

from graph.keyart.drawing import draw
from graph.keyart.hanging import PREFIX, hang

__all__ = ["PREFIX", "draw", "hang"]
