"""Readers of outside data: MovieLens, and the record format of a real service."""
