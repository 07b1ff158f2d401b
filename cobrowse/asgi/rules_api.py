"""The rules in the console: list, switch, edit and history. SPEC edit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import msgspec
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from cobrowse.asgi.api import MAY_SUPERVISE, Handler, answer, ours, refuse, signed_in
from cobrowse.asgi.clock import now
from cobrowse.asgi.results_api import asked_site
from cobrowse.asgi.signin import SignIn
from cobrowse.core.messages import SiteView
from cobrowse.core.rules import warnings
from cobrowse.core.rules.rule import Mistake, Rule, RuleError
from cobrowse.core.rules.syntax import parse
from cobrowse.live.hub import Hub
from cobrowse.live.overrides import Overrides, Stale
from cobrowse.storage import decisions, rules
from cobrowse.storage.agents import Agent
from cobrowse.storage.engine import reading

MAX_BODY_BYTES = 256 * 1024
MAX_HISTORY = 50
RECENT_DAYS = 30
DAY_S = 86_400.0

T = TypeVar("T", bound=msgspec.Struct)


class Edit(msgspec.Struct, forbid_unknown_fields=True):
    """A rule's new text, and the version of the one that it was made from ("" for a new rule)."""

    source: str
    version: str


class Restore(msgspec.Struct, forbid_unknown_fields=True):
    version: str


class Draft(msgspec.Struct, forbid_unknown_fields=True):
    source: str


class Switch(msgspec.Struct, forbid_unknown_fields=True):
    enabled: bool


class Unusable(Exception):
    """A request that says something else than was expected."""


