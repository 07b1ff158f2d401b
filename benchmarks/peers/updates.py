"""Writes Yjs updates to a file: one document whose map's five lines change their quantities, over and over."""

import sys
from pathlib import Path

from pycrdt import Doc, Map

path, count = Path(sys.argv[1]), int(sys.argv[2])
doc = Doc(client_id=1)
cart = doc.get("cart", type=Map)
updates = []
doc.observe(lambda event: updates.append(event.update))
for n in range(count):
    cart[f"SKU-{1001 + n % 5}?colour=tan"] = float(n // 5 % 4)
path.write_bytes(b"".join(len(update).to_bytes(2, "big") + update for update in updates))
