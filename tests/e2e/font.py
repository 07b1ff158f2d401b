"""A TrueType font of one empty glyph, as wide as wanted: by the width of a text one sees whether it is there."""

from __future__ import annotations

import struct

UNITS_PER_EM = 1000


def wide_font(em: int) -> bytes:
    """The font, in which each of the letters a to z is so many em wide."""
    width = em * UNITS_PER_EM
    letters = range(ord("a"), ord("z") + 1)
    segments = 2
    # Format 4: the letters, each the glyph 1, and the end; their glyphs stand in an array behind.
    glyphs = struct.pack(f">{len(letters)}H", *[1] * len(letters))
    body = struct.pack(
        ">4H2HH2H2h2H",
        *(segments * 2, 4, 1, 0),
        *(letters[-1], 0xFFFF, 0),
        *(letters[0], 0xFFFF),
        *(0, 1),
        *(4, 0),
    )
    subtable = struct.pack(">3H", 4, 6 + len(body) + len(glyphs), 0) + body + glyphs
    names = "".join(("Wide", "Regular", "Wide", "Wide", "1", "Wide")).encode("utf-16-be")
    records, at = b"", 0
    for number, text in zip(
        (1, 2, 3, 4, 5, 6), ("Wide", "Regular", "Wide", "Wide", "1", "Wide"), strict=True
    ):
        records += struct.pack(">6H", 3, 1, 0x409, number, 2 * len(text), at)
        at += 2 * len(text)
    tables = {
        b"OS/2": struct.pack(
            ">Hh3H11h10s4L4s3H3h2H2L2h3H",
            *(4, width, 400, 5, 0),
            *(650, 600, 0, 75, 650, 600, 0, 350, 50, 250, 0),
            *(bytes(10), 1, 0, 0, 0, b"test"),
            *(0x40, letters[0], letters[-1]),
            *(800, -200, 0, 800, 200),
            *(1, 0, 500, 700, 0, 32, 1),
        ),
        b"cmap": struct.pack(">4HL", 0, 1, 3, 1, 12) + subtable,
        b"glyf": bytes(4),
        b"head": struct.pack(
            ">LLLL2H2q4h2H3h",
            *(0x10000, 0x10000, 0, 0x5F0F3CF5),
            *(0, UNITS_PER_EM, 0, 0),
            *(0, 0, 0, 0),
            *(0, 8),
            *(2, 0, 0),
        ),
        b"hhea": struct.pack(">L3hH3h3h4hhH", 0x10000, 800, -200, 0, width, 0, 0, 0, 1, 0, 0, *[0] * 4, 0, 2),
        b"hmtx": struct.pack(">HhHh", width, 0, width, 0),
        b"loca": struct.pack(">3H", 0, 0, 0),
        b"maxp": struct.pack(">L14H", 0x10000, 2, *[0] * 5, 1, *[0] * 7),
        b"name": struct.pack(">3H", 0, 6, 6 + len(records)) + records + names,
        b"post": struct.pack(">LLhhL4L", 0x30000, 0, -75, 50, 0, 0, 0, 0, 0),
    }
    head = struct.pack(">L4H", 0x10000, len(tables), 128, 3, len(tables) * 16 - 128)
    directory, bodies = b"", b""
    for tag, table in sorted(tables.items()):
        place = len(head) + 16 * len(tables) + len(bodies)
        padded = table + bytes(-len(table) % 4)
        total = sum(struct.unpack(f">{len(padded) // 4}L", padded)) & 0xFFFFFFFF
        directory += tag + struct.pack(">3L", total, place, len(table))
        bodies += padded
    return head + directory + bodies