class RulesApi:
    """What signed-in agents may ask of the rules, and what supervisors may change. SPEC edit."""

    def __init__(
        self,
        engine: AsyncEngine,
        sign_in: SignIn,
        sites: Mapping[str, SiteView],
        hub: Hub,
        overrides: Overrides,
        origin: str,
    ) -> None:
        self._engine = engine
        self._sign_in = sign_in
        self._sites = sites
        self._hub = hub
        self._overrides = overrides
        self._origin = origin

    def routes(self) -> list[Route]:
        read = [
            ("rules", self._list),
            ("rules/{rule}/versions", self._versions),
        ]
        changing: list[tuple[str, str, Handler]] = [
            ("POST", "rules/check", self._check),
            ("PUT", "rules/{rule}", self._supervised(self._edit)),
            ("PUT", "rules/{rule}/switch", self._supervised(self._switch)),
            ("POST", "rules/{rule}/restore", self._supervised(self._restore)),
        ]
        return [
            *(self._route("GET", path, handler) for path, handler in read),
            *(self._route(method, path, self._ours(handler)) for method, path, handler in changing),
        ]

    def _route(self, method: str, path: str, handler: Handler) -> Route:
        return Route(f"/console/api/{path}", signed_in(self._sign_in, handler), methods=[method])

    def _ours(self, handler: Handler) -> Handler:
        async def usable(request: Request, agent: Agent) -> Response:
            try:
                return await handler(request, agent)
            except Unusable as unusable:
                return refuse(400, "invalid", str(unusable))

        return ours(usable, self._origin)

    def _supervised(self, handler: Handler) -> Handler:
        """Only supervisors and admins. SPEC edit.1."""

        async def checked(request: Request, agent: Agent) -> Response:
            if agent.role not in MAY_SUPERVISE:
                return refuse(403, "forbidden", "only a supervisor or an admin changes rules")
            return await handler(request, agent)

        return checked

    # Reading

    async def _list(self, request: Request, agent: Agent) -> Response:
        """Every rule with its text and how it did of late; what is wrong with the files; what went wrong live."""
        advisor, site = self._hub.advisor, asked_site(request, self._sites)
        async with reading(self._engine) as conn:
            since = now() - RECENT_DAYS * DAY_S
            causes = await decisions.causes(conn, site, since)
            accepted = await decisions.accepted(conn, site, since)
        listed = [
            {
                **self._shown(rule),
                "recent": {"causes": causes.get(rule.id, {}), "accepted": accepted.get(rule.id, 0)},
            }
            for rule in advisor.rules
        ]
        faults = [
            {"rule": rule, "message": message, "count": n} for (rule, message), n in advisor.faults.items()
        ]
        return answer(
            {
                "rules": listed,
                "errors": list(advisor.errors),
                "faults": faults,
                "recent_days": RECENT_DAYS,
                "may_edit": agent.role in MAY_SUPERVISE,
            }
        )

    async def _versions(self, request: Request, agent: Agent) -> Response:
        """The rule's changes, the latest first, each with the text since then."""
        async with reading(self._engine) as conn:
            changes = await rules.history(conn, request.path_params["rule"], MAX_HISTORY)
        listed = [
            {
                "number": change.number,
                "at": change.at,
                "kind": change.kind,
                "version": change.version,
                "by": change.agent_name,
                "source": change.source,
            }
            for change in changes
        ]
        return answer({"versions": listed})

    # Changing

    async def _check(self, request: Request, agent: Agent) -> Response:
        """Every mistake in a draft, and what is odd about it beside the other rules."""
        draft = await _read(request, Draft)
        try:
            rule = parse(draft.source, "")
        except RuleError as error:
            return answer({"id": None, "mistakes": _placed(error.mistakes), "warnings": []})
        others = [each for each in self._hub.advisor.rules if each.id != rule.id]
        found = [mistake for mistake in warnings.find([rule, *others]) if mistake.place.file == ""]
        return answer({"id": rule.id, "mistakes": [], "warnings": _placed(tuple(found))})

    async def _edit(self, request: Request, agent: Agent) -> Response:
        """Gives a rule a new text, at once and on every node. SPEC edit.2."""
        edit, wanted = await _read(request, Edit), request.path_params["rule"]
        try:
            rule = parse(edit.source, "")
        except RuleError as error:
            return answer(
                {
                    "error": {"code": "mistakes", "message": "the text has mistakes"},
                    "mistakes": _placed(error.mistakes),
                },
                422,
            )
        if rule.id != wanted:
            return refuse(422, "other_id", f"expected the id {wanted}: results are kept by it")
        try:
            await self._overrides.edit(rule, edit.version, agent, now())
        except Stale:
            return _stale()
        return self._as_it_is(wanted)

    async def _restore(self, request: Request, agent: Agent) -> Response:
        """Gives a rule its file's text again; a rule of the console's own is gone."""
        restore, rule = await _read(request, Restore), request.path_params["rule"]
        try:
            await self._overrides.restore(rule, restore.version, agent, now())
        except Stale:
            return _stale()
        return self._as_it_is(rule)

    async def _switch(self, request: Request, agent: Agent) -> Response:
        """Switches a rule on or off, at once and on every node."""
        switch = await _read(request, Switch)
        rule = self._rule(request.path_params["rule"])
        if rule is None:
            return refuse(404, "gone", "there is no such rule")
        await self._overrides.switch(rule, switch.enabled, agent, now())
        return self._as_it_is(rule.id)

    # Showing

    def _rule(self, rule: str) -> Rule | None:
        return next((each for each in self._hub.advisor.rules if each.id == rule), None)

    def _as_it_is(self, rule: str) -> Response:
        found = self._rule(rule)
        return answer({"rule": found and self._shown(found)})

    def _shown(self, rule: Rule) -> dict[str, object]:
        held, file = self._overrides.of(rule.id), self._overrides.file(rule.id)
        edited = held.source is not None
        return {
            "id": rule.id,
            "title": rule.title,
            "version": rule.version,
            "enabled": rule.enabled,
            # A rule that its own text switches off is not the switch's to put on.
            "switchable": rule.enabled or held.off,
            "priority": rule.priority,
            "file": rule.place.file,
            "edited": edited,
            "has_file": file is not None,
            "file_changed": edited and file is not None and file.version != held.based_on,
            "holdout": rule.holdout,
            "variants": list(rule.variants),
            "source": rule.source,
        }


async def _read(request: Request, kind: type[T]) -> T:
    """The body as `kind`. Raises Unusable when it is too long or something else."""
    body = b""
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_BODY_BYTES:
                raise Unusable(f"expected at most {MAX_BODY_BYTES} bytes")
    except ClientDisconnect:
        # Whoever writes on gives up the check of a moment ago; nobody reads this answer.
        raise Unusable("expected the whole request") from None
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        fields = ", ".join(field.name for field in msgspec.structs.fields(kind))
        raise Unusable(f"expected a JSON object with {fields}") from None


def _stale() -> Response:
    return refuse(409, "stale", "the rule has changed since you opened it")


def _placed(mistakes: tuple[Mistake, ...]) -> list[dict[str, object]]:
    return [
        {"line": mistake.place.line, "column": mistake.place.column, "message": mistake.message}
        for mistake in mistakes
    ]
