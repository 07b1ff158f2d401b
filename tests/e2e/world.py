"""A shop and a server as processes of their own, and browsers for the people who use them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from playwright.sync_api import Browser, BrowserContext, Page, Playwright

from cobrowse.commands.engines import free_port
from cobrowse.core.messages import MaskRule
from tests.e2e.line import Line
from tests.processes import START_WITHIN_S, wait_for

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or "/usr/bin/chromium"
CHROMIUM_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    # a page that a test answers itself has no address, and would be kept from loopback
    "--disable-features=LocalNetworkAccessChecks",
]
EMAIL, PASSWORD = "ginny@demo.example", "alcove-and-oak"
PATIENCE_MS = 30_000
"""How long a test waits for anything before it fails: long, since a busy machine is no fault of the product."""
IDLE_S = 5
"""How long the rule of the tests waits: longer than three pages take on a busy machine."""

# The widget's shadow root is closed to the shop's page; opened here, so that the tests can see what a shopper sees.
OPEN_SHADOW_ROOTS = """
const attach = Element.prototype.attachShadow;
Element.prototype.attachShadow = function (init) { return attach.call(this, { ...init, mode: 'open' }); };
"""


class World:
    """The demo shop, the server behind its public address, and a browser a person, each with a line of its own."""

    def __init__(
        self,
        folder: Path,
        playwright: Playwright,
        idle_s: int = IDLE_S,
        open_origins: Sequence[str] = (),
        more: str = "",
        mirror: Sequence[MaskRule] = (),
    ) -> None:
        """`open_origins`: whose pages the site has too, everything on them let out; `more`: settings of the site.

        `mirror`: rules of the site on what of a shared page may be seen, beside those of the tests.
        """
        self.folder = folder
        self._open_origins = open_origins
        self._more = more
        self._mirror = mirror
        self._playwright = playwright
        self._idle_s = idle_s
        self._port = free_port()
        self._shop_port = free_port()
        self._public_port = free_port()
        self.server_url = f"http://localhost:{self._public_port}"
        self.shop_url = f"http://127.0.0.1:{self._shop_port}"
        self._log = folder / "server.txt"
        self._files: list[IO[bytes]] = []
        self._processes: list[subprocess.Popen[bytes]] = []
        self._server: subprocess.Popen[bytes] | None = None
        self._agents: set[str] = set()
        self.people: list[Person] = []
        self._lived_in = False
        self._write_settings()
        self._start_shop()
        self.start_server()

    def _write_rules(self) -> Path:
        rules = self.folder / "rules"
        rules.mkdir()
        shipped = (ROOT / "rules" / "abandoned-basket.yaml").read_text()
        quick = "\n".join(
            f"idle: {self._idle_s} s" if line.startswith("idle:") else line for line in shipped.splitlines()
        )
        (rules / "abandoned-basket.yaml").write_text(quick + "\n")
        return rules

    def _write_settings(self) -> None:
        rules = self._write_rules()
        mirror = "".join(
            f"  {{ do = {json.dumps(do)}, select = {json.dumps(select)}, pages = {json.dumps(pages)} }},\n"
            for do, select, pages in ((rule.do, rule.select, rule.pages) for rule in self._mirror)
        )
        self.settings = self.folder / "cobrowse.toml"
        self.settings.write_text(
            f"""
port = {self._port}
public_url = "{self.server_url}"
database_url = "sqlite:///{self._database}"
rules = "{rules}"
heartbeat_s = 2.0
chats_per_csa = 100
private_file_hosts = "127.0.0.1"

