"""What stands before every page: security headers, and a refusal of writes that come from another site."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def content_security_policy(server_url: str) -> str:
    """The shop's policy: itself and the Cobrowse server at `server_url`, nothing inline.

    Raises ValueError on a bad address.
    """
    parts = urlsplit(server_url)
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise ValueError("server_url: expected http(s)://host[:port]")
    server = f"{parts.scheme}://{parts.netloc}"
    socket = f"{'wss' if parts.scheme == 'https' else 'ws'}://{parts.netloc}"
    return (
        f"default-src 'self'; script-src 'self' {server}; connect-src 'self' {server} {socket}; style-src 'self'; "
        f"img-src 'self' data: {server}; frame-src 'none'"
    )


class Guard:
    """Adds the headers to every response and answers 403 to a write that is not from the shop's own pages."""

    def __init__(self, app: ASGIApp, *, server_url: str) -> None:
        self._app = app
        self._headers = {
            "content-security-policy": content_security_policy(server_url),
            "x-content-type-options": "nosniff",
            "x-frame-options": "DENY",
            "referrer-policy": "strict-origin-when-cross-origin",
            "permissions-policy": "camera=(), geolocation=(), microphone=()",
            "cross-origin-opener-policy": "same-origin",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        if scope["method"] in _SAFE_METHODS or _same_origin(scope):
            await self._app(scope, receive, send_guarded)
        else:
            refusal = PlainTextResponse("Expected a request from the shop's own pages.\n", status_code=403)
            await refusal(scope, receive, send_guarded)


def _same_origin(scope: Scope) -> bool:
    """Whether the browser vouches for it. Every current browser sends one of the two headers with a write."""
    headers = Headers(scope=scope)
    if (site := headers.get("sec-fetch-site")) is not None:
        return site == "same-origin"
    return headers.get("origin") == f"{scope['scheme']}://{headers.get('host', '')}"
