"""Measurements behind the figures in README and docs/: `scripts/bench NAME`."""
