"""Playbill decides what each member of a streaming service sees."""

__version__ = "0.1.0"
