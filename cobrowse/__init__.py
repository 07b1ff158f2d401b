"""Cobrowse: a shared cart, live chat and rule-based offers for a shop's own server."""

__version__ = "0.1.0"
