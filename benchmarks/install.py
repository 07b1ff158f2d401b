"""Installs the peers into a folder of their own, once for each list of packages; nothing of it is ours to ship."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

PEERS = Path(__file__).parent / "peers"


def environment(root: Path) -> Path:
    """The folder with the peers in it: `venv` for the Python ones, `node` for the others. Installed if it is not."""
    listed = b"".join((PEERS / name).read_bytes() for name in ("package.json", "requirements.txt"))
    folder = root / hashlib.sha256(listed).hexdigest()[:12]
    stamp = folder / "complete"
    if not stamp.exists():
        shutil.rmtree(folder, ignore_errors=True)
        node = folder / "node"
        node.mkdir(parents=True)
        shutil.copy(PEERS / "package.json", node)
        print("Installing the peers ...", flush=True)
        subprocess.run(
            ["npm", "install", "--no-audit", "--no-fund", "--loglevel=error"], cwd=node, check=True
        )
        subprocess.run([sys.executable, "-m", "venv", str(folder / "venv")], check=True)
        pip = [str(folder / "venv" / "bin" / "python"), "-m", "pip", "install", "-q", "-r"]
        subprocess.run([*pip, str(PEERS / "requirements.txt")], check=True)
        stamp.touch()
    for script in PEERS.glob("*.mjs"):
        shutil.copy(script, folder / "node")
    return folder
