"""Alcove & Oak: a small furniture shop that embeds Cobrowse as any stranger's shop would."""
