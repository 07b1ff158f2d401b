"""A shop's styles, fonts and pictures on their way to the console: which may be fetched, and what they may be.

Nothing is fetched here. Addresses are put together anew from the site's own origins, never passed on as they
came. SPEC file.1, file.2.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Collection
from typing import Literal
from urllib.parse import urljoin, urlsplit

import msgspec

from cobrowse.core.markup import is_harmful

MAX_FILE_BYTES = 5 * 1024 * 1024
MAX_ADDRESS_CHARS = 2000

Kind = Literal["picture", "font", "style"]

_PATH = re.compile(r"/[A-Za-z0-9\-._~!$&'()*+,;=:@%/\[\]]*\Z")
_QUERY = re.compile(r"[A-Za-z0-9\-._~!$&'()*+,;=:@%/?\[\]]*\Z")

_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"\x00\x00\x01\x00", "image/x-icon"),
    (b"wOFF", "font/woff"),
    (b"wOF2", "font/woff2"),
    (b"\x00\x01\x00\x00\x00", "font/ttf"),
    (b"true\x00", "font/ttf"),
    (b"OTTO", "font/otf"),
)
_SVG = re.compile(
    rb"\A(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]{0,200}\?>|<!--.{0,2000}?-->|<!DOCTYPE svg[^>\[]{0,200}>|\s)*<svg[\s>]",
    re.DOTALL,
)

_IMPORT = re.compile(
    r"@import\s+(?:url\(\s*(?:\"([^\"\\]*)\"|'([^'\\]*)'|([^)\s\"'\\]*))\s*\)|\"([^\"\\]*)\"|'([^'\\]*)')([^;{}]*);",
    re.IGNORECASE,
)
_URL = re.compile(r"url\(\s*(?:\"([^\"\\]*)\"|'([^'\\]*)'|([^)\s\"'\\]*))\s*\)", re.IGNORECASE)
_INSIDE = r"\((?:[^()]|\([^()]*\))*\)"
_IMAGE_SET = re.compile(rf"image-set\(((?:[^()\"'\\]|\"[^\"\\]*\"|'[^'\\]*'|{_INSIDE})*)\)", re.IGNORECASE)
"""`image-set("a.png" 1x, url(b.png) type("image/png"))`: a string that stands by itself is an address."""

_BY_ITSELF = re.compile(rf"{_INSIDE}|(\"[^\"\\]*\"|'[^'\\]*')")
_CHARSET = re.compile(r"@charset\s+\"[^\"]{0,40}\";", re.IGNORECASE)


class ShopFile(msgspec.Struct, frozen=True):
    """One file as the console gets it."""

    kind: Kind
    media_type: str
    body: bytes


def address_of(url: str, origins: Collection[str]) -> str | None:
    """The address put together anew from one of these origins; None when it is of no origin of theirs, or none at all.

    No way to write a name, a port or a number can smuggle another host in: the origin is taken from the list.
    """
    if len(url) > MAX_ADDRESS_CHARS or not url.isascii():
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    origin = f"{parts.scheme}://{parts.netloc}".lower()
    path = parts.path or "/"
    if origin not in origins or not _PATH.match(path) or not _QUERY.match(parts.query):
        return None
    return f"{origin}{path}?{parts.query}" if parts.query else origin + path


def is_public(address: str) -> bool:
    """Whether a network address is of the open internet: not this machine, not its network, no way there."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour
        if inner is None and ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
        if ip.is_site_local or ip.teredo is not None or int(ip) >> 32 == 0:
            return False
    elif ip in _SPECIAL:
        return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_SPECIAL = ipaddress.ip_network("192.0.0.0/24")


def media_type_of(body: bytes, declared: str) -> str | None:
    """What a file is: by its first bytes for pictures and fonts, by its sender's word only for SVG and style sheets."""
    for magic, media_type in _MAGIC:
        if body.startswith(magic):
            return media_type
    if body[:4] == b"RIFF" and body[8:12] == b"WEBP":
        return "image/webp"
    if body[4:8] == b"ftyp" and body[8:12] in (b"avif", b"avis"):
        return "image/avif"
    said = declared.partition(";")[0].strip().lower()
    if said == "image/svg+xml" and _SVG.match(body[:4096]):
        return "image/svg+xml"
    return "text/css" if said == "text/css" else None


def checked(body: bytes, declared: str) -> ShopFile | None:
    """The file if it is a picture, a font or a style sheet of bounded size; None for anything else."""
    if len(body) > MAX_FILE_BYTES:
        return None
    media_type = media_type_of(body, declared)
    if media_type is None:
        return None
    kind: Kind = "style" if media_type == "text/css" else "font" if media_type[:4] == "font" else "picture"
    return ShopFile(kind, media_type, body)


def with_own_addresses(css: str, base: str, own: Callable[[str], str], prefix: str) -> str:
    """A style sheet from `base` with `own` addresses, which all begin with `prefix`; "" when it is harmful."""

    def place(address: str) -> str:
        if not address or address.startswith(("#", "data:")):
            return address
        try:
            return own(urljoin(base, address))
        except ValueError:
            return ""

    imports: list[str] = []

    def of_import(match: re.Match[str]) -> str:
        address = match[1] or match[2] or match[3] or match[4] or match[5] or ""
        imports.append(f'@import url("{place(address)}"){match[6]};')
        return ""

    def of_url(match: re.Match[str]) -> str:
        address = match[1] or match[2] or match[3] or ""
        quote = "'" if '"' in address else '"'
        return f"url({quote}{place(address)}{quote})"

    def of_image_set(match: re.Match[str]) -> str:
        return (
            f"image-set({_BY_ITSELF.sub(lambda each: f'url({each[1]})' if each[1] else each[0], match[1])})"
        )

    plain = _IMPORT.sub(of_import, _CHARSET.sub("", css))
    plain = _URL.sub(of_url, _IMAGE_SET.sub(of_image_set, plain))
    # Weighed as if ours led nowhere: they are neither http nor https.
    if is_harmful(plain.replace(prefix, "#")) or any(
        is_harmful(each[8:].replace(prefix, "#")) for each in imports
    ):
        return ""
    return "".join(imports) + plain
