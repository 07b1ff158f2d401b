"""The composition root: the only place that knows every part."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp

from cobrowse.asgi.api import Api
from cobrowse.asgi.arriving import Gate
from cobrowse.asgi.assets import Assets
from cobrowse.asgi.codes_api import CodesApi
from cobrowse.asgi.metrics import Metrics
from cobrowse.asgi.pages import Pages
from cobrowse.asgi.plain import live
from cobrowse.asgi.preview_api import PreviewApi
from cobrowse.asgi.proxies import BehindProxies, Proxies
from cobrowse.asgi.readiness import Readiness
from cobrowse.asgi.recordings_api import RecordingsApi
from cobrowse.asgi.results_api import ResultsApi
from cobrowse.asgi.rules_api import RulesApi
from cobrowse.asgi.security import SecurityHeaders, console_policy, mirror_policy
from cobrowse.asgi.shop_files import ShopFilesApi
from cobrowse.asgi.signin import SignIn
from cobrowse.asgi.workers import Worker
from cobrowse.broker.link import Link
from cobrowse.core.arrivals import Arrivals
from cobrowse.core.credentials import MIN_SECRET_BYTES
from cobrowse.core.messages import SiteView
from cobrowse.core.protocol import Limits
from cobrowse.core.rules.limits import Limits as OfferLimits
from cobrowse.core.rules.rule import Rule
from cobrowse.live.catalogue import Catalogue
from cobrowse.live.codes import Codes
from cobrowse.live.fetching import Fetcher
from cobrowse.live.hub import Hub
from cobrowse.live.hub_settings import HubSettings
from cobrowse.live.overrides import Overrides
from cobrowse.live.recorder import Recorder
from cobrowse.live.retention import Retention
from cobrowse.live.shop_files import ShopFiles
from cobrowse.live.tape import Tapes
from cobrowse.rulebook import Watcher
from cobrowse.settings import Settings, SettingsError, Site
from cobrowse.storage import signing
from cobrowse.storage.engine import open_database
from cobrowse.storage.owner import owning

logger = logging.getLogger(__name__)


def site_view(site: Site) -> SiteView:
    return SiteView(
        site.key,
        site.name,
        site.currency,
        site.csa_edits,
        site.accent,
        site.greeting,
        site.phone,
        site.origins[0].rstrip("/"),
        site.page_sharing,
        site.page_recording,
        site.catalogue,
    )


def hub_settings(settings: Settings, secret: bytes) -> HubSettings:
    return HubSettings(
        secret=secret,
        sites={site.key: site_view(site) for site in settings.sites},
        origins={
            site.key: frozenset(origin.rstrip("/").lower() for origin in site.origins)
            for site in settings.sites
        },
        console_origin=settings.public_origin,
        limits=Limits(
            heartbeat_s=settings.heartbeat_s,
            frames_per_s=settings.frames_per_s,
            burst_frames=settings.burst_frames,
        ),
        max_outbox_bytes=settings.max_outbox_bytes,
        max_connections=settings.max_connections,
        max_connections_per_address=settings.max_connections_per_address,
        room_idle_s=settings.room_idle_s,
        chats_per_csa=settings.chats_per_csa,
        redis_url=settings.redis_url,
        redis_replicas=settings.redis_replicas,
        drain_s=settings.drain_s if settings.redis_url else 0.0,
        offer_limits=OfferLimits(
            cooldown_s=settings.rules_cooldown_s,
            cap=settings.rules_cap,
            cap_days=settings.rules_cap_days,
            holdout=settings.rules_holdout,
        ),
        mask_rules={site.key: site.mirror for site in settings.sites},
        page_files={site.key: site.page_files for site in settings.sites},
        identity_secrets={site.key: site.identity_secret.encode() for site in settings.sites},
        hours={site.key: site.hours for site in settings.sites},
    )


def file_origins(settings: Settings) -> dict[str, list[str]]:
    """Where each site's styles, fonts and pictures may be fetched from."""
    return {
        site.key: [origin.rstrip("/") for origin in (*site.origins, *site.file_origins)]
        for site in settings.sites
    }


async def secret_of(settings: Settings, engine: AsyncEngine) -> bytes:
    """The signing secret: the setting, else one made on first use, which is kept in a file beside the SQLite database,
    or by PostgreSQL for all its servers. SPEC node.10. Raises SettingsError, StorageError.
    """
    if engine.dialect.name != "sqlite":
        async with engine.begin() as conn:
            return (await signing.agreed(conn, settings.secret, secrets.token_hex(32))).encode()
    return settings.secret.encode() or secret_beside(settings)


def secret_beside(settings: Settings) -> bytes:
    """The secret in the file beside the SQLite database, made on first use. Raises SettingsError."""
    path = Path(settings.database_url.removeprefix("sqlite:///")).with_suffix(".secret")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            _make_secret(path)
        secret = path.read_bytes()
    except OSError as error:
        raise SettingsError(f"the secret's file {path} cannot be used: {error.strerror}") from None
    if len(secret) < MIN_SECRET_BYTES:
        raise SettingsError(f"{path}: expected at least {MIN_SECRET_BYTES} bytes, got {len(secret)}")
    return secret


