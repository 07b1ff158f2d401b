"""The server's settings: read once, from a TOML file and the environment, then frozen.

Every field here is described in docs/operating.md; a test fails when one is missing there.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Meta

from cobrowse.core.errors import CobrowseError
from cobrowse.core.messages import MaskRule
from cobrowse.core.rules.hours import Hours

ENV_PREFIX = "COBROWSE_"
MIN_SECRET_BYTES = 32

PagePath = Annotated[str, Meta(pattern=r"^/[!-~]*$", max_length=300)]
"""A path of a shop's pages, with `*` for anything."""


class SettingsError(CobrowseError):
    """A setting that cannot be used; the message names it and says what was expected."""


class Site(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One shop: its public key, and the origins whose pages may use it."""

    key: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    name: str
    origins: Annotated[list[str], Meta(min_length=1)]
    currency: Annotated[str, Meta(pattern=r"^[A-Z]{3}$")] = "GBP"
    csa_edits: Literal["ask", "always", "never"] = "ask"
    page_sharing: Literal["ask", "never"] = "ask"
    page_recording: Literal["ask", "never"] = "never"
    catalogue: bool = True
    mirror: list[MaskRule] = []
    file_origins: list[str] = []
    page_files: Annotated[list[PagePath], Meta(max_length=20)] = []
    accent: Annotated[str, Meta(pattern=r"^(#[0-9a-fA-F]{6})?$")] = ""
    greeting: Annotated[str, Meta(max_length=300)] = ""
    phone: Annotated[str, Meta(max_length=40)] = ""
    product_feed_url: str = ""
    identity_secret: str = ""
    office_hours: list[str] = []
    time_zone: str = "UTC"

    @property
    def hours(self) -> Hours:
        """The shop's office hours. Raises ValueError, which `load` turns into a SettingsError."""
        return Hours(ZoneInfo(self.time_zone), self.office_hours)


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """All settings. Durations in seconds, sizes in bytes."""

    host: str = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535)] = 8000
    public_url: str = "http://127.0.0.1:8000"
    database_url: str = "sqlite:///cobrowse.db"
    redis_url: str = ""
    redis_replicas: Annotated[int, Meta(ge=0, le=5)] = 0
    workers: Annotated[int, Meta(ge=1, le=64)] = 1
    drain_s: Annotated[float, Meta(ge=0, le=600)] = 10.0
    secret: str = ""
    rules: str = ""
    rules_cooldown_s: Annotated[float, Meta(ge=0, le=86_400)] = 600.0
    rules_cap: Annotated[int, Meta(ge=0, le=20)] = 3
    rules_cap_days: Annotated[float, Meta(ge=0, le=90)] = 7.0
    rules_holdout: Annotated[float, Meta(ge=0, le=0.5)] = 0.0
    attribution_window_s: Annotated[float, Meta(ge=60, le=90 * 86400)] = 86400.0
    sites: list[Site] = []
    teams: dict[Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")], list[str]] = {}
    heartbeat_s: Annotated[float, Meta(ge=1, le=300)] = 30.0
    frames_per_s: Annotated[float, Meta(ge=1)] = 100.0
    burst_frames: Annotated[float, Meta(ge=10)] = 1000.0
    max_connections: Annotated[int, Meta(ge=1)] = 20_000
    max_connections_per_address: Annotated[int, Meta(ge=1)] = 2_000
    connects_per_s: Annotated[float, Meta(gt=0)] = 100.0
    burst_connects: Annotated[float, Meta(ge=1)] = 300.0
    trusted_proxies: str = ""
    proxy_header: Literal["x-forwarded-for", "forwarded"] = "x-forwarded-for"
    max_outbox_bytes: Annotated[int, Meta(ge=65536)] = 1024 * 1024
    room_idle_s: Annotated[float, Meta(ge=1)] = 120.0
    chats_per_csa: Annotated[int, Meta(ge=1, le=100)] = 4
    sign_in_valid_s: Annotated[float, Meta(ge=60)] = 12 * 3600.0
    private_file_hosts: str = ""
    recording_days: Annotated[float, Meta(gt=0, le=3650)] = 30.0
    max_recording_bytes: Annotated[int, Meta(ge=65536)] = 20 * 1024 * 1024
    audit_days: Annotated[float, Meta(gt=0, le=3650)] = 365.0
    log_days: Annotated[float, Meta(ge=3, le=3650)] = 365.0
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    def site(self, key: str) -> Site | None:
        return next((site for site in self.sites if site.key == key), None)

    @property
    def proxy_networks(self) -> list[str]:
        """The networks of `trusted_proxies`. Raises ValueError for what is none."""
        listed = (each.strip() for each in self.trusted_proxies.split(","))
        return [str(ip_network(each, strict=False)) for each in listed if each]

    @property
    def public_origin(self) -> str:
        parts = urlsplit(self.public_url)
        return f"{parts.scheme}://{parts.netloc}"


def load(path: Path | None, environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings from a TOML file (optional), each scalar of which an environment variable may override.

    Raises SettingsError that names the file or variable, the setting and what was expected.
    """
    values: dict[str, Any] = {}
    if path is not None:
        try:
            values = tomllib.loads(path.read_text("utf-8"))
        except OSError as error:
            raise SettingsError(f"{path}: cannot be read: {error.strerror}") from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise SettingsError(f"{path}: not TOML: {error}") from None
    for field in msgspec.structs.fields(Settings):
        if (
            field.name not in ("sites", "teams")
            and (text := environ.get(ENV_PREFIX + field.name.upper())) is not None
        ):
            values[field.name] = text
    known = {field.name for field in msgspec.structs.fields(Settings)}
    try:
        settings = msgspec.convert(values, Settings, strict=False)
    except msgspec.ValidationError as error:
        hint = f"; known settings: {', '.join(sorted(known))}" if set(values) - known else ""
        raise SettingsError(f"{path or 'environment'}: {error}{hint}") from None
    _check(settings, path)
    return settings


def with_workers(settings: Settings, workers: int) -> Settings:
    """The same with another number of processes. Raises SettingsError."""
    changed = msgspec.structs.replace(settings, workers=workers)
    _check(changed, None)
    return changed


def _check(settings: Settings, path: Path | None) -> None:
    where = path or "environment"
    named = [origin for site in settings.sites for origin in (*site.origins, *site.file_origins)]
    for origin in [settings.public_url, *named]:
        parts = urlsplit(origin)
        if parts.scheme not in ("http", "https") or not parts.netloc or parts.path.strip("/"):
            raise SettingsError(f"{where}: expected an origin such as https://shop.example, got {origin!r}")
    try:
        _ = settings.proxy_networks
    except ValueError as wrong:
        raise SettingsError(
            f"{where}: `trusted_proxies` expected addresses or networks with commas: {wrong}"
        ) from None
    if settings.redis_url and settings.database_url.startswith("sqlite:"):
        raise SettingsError(f"{where}: with `redis_url`, `database_url` expected PostgreSQL: nodes share it")
    if settings.workers > 1 and not settings.redis_url:
        raise SettingsError(f"{where}: `workers` above 1 need `redis_url` and PostgreSQL, to share the rooms")
    for site in settings.sites:
        _check_site(site, where)
    keys = [site.key for site in settings.sites]
    if twice := {key for key in keys if keys.count(key) > 1}:
        raise SettingsError(f"{where}: expected one site a key, got two with {min(twice)!r}")
    if settings.secret and len(settings.secret.encode()) < MIN_SECRET_BYTES:
        raise SettingsError(
            f"{where}: `secret` expected at least {MIN_SECRET_BYTES} bytes, got {len(settings.secret.encode())}"
        )


def _check_site(site: Site, where: Path | str) -> None:
    if site.identity_secret and len(site.identity_secret.encode()) < MIN_SECRET_BYTES:
        raise SettingsError(
            f"{where}: `identity_secret` of {site.key!r}: expected at least {MIN_SECRET_BYTES} bytes"
        )
    try:
        _ = site.hours
    except ZoneInfoNotFoundError:
        raise SettingsError(
            f"{where}: `time_zone` of {site.key!r}: expected one such as Europe/London, got {site.time_zone!r}"
        ) from None
    except ValueError as error:
        raise SettingsError(f"{where}: `office_hours` of {site.key!r}: {error}") from None
