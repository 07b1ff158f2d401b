"""The code that a shopper reads out on the telephone: asked for by the widget, typed in by a CSA. SPEC code."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeVar

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from cobrowse.asgi.api import answer, ours, refuse, signed_in
from cobrowse.asgi.clock import now
from cobrowse.asgi.signin import SignIn
from cobrowse.core import credentials
from cobrowse.core.errors import PeerError
from cobrowse.core.messages import SiteView
from cobrowse.live.codes import DIGITS, VALID_S, WITHIN_S, Codes, TooMany
from cobrowse.storage.agents import Agent

MAX_BODY_BYTES = 2048
T = TypeVar("T", bound=msgspec.Struct)

_WANTED = re.compile(rf"[0-9]{{{DIGITS}}}")


class Asked(msgspec.Struct, forbid_unknown_fields=True):
    """Who asks for a code: a visitor, by their signed token."""

    site: str
    token: str


class Typed(msgspec.Struct, forbid_unknown_fields=True):
    digits: str


class CodesApi:
    """`secret` signs visitors' tokens; `origins` are the pages of each site."""

    def __init__(
        self,
        sign_in: SignIn,
        codes: Codes,
        sites: Mapping[str, SiteView],
        origins: Mapping[str, frozenset[str]],
        secret: bytes,
        origin: str,
    ) -> None:
        self._sign_in = sign_in
        self._codes = codes
        self._sites = sites
        self._origins = origins
        self._secret = secret
        self._origin = origin

    def routes(self) -> list[Route]:
        used = signed_in(self._sign_in, ours(self._use, self._origin))
        return [
            Route("/code", self._give, methods=["POST"]),
            Route("/console/api/codes", used, methods=["POST"]),
        ]

    async def _give(self, request: Request) -> Response:
        """A code for the visitor whose token it is, for a page of their site's alone."""
        origin = request.headers.get("origin", "")
        asked = await read_body(request, Asked)
        site = self._sites.get(asked.site) if asked is not None else None
        if asked is None or site is None or origin not in self._origins[site.key]:
            return refuse(403, "forbidden", "expected a page of the shop")
        response: Response
        if site.page_sharing == "never":
            response = refuse(403, "forbidden", "this site does not share pages")
        else:
            try:
                visitor = credentials.open_visitor(self._secret, asked.token, site.key, now())
                code = await self._codes.give(visitor.visitor, site.key, now())
                response = answer({"digits": code.digits, "expires_at": code.expires_at, "valid_s": VALID_S})
            except PeerError:
                response = refuse(403, "bad_token", "expected the token of a visitor of this site")
            except TooMany:
                response = _too_many("too many codes at once, try again in some minutes")
        response.headers["access-control-allow-origin"] = origin
        return response

    async def _use(self, request: Request, agent: Agent) -> Response:
        """The room to which these digits lead, once."""
        typed = await read_body(request, Typed)
        digits = "".join(typed.digits.split()) if typed is not None else ""
        if not _WANTED.fullmatch(digits):
            return refuse(400, "invalid", f"expected {DIGITS} digits")
        try:
            joined = await self._codes.use(agent.id, agent.name, digits, now())
        except TooMany:
            return _too_many("too many wrong codes, try again in some minutes")
        if joined is None or joined.site not in self._sites:
            return refuse(404, "wrong_code", "no such code: it is used once, and for five minutes")
        return answer({"room": joined.room, "site": joined.site})


def _too_many(message: str) -> Response:
    response = refuse(429, "too_many", message)
    response.headers["retry-after"] = str(int(WITHIN_S))
    return response


async def read_body(request: Request, kind: type[T]) -> T | None:
    """The body as `kind`; None when it is too long or something else."""
    body = b""
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_BODY_BYTES:
                return None
        return msgspec.json.decode(body, type=kind)
    except (ClientDisconnect, msgspec.MsgspecError, UnicodeDecodeError):
        return None