[[sites]]
key = "demo"
name = "Alcove & Oak"
origins = {json.dumps([self.shop_url, *self._open_origins])}
accent = "#2a5748"
phone = "0113 496 0142"
product_feed_url = "{self.shop_url}/feed.json"
page_recording = "ask"
mirror = [
{mirror}  {{ do = "hide", select = ".private-box" }},
  {{ do = "mask", select = ".quiet .price, .loud + * .price" }},
  {{ do = "unmask", select = "*", pages = "/canary/open" }},
  {{ do = "unmask", select = "*", pages = "/open/*" }},
  {{ do = "confirm", select = ".final" }},
  {{ do = "unmask", select = "nav a, h2, label, legend, th", pages = "/bookcases*" }},
  {{ do = "mask", select = "p[", pages = "/canary/broken" }},
]
{self._more}
"""
        )
        self.add_agent(EMAIL, "Ginny", "supervisor")
        shutil.copy(self._database, self.folder / "pristine.db")

    @property
    def _database(self) -> Path:
        return self.folder / "cobrowse.db"

    def forget(self) -> None:
        """Nobody has ever been here: no visitor of another test can be taken for one of this test."""
        if not self._lived_in:
            return
        self._lived_in = False
        self._agents = {EMAIL}
        self.kill_server()
        for file in self.folder.glob("cobrowse.db*"):
            file.unlink()
        shutil.copy(self.folder / "pristine.db", self._database)
        self.start_server()

    def add_agent(self, email: str, name: str, role: str) -> None:
        """Somebody who may sign in to the console; once is enough."""
        if email in self._agents:
            return
        self._agents.add(email)
        environment = {**os.environ, "COBROWSE_PASSWORD": PASSWORD}
        add = ["agent", "add", email, "--name", name, "--role", role, "--settings", str(self.settings)]
        subprocess.run([sys.executable, "-m", "cobrowse", *add], check=True, env=environment, cwd=ROOT)

    def _spawn(self, log: Path, *command: str, **environment: str) -> subprocess.Popen[bytes]:
        out = log.open("ab")
        self._files.append(out)
        process = subprocess.Popen(
            [sys.executable, "-m", *command],
            stdout=out,
            stderr=out,
            cwd=ROOT,
            env={**os.environ, **environment},
        )
        self._processes.append(process)
        return process

    def _start_shop(self) -> None:
        log = self.folder / "shop.txt"
        shop = self._spawn(
            log,
            *("uvicorn", "--factory", "cobrowse.demo.shop:development", "--port", str(self._shop_port)),
            "--log-level=warning",
            SHOP_SERVER_URL=self.server_url,
            SHOP_SITE_KEY="demo",
            SHOP_DATABASE=str(self.folder / "shop.db"),
        )
        wait_for(f"{self.shop_url}/healthz", shop, log)

    def start_server(self) -> None:
        self._server = self._spawn(self._log, "cobrowse", "serve", "--settings", str(self.settings))
        wait_for(f"http://127.0.0.1:{self._port}/readyz", self._server, self._log)

    def kill_server(self) -> None:
        """SIGKILL: no goodbye, no flush."""
        assert self._server is not None
        self._server.kill()
        self._server.wait(START_WITHIN_S)

    def way(self) -> int:
        """The port to which the next person's line leads."""
        return self._port

    def person(self, **context: object) -> Person:
        """Somebody with a browser and a line of their own."""
        self._lived_in = True
        line = Line(self.way())
        rules = f"MAP localhost:{self._public_port} 127.0.0.1:{line.port}"
        browser = self._playwright.chromium.launch(
            executable_path=CHROMIUM, args=[*CHROMIUM_ARGS, f"--host-resolver-rules={rules}"]
        )
        someone = Person(self, browser, line, context)
        self.people.append(someone)
        return someone

    def server_log(self) -> str:
        return self._log.read_text()

    def leave(self) -> None:
        """Everybody goes home; the shop stays open."""
        for someone in self.people:
            someone.close()
        self.people.clear()

    def close(self) -> None:
        self.leave()
        for process in self._processes:
            if process.poll() is None:
                process.terminate()
                process.wait(START_WITHIN_S)
        for out in self._files:
            out.close()


class Person:
    """A browser context on a line."""

    def __init__(self, world: World, browser: Browser, line: Line, options: dict[str, object]) -> None:
        self.world = world
        self.line = line
        self._browser = browser
        self.context: BrowserContext = browser.new_context(
            **{"viewport": {"width": 1440, "height": 900}, "locale": "en-GB", **options}  # type: ignore[arg-type]
        )
        self.context.add_init_script(OPEN_SHADOW_ROOTS)
        self.errors: list[str] = []
        self.page = self.new_page()

    def new_page(self) -> Page:
        page = self.context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda error: self.errors.append(f"{page.url}: {error}"))
        return page

    def close(self) -> None:
        self._browser.close()
        self.line.close()