def _make_secret(path: Path) -> None:
    """Writes a new secret that only this user may read: whole under its name, or not at all."""
    with NamedTemporaryFile(dir=path.parent, prefix=path.name, delete=False) as file:
        file.write(secrets.token_hex(32).encode())
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(file.name, path)
    except FileExistsError:
        pass  # another process was first: its secret counts
    finally:
        Path(file.name).unlink()


async def check_servers(settings: Settings) -> None:
    """Returns when the database, and Redis where one is set, can be used. Raises CobrowseError: what is wrong."""
    engine = await open_database(settings.database_url)
    try:
        with owning(engine):
            await secret_of(settings, engine)
    finally:
        await engine.dispose()
    if settings.redis_url:
        link = Link(settings.redis_url, settings.redis_replicas)
        try:
            await link.begin()
        finally:
            await link.close()


def create_app(
    settings: Settings,
    rules: Sequence[Rule],
    assets: Assets,
    folder: Path | None = None,
    worker: Worker | None = None,
) -> Starlette:
    """The server as an ASGI application. Its lifespan opens the database and runs the hub.

    `folder` is where the rules came from: it is watched, and they are read again when they change. `worker` says which
    of several processes on one port this is.
    """
    proxies = Proxies(settings.proxy_networks, settings.proxy_header)
    gate = Gate(proxies, Arrivals(settings.connects_per_s, settings.burst_connects))
    catalogues = {
        site.key: Catalogue(site.product_feed_url, site.currency)
        for site in settings.sites
        if site.product_feed_url
    }
    routes: list[Route | WebSocketRoute] = [*assets.routes(), WebSocketRoute("/live", live)]

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[dict[str, Any]]:
        engine = await open_database(settings.database_url)
        configured = hub_settings(settings, await secret_of(settings, engine))
        sign_in = SignIn(engine, settings.sign_in_valid_s, settings.teams)
        look_ups = {key: catalogue.look_up for key, catalogue in catalogues.items()}
        tapes = Tapes(engine, settings.max_recording_bytes)
        recorder = Recorder(engine, tapes)
        codes = Codes(engine, configured.secret)
        retention = Retention(engine, codes, settings.recording_days, settings.audit_days, settings.log_days)
        hub = Hub(configured, recorder, rules, sign_in.authors, look_ups, sign_in.teams_of)
        secure = settings.public_url.startswith("https:")
        pages = Pages(
            assets, sign_in, settings.public_origin, secure, settings.sign_in_valid_s, mirror_policy()
        )
        fetching = Fetcher(settings.private_file_hosts.replace(",", " ").split())
        shop_files = ShopFiles(file_origins(settings), fetching, hub.now)
        api = Api(engine, sign_in, configured.sites, catalogues)
        metrics = Metrics(hub, gate.arrivals, worker)

        def in_force(found: Sequence[Rule], mistakes: Sequence[str]) -> None:
            hub.advisor.errors = list(mistakes)
            hub.advisor.bad_loads += bool(mistakes)
            hub.set_rules(found)

        overrides = Overrides(engine)
        watcher = Watcher(folder, rules, overrides.overlay, in_force)
        overrides.follow(watcher)
        await overrides.refresh()
        rules_api = RulesApi(engine, sign_in, configured.sites, hub, overrides, settings.public_origin)
        results_api = ResultsApi(engine, sign_in, configured.sites, hub, settings.attribution_window_s)

        app.router.routes.extend(
            [
                *pages.routes(),
                *api.routes(),
                *ShopFilesApi(sign_in, shop_files).routes(),
                *rules_api.routes(),
                *results_api.routes(),
                *RecordingsApi(engine, sign_in, configured.sites, settings.public_origin).routes(),
                *CodesApi(
                    sign_in,
                    codes,
                    configured.sites,
                    configured.origins,
                    configured.secret,
                    settings.public_origin,
                ).routes(),
                *PreviewApi(
                    sign_in,
                    configured.sites,
                    configured.origins,
                    configured.mask_rules,
                    configured.secret,
                ).routes(),
                Readiness(hub, recorder, engine).route(),
                metrics.route(),
            ]
        )
        fetchers = [asyncio.create_task(catalogue.run()) for catalogue in catalogues.values()]
        fetchers += [asyncio.create_task(overrides.run(hub.now)), asyncio.create_task(watcher.run())]
        fetchers += [asyncio.create_task(tapes.run()), asyncio.create_task(retention.run(hub.now))]
        try:
            with owning(engine):
                async with hub.running(), metrics.running():
                    yield {"hub": hub, "gate": gate}
        finally:
            for fetcher in fetchers:
                fetcher.cancel()
            await shop_files.close()
            await tapes.write()
            await recorder.close()
            await engine.dispose()

    routes.append(Route("/healthz", _alive))
    policy = console_policy(settings.public_url)
    secure = settings.public_url.startswith("https:")
    return _App(routes=routes, lifespan=lifespan, policy=policy, secure=secure, proxies=proxies)


class _App(Starlette):
    """Starlette with our headers on every answer, also on the one that says that something failed."""

    def __init__(self, *, policy: str, secure: bool, proxies: Proxies, **parts: Any) -> None:
        self._policy, self._secure, self._proxies = policy, secure, proxies
        super().__init__(**parts)

    def build_middleware_stack(self) -> ASGIApp:
        seen = BehindProxies(super().build_middleware_stack(), self._proxies)
        return SecurityHeaders(seen, self._policy, self._secure)


async def _alive(request: Request) -> Response:
    return PlainTextResponse("alive\n")
