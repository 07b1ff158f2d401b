"""Recordings and the audit, for those who answer for them. SPEC record.4, audit.3."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import asdict

from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cobrowse.asgi.api import MAY_SUPERVISE, Handler, answer, ours, refuse, signed_in
from cobrowse.asgi.clock import now
from cobrowse.asgi.signin import SignIn
from cobrowse.core.messages import SiteView
from cobrowse.storage import audit, recordings
from cobrowse.storage.agents import Agent
from cobrowse.storage.audit import Before, Deed
from cobrowse.storage.engine import reading
from cobrowse.storage.recordings import Recording

DEEDS_A_PAGE = 50
MAX_RECORDINGS = 50
MAX_KINDS = 20


class RecordingsApi:
    """Supervisors and admins see all; a CSA sees the recordings that were made for them."""

    def __init__(
        self, engine: AsyncEngine, sign_in: SignIn, sites: Mapping[str, SiteView], origin: str
    ) -> None:
        self._engine = engine
        self._sign_in = sign_in
        self._sites = sites
        self._origin = origin

    def routes(self) -> list[Route]:
        handlers: list[tuple[str, str, Handler]] = [
            ("GET", "audit", self._audit),
            ("GET", "rooms/{room}/recordings", self._of_room),
            ("GET", "recordings/{key}", self._open),
            ("GET", "recordings/{key}/parts/{number:int}", self._part),
            ("DELETE", "recordings/{key}", ours(self._delete, self._origin)),
        ]
        return [
            Route(f"/console/api/{path}", signed_in(self._sign_in, handler), methods=[method])
            for method, path, handler in handlers
        ]

    async def _audit(self, request: Request, agent: Agent) -> Response:
        """A page of the audit, the latest first: by site, kinds, agent and room, before a deed."""
        if agent.role not in MAY_SUPERVISE:
            return refuse(403, "forbidden", "only a supervisor or an admin reads the audit")
        asked = request.query_params
        sites = [asked["site"]] if asked.get("site") else list(self._sites)
        kinds = [kind for kind in asked.get("kinds", "").split(",") if kind][:MAX_KINDS]
        before = None
        if asked.get("before"):
            at, _, key = asked["before"].partition(",")
            try:
                before = Before(float(at), key)
            except ValueError:
                return refuse(400, "invalid", "`before` expects the `next` of the page before")
        async with reading(self._engine) as conn:
            deeds = await audit.page(
                conn,
                [site for site in sites if site in self._sites],
                DEEDS_A_PAGE + 1,
                kinds=kinds,
                agent=asked.get("agent", ""),
                room=asked.get("room", ""),
                before=before,
            )
        page = deeds[:DEEDS_A_PAGE]
        following = f"{page[-1].at!r},{page[-1].id}" if len(deeds) > DEEDS_A_PAGE else ""
        return answer({"deeds": [asdict(deed) for deed in page], "next": following})

    async def _of_room(self, request: Request, agent: Agent) -> Response:
        """A visitor's recordings that this agent may see, the latest first."""
        async with reading(self._engine) as conn:
            found = await recordings.of_room(conn, request.path_params["room"], MAX_RECORDINGS)
        return answer({"recordings": [asdict(each) for each in found if _may_see(agent, each)]})

    async def _open(self, request: Request, agent: Agent) -> Response:
        """What a recording is; that it was opened goes to the audit."""
        held = await self._find(request, agent)
        if held is None:
            return _gone()
        async with self._engine.begin() as conn:
            await audit.note(conn, _deed(held, agent, "recording_replayed"))
        return answer({"recording": asdict(held)})

    async def _part(self, request: Request, agent: Agent) -> Response:
        """A part: batches with their times, deflated (RFC 1951)."""
        if await self._find(request, agent) is None:
            return _gone()
        async with reading(self._engine) as conn:
            body = await recordings.part(conn, request.path_params["key"], request.path_params["number"])
        if body is None:
            return _gone()
        return Response(body, headers={"cache-control": "no-store"}, media_type="application/octet-stream")

    async def _delete(self, request: Request, agent: Agent) -> Response:
        """Deletes a recording for good, as when its shopper asks for that."""
        held = await self._find(request, agent)
        if held is None:
            return _gone()
        if agent.role not in MAY_SUPERVISE:
            return refuse(403, "forbidden", "only a supervisor or an admin deletes recordings")
        async with self._engine.begin() as conn:
            await recordings.remove(conn, held.id)
            await audit.note(conn, _deed(held, agent, "recording_deleted"))
        return answer({"deleted": held.id})

    async def _find(self, request: Request, agent: Agent) -> Recording | None:
        """The recording, if this agent may see it."""
        async with reading(self._engine) as conn:
            held = await recordings.find(conn, request.path_params["key"])
        return held if held is not None and held.site in self._sites and _may_see(agent, held) else None


def _may_see(agent: Agent, held: Recording) -> bool:
    return agent.role in MAY_SUPERVISE or held.csa == agent.id


def _deed(held: Recording, agent: Agent, kind: str) -> Deed:
    who = ("csa", agent.id, agent.name, held.csa, held.csa_name)
    return Deed(f"{held.id}.{secrets.token_urlsafe(9)}", now(), held.site, held.room, kind, *who)


def _gone() -> Response:
    return refuse(404, "gone", "there is no such recording, or it is not for you")
