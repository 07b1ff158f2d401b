"""What the rules decided and what they have earned: "Why?" for a visitor, now and in the past, and the results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace

import msgspec
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cobrowse.asgi.api import answer, refuse, signed_in
from cobrowse.asgi.clock import now
from cobrowse.asgi.signin import SignIn
from cobrowse.core.messages import SiteView
from cobrowse.core.rules.explain import Verdict
from cobrowse.core.rules.results import CONFIDENCE, Arm, sentence, uplift
from cobrowse.live.hub import Hub
from cobrowse.storage import decisions
from cobrowse.storage.agents import Agent
from cobrowse.storage.decisions import CONTROL, TREATED, Earned, Past
from cobrowse.storage.engine import reading

DECISIONS_A_PAGE = 20
DEFAULT_DAYS = 30
MAX_DAYS = 365
DAY_S = 86_400.0


class ResultsApi:
    """What signed-in agents may read of what the rules did. Live answers come from the hub, the past from storage."""

    def __init__(
        self,
        engine: AsyncEngine,
        sign_in: SignIn,
        sites: Mapping[str, SiteView],
        hub: Hub,
        attribution_window_s: float,
    ) -> None:
        self._engine = engine
        self._sign_in = sign_in
        self._sites = sites
        self._hub = hub
        self._window_s = attribution_window_s

    def routes(self) -> list[Route]:
        handlers = {
            "rules/{rule}/results": self._results,
            "rooms/{room}/why": self._why,
            "rooms/{room}/decisions": self._decisions,
        }
        return [
            Route(f"/console/api/{path}", signed_in(self._sign_in, handler), methods=["GET"])
            for path, handler in handlers.items()
        ]

    async def _results(self, request: Request, agent: Agent) -> Response:
        """What the rule's offers came to in the last days, against those who were held out. SPEC result."""
        days = request.query_params.get("days", str(DEFAULT_DAYS))
        if not days.isdecimal() or len(days) > 3 or not 1 <= int(days) <= MAX_DAYS:
            return refuse(400, "invalid", f"`days` expects a whole number from 1 to {MAX_DAYS}")
        rule, site = request.path_params["rule"], asked_site(request, self._sites)
        since = now() - int(days) * DAY_S
        version = request.query_params.get("version") or None
        async with reading(self._engine) as conn:
            versions = await decisions.versions(conn, site, rule, since)
            causes = (await decisions.causes(conn, site, since, version)).get(rule, {})
            tally = await decisions.tally(conn, site, rule, since, version)
            earned = await decisions.earned(conn, site, rule, since, self._window_s, version)
        treated, control = _together(earned, TREATED), _together(earned, CONTROL)
        found = uplift(treated.people, control.people)
        return answer(
            {
                "site": site,
                "currency": self._sites[site].currency if site in self._sites else "",
                "days": int(days),
                "version": version or "",
                "versions": [{"version": each, "since": at} for each, at in versions],
                "window_s": self._window_s,
                "shown": sum(tally.outcomes.values()),
                "outcomes": tally.outcomes,
                "chats": tally.chats,
                "held_back": {
                    cause: count for cause, count in causes.items() if cause not in (TREATED, CONTROL)
                },
                "arms": {"shown": _arm(treated), "control": _arm(control)},
                "variants": {each.arm: _arm(each) for each in earned if each.cause == TREATED},
                "uplift": found.bought and asdict(found.bought),
                "revenue_uplift_minor": found.revenue_minor and asdict(found.revenue_minor),
                "level": CONFIDENCE,
                "conclusion": found.conclusion,
                "people_needed": found.people_needed,
                "sentence": sentence(found),
            }
        )

    async def _why(self, request: Request, agent: Agent) -> Response:
        """What each rule says of a visitor who is here, at this moment."""
        room = request.path_params["room"]
        found = self._hub.why(room)
        if found is None:
            return refuse(404, "gone", "this visitor is not in the shop now")
        verdicts = [_verdict(verdict, self._title(verdict.rule_id)) for verdict in found]
        return answer({"room": room, "now": now(), "verdicts": verdicts})

    async def _decisions(self, request: Request, agent: Agent) -> Response:
        """A page of what the rules decided for a visitor before an offset, the latest first."""
        text = request.query_params.get("before", str(2**53))
        if not text.isdecimal() or len(text) > 16:
            return refuse(400, "invalid", "`before` expects the offset of a decision, a whole number")
        async with reading(self._engine) as conn:
            past = await decisions.of_room(conn, request.path_params["room"], int(text), DECISIONS_A_PAGE)
        return answer({"decisions": [_past(each, self._title(each.decision.rule)) for each in past]})

    def _title(self, rule: str) -> str:
        """The rule's title; its id when there is no such rule any more."""
        return next((each.title for each in self._hub.advisor.rules if each.id == rule), rule)


def asked_site(request: Request, sites: Mapping[str, SiteView]) -> str:
    """The site that is asked for; the first one when none is."""
    return request.query_params.get("site") or next(iter(sites), "")


def _verdict(verdict: Verdict, title: str) -> dict[str, object]:
    return {
        "rule": verdict.rule_id,
        "title": title,
        "version": verdict.version,
        "cause": verdict.cause,
        "reason": verdict.reason,
        "due": verdict.due,
        "arm": verdict.arm,
        "operands": [
            {"source": operand.source, "holds": operand.holds, "values": dict(operand.values)}
            for operand in verdict.operands
        ],
    }


def _past(past: Past, title: str) -> dict[str, object]:
    decision = past.decision
    trace = msgspec.json.decode(decision.trace)
    return {
        "offset": decision.offset,
        "at": decision.at,
        "rule": decision.rule,
        "title": title,
        "version": decision.version,
        "cause": decision.cause,
        "arm": decision.arm,
        "reason": decision.reason,
        "operands": [
            {"source": source, "holds": holds, "values": dict(values)} for source, holds, values in trace
        ],
        "offer": decision.offer,
        "outcome": past.outcome,
    }


def _together(earned: list[Earned], cause: str) -> Earned:
    """All wordings of one arm as one."""
    whole = Earned(cause, "", Arm(), 0)
    for each in earned:
        if each.cause == cause:
            whole = replace(whole, people=whole.people + each.people, orders=whole.orders + each.orders)
    return whole


def _arm(earned: Earned) -> dict[str, object]:
    people = earned.people
    return {
        "people": people.people,
        "buyers": people.buyers,
        "orders": earned.orders,
        "revenue_minor": people.revenue_minor,
    }
