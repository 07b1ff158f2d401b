"""Which files of a shop may be fetched, and what they may be. SPEC file.1, file.2."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cobrowse.core.shop_files import MAX_FILE_BYTES, address_of, checked, is_public, with_own_addresses

ORIGINS = frozenset({"https://shop.example", "http://shop.example:8080"})
PRIVATE = """
127.0.0.1 127.8.9.1 0.0.0.0 10.1.2.3 172.16.0.1 192.168.1.1 169.254.169.254 100.64.0.1 192.0.0.8
198.18.0.1 224.0.0.1 240.0.0.1 255.255.255.255 ::1 :: fe80::1 fe80::1%eth0 fc00::1 fd12::1 fec0::1
ff02::1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::127.0.0.1 64:ff9b::127.0.0.1 64:ff9b::a9fe:a9fe
2002:7f00:1:: 2002:a00:1:: 2001:0:7f00:1:: 2001:db8::1 100::1 2130706433 0x7f.1 localhost x
"""
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 20


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("https://shop.example/a.png", "https://shop.example/a.png"),
        ("HTTPS://SHOP.example/a.png?v=2", "https://shop.example/a.png?v=2"),
        ("https://shop.example", "https://shop.example/"),
        ("http://shop.example:8080/%2e%2e/a", "http://shop.example:8080/%2e%2e/a"),
        ("https://shop.example/a.png#x", "https://shop.example/a.png"),
    ],
)
def test_file1_addresses_of_the_sites_own_origins_are_fetched(url: str, address: str) -> None:
    assert address_of(url, ORIGINS) == address


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://evil.example/a.png",
        "http://shop.example/a.png",
        "https://shop.example:8443/a.png",
        "https://shop.example@127.0.0.1/a.png",
        "https://127.0.0.1\\@shop.example/a.png",
        "https://shop.example\\@127.0.0.1/",
        "https://shop.example.evil.example/",
        "https://shop.example%00.evil.example/",
        "https://shop.example:443@evil.example/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::1/",
        "//shop.example/a.png",
        "file:///etc/passwd",
        "gopher://shop.example/",
        "https:shop.example/a",
        "https://shop.example/a b",
        "https://shop.example/a\r\nHost: evil.example",
        "https://shop.example/\u2025/a",
        "https://shop.example/" + "a" * 3000,
        "https://shop．example/a.png",
    ],
)
def test_file1_no_trick_in_an_address_leads_elsewhere(url: str) -> None:
    assert address_of(url, ORIGINS) is None


@given(st.text(max_size=60))
def test_file1_whatever_is_asked_for_is_of_these_origins_or_nothing(url: str) -> None:
    address = address_of(url, ORIGINS)
    assert address is None or address.startswith(tuple(f"{origin}/" for origin in ORIGINS))


@pytest.mark.parametrize(
    "address",
    PRIVATE.split(),
)
def test_file1_private_addresses_in_every_form_are_none_of_the_open_internet(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "8.8.8.8", "2606:2800:220:1::1", "64:ff9b::808:808"])
def test_file1_public_addresses_are(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    ("body", "declared", "kind"),
    [
        (PNG, "text/html", "picture"),
        (b"\xff\xd8\xff\xe0", "", "picture"),
        (b"GIF89a", "image/gif", "picture"),
        (b"RIFF0000WEBPVP8 ", "image/webp", "picture"),
        (b"\0\0\0\x1cftypavif", "image/avif", "picture"),
        (b"wOF2....", "application/octet-stream", "font"),
        (b"\0\x01\0\0\0\x10", "font/ttf", "font"),
        (
            b'<?xml version="1.0"?>\n<!-- by hand -->\n<svg xmlns="x">',
            "image/svg+xml; charset=utf-8",
            "picture",
        ),
        (b"body { color: red }", "text/css; charset=utf-8", "style"),
    ],
)
def test_file2_pictures_fonts_and_styles_are_what_their_first_bytes_say(
    body: bytes, declared: str, kind: str
) -> None:
    file = checked(body, declared)
    assert file is not None
    assert file.kind == kind


@pytest.mark.parametrize(
    ("body", "declared"),
    [
        (b"<!doctype html><script>alert(1)</script>", "text/html"),
        (b"<!doctype html><script>alert(1)</script>", "image/svg+xml"),
        (b"<html><svg>", "image/svg+xml"),
        (b"<html>", "image/png"),
        (b"alert(1)", "text/javascript"),
        (b"alert(1)", "application/octet-stream"),
        (b"%PDF-1.7", "application/pdf"),
        (b"", "image/png"),
        (PNG + b"0" * MAX_FILE_BYTES, "image/png"),
    ],
)
def test_file2_anything_else_is_not_handed_on(body: bytes, declared: str) -> None:
    assert checked(body, declared) is None


def own(css: str) -> str:
    return with_own_addresses(css, "https://cdn.example/css/a.css", lambda url: f"/f?url={url}", "/f?url=")


def test_file1_addresses_in_a_style_sheet_lead_back_to_us() -> None:
    assert own(".a{background:url(../b.png)}") == '.a{background:url("/f?url=https://cdn.example/b.png")}'
    assert (
        own("@charset \"utf-8\";@import 'c.css' print;")
        == '@import url("/f?url=https://cdn.example/css/c.css") print;'
    )
    assert (
        own(".a{filter:url(#f);b:url(data:image/png;base64,AA)}")
        == '.a{filter:url("#f");b:url("data:image/png;base64,AA")}'
    )


def test_file1_a_set_of_images_may_name_them_without_url() -> None:
    one = 'url("/f?url=https://cdn.example/b.png")'
    assert own('.a{b:image-set("../b.png" 1x)}') == f".a{{b:image-set({one} 1x)}}"
    kinds = "type('image/png') 2x, linear-gradient(red, rgb(1, 2, 3)) 3x"
    assert own(f".a{{b:-webkit-image-set('../b.png' {kinds}, url(../b.png) 4x)}}") == (
        f".a{{b:-webkit-image-set({one} {kinds}, {one} 4x)}}"
    )
    assert own(".a{content:'image-set('}") == ".a{content:'image-set('}"


@pytest.mark.parametrize("part", ["image-set(", '"a"', "(a)", "((a)", "image-set('a'", "'", "("])
def test_file2_no_style_sheet_holds_the_server_up(part: str) -> None:
    own("a{b:image-set(" + part * 20_000)


@pytest.mark.parametrize(
    "css",
    [
        ".a{b:url(javas\\63ript:alert(1))}",
        ".a{b:expression(alert(1))}",
        "@im\\70ort 'https://evil.example';",
        "</style><script>",
        "@import url(x) ; .a{behavior:url(x.htc)}",
    ],
)
def test_file2_a_harmful_style_sheet_is_empty(css: str) -> None:
    assert own(css) == ""
