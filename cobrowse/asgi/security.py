"""Headers and checks that every response and every unsafe request gets. SPEC sign.5."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

BASE_HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=()",
}


def console_policy(public_url: str) -> str:
    """The console's Content-Security-Policy: nothing inline, nothing foreign: the shops' pictures come by way of us."""
    parts = urlsplit(public_url)
    socket = f"{'wss' if parts.scheme == 'https' else 'ws'}://{parts.netloc}"
    return "; ".join(
        [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            f"connect-src 'self' {socket}",
            "img-src 'self' data:",
            "font-src 'self'",
            "frame-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        ]
    )


def mirror_policy() -> str:
    """The policy of the frame in which a shopper's page is drawn: its files by way of us, and no script."""
    return "; ".join(
        [
            "default-src 'none'",
            "style-src 'unsafe-inline' 'self'",
            "img-src data: 'self'",
            "font-src data: 'self'",
            "script-src 'none'",
            "frame-src 'none'",
            "form-action 'none'",
            "base-uri 'none'",
            "frame-ancestors 'self'",
            "sandbox allow-same-origin",
        ]
    )


class SecurityHeaders:
    """Adds the headers above, and the policy, to every HTTP response that does not set its own."""

    def __init__(self, app: ASGIApp, policy: str, secure: bool) -> None:
        self._app = app
        headers = {**BASE_HEADERS, "content-security-policy": policy}
        if secure:
            headers["strict-transport-security"] = "max-age=31536000"
        self._headers = [(name.encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                present = {name.lower() for name, _ in message["headers"]}
                message["headers"] = [
                    *message["headers"],
                    *(header for header in self._headers if header[0] not in present),
                ]
            await send(message)

        await self._app(scope, receive, send_with_headers)


def is_same_origin(request: Request, origin: str) -> bool:
    """Whether a request that changes something came from our own pages.

    Browsers send Origin with every POST; one without it, from a browser that says it is cross-site, is refused too.
    """
    said = request.headers.get("origin")
    if said is not None:
        return said == origin
    return request.headers.get("sec-fetch-site", "same-origin") == "same-origin"
