"""The pure core: no I/O, no clock, no randomness. Time and identifiers are arguments."""
