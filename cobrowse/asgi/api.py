"""The console's JSON interface: what it reads beside the live connection. Signed-in agents only."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict

import msgspec
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cobrowse.asgi.clock import now
from cobrowse.asgi.security import is_same_origin
from cobrowse.asgi.signin import SignIn
from cobrowse.core.messages import Author, Message, SiteView
from cobrowse.live.catalogue import Catalogue, Listed
from cobrowse.storage import contacts, conversations, messages
from cobrowse.storage.agents import Agent
from cobrowse.storage.engine import reading

MAX_FOUND = 20
MAX_QUERY_CHARS = 200
MAX_HISTORY = 50
MESSAGES_A_PAGE = 50
MAY_SUPERVISE = frozenset({"supervisor", "admin"})

_encode = msgspec.json.Encoder().encode

Handler = Callable[[Request, Agent], Awaitable[Response]]


def answer(value: object, status: int = 200) -> Response:
    return Response(_encode(value), status, {"cache-control": "no-store"}, "application/json")


def refuse(status: int, code: str, message: str) -> Response:
    return answer({"error": {"code": code, "message": message}}, status)


def signed_in(sign_in: SignIn, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """The handler for signed-in agents alone; anybody else gets 401."""

    async def checked(request: Request) -> Response:
        agent = await sign_in.agent(request.headers.get("cookie", ""), now())
        if agent is None:
            return refuse(401, "not_signed_in", "sign in to the console first")
        return await handler(request, agent)

    return checked


def ours(handler: Handler, origin: str) -> Handler:
    """The handler for our own pages alone: with the header that no form can send, and our origin. SPEC sign.5."""

    async def checked(request: Request, agent: Agent) -> Response:
        if request.headers.get("x-cobrowse") != "console" or not is_same_origin(request, origin):
            return refuse(403, "not_ours", "expected a request of the console's own")
        return await handler(request, agent)

    return checked


def _product(listed: Listed) -> dict[str, object]:
    """A line as the search shows it, every field there: null where the shop says nothing."""
    item = listed.item
    fields = ("line", "name", "variant", "price_minor", "currency", "category", "image", "url")
    return {**{field: getattr(item, field) for field in fields}, "stock": listed.stock}


class Api:
    def __init__(
        self,
        engine: AsyncEngine,
        sign_in: SignIn,
        sites: Mapping[str, SiteView],
        catalogues: Mapping[str, Catalogue],
    ) -> None:
        self._engine = engine
        self._sign_in = sign_in
        self._sites = sites
        self._catalogues = catalogues

    def routes(self) -> list[Route]:
        return [
            Route("/console/api/me", self._signed_in(self._me), methods=["GET"]),
            Route("/console/api/products", self._signed_in(self._products), methods=["GET"]),
            Route("/console/api/contacts", self._signed_in(self._contacts), methods=["GET"]),
            Route("/console/api/rooms/{room}/messages", self._signed_in(self._messages), methods=["GET"]),
            Route("/console/api/rooms/{room}/history", self._signed_in(self._history), methods=["GET"]),
        ]

    def _signed_in(self, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
        return signed_in(self._sign_in, handler)

    async def _me(self, request: Request, agent: Agent) -> Response:
        """Who is signed in, and the sites."""
        who = {
            "id": agent.id,
            "name": agent.name,
            "email": agent.email,
            "role": agent.role,
            "teams": self._sign_in.teams_with(agent.email),
        }
        return answer({"agent": who, "sites": list(self._sites.values())})

    async def _products(self, request: Request, agent: Agent) -> Response:
        """Lines of a site's catalogue that match `q`."""
        catalogue = self._catalogues.get(request.query_params.get("site", ""))
        if catalogue is None:
            return answer({"products": []})
        found = catalogue.search(request.query_params.get("q", "")[:MAX_QUERY_CHARS], MAX_FOUND)
        return answer({"products": [_product(listed) for listed in found]})

    async def _contacts(self, request: Request, agent: Agent) -> Response:
        """Contacts whose name or e-mail address holds the words of `q`."""
        text = request.query_params.get("q", "")[:MAX_QUERY_CHARS]
        found: list[dict[str, object]] = []
        async with reading(self._engine) as conn:
            for site in self._sites:
                for contact in await contacts.search(conn, site, text, MAX_FOUND):
                    talks = await conversations.history(conn, contact.id, MAX_HISTORY)
                    found.append(
                        {
                            "id": contact.id,
                            "room": contact.visitor,
                            "name": contact.name,
                            "email": contact.email,
                            "created_at": contact.created_at,
                            "conversations": len(talks),
                        }
                    )
        return answer({"contacts": found[:MAX_FOUND]})

    async def _messages(self, request: Request, agent: Agent) -> Response:
        """A page of a room's messages before an offset, in order."""
        text = request.query_params.get("before", "")
        if not text.isdecimal() or len(text) > 16:
            return refuse(400, "invalid", "`before` expects the offset of a message, a whole number")
        async with reading(self._engine) as conn:
            rows = await messages.before(conn, request.path_params["room"], int(text), MESSAGES_A_PAGE)
        page = [
            Message(row.offset, row.at, Author(row.author_role, row.author, row.author_name), row.text)
            for row in rows
        ]
        return answer({"messages": page})

    async def _history(self, request: Request, agent: Agent) -> Response:
        """The conversations of the contact in a room, the latest first, and what the shop has signed of them."""
        async with reading(self._engine) as conn:
            talks = await conversations.history(conn, request.path_params["room"], MAX_HISTORY)
            person = await contacts.find(conn, request.path_params["room"])
        who = {"email": person.email, "number": person.external_id} if person is not None else None
        return answer({"conversations": [asdict(talk.conversation) for talk in talks], "contact": who})
