"""Signing in to the console: a form, a cookie, a session in the database. SPEC sign.4."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections import OrderedDict
from collections.abc import Collection, Mapping
from types import MappingProxyType

from sqlalchemy.ext.asyncio import AsyncEngine

from cobrowse.asgi import clock
from cobrowse.asgi.passwords import hash_password, needs_rehash, verify_password
from cobrowse.core.messages import Author
from cobrowse.storage import agents
from cobrowse.storage.agents import Agent, Session
from cobrowse.storage.engine import reading

COOKIE = "cobrowse_session"
TOUCH_AFTER_S = 300.0
TRIES = 5
TRIES_WITHIN_S = 300.0
MAX_TRACKED = 10_000


class TooManyTries(Exception):
    """Signing in is held back; try again after `retry_after_s`."""

    def __init__(self, retry_after_s: float) -> None:
        super().__init__(f"try again in {retry_after_s:.0f} s")
        self.retry_after_s = retry_after_s


class Throttle:
    """Counts failed tries by key within a window; bounded in memory, the oldest keys go first."""

    def __init__(self) -> None:
        self._failures: OrderedDict[str, list[float]] = OrderedDict()

    def check(self, key: str, now: float, tries: int = TRIES) -> None:
        """Raises TooManyTries when this key has failed too often of late."""
        recent = [at for at in self._failures.get(key, []) if now - at < TRIES_WITHIN_S]
        if len(recent) >= tries:
            raise TooManyTries(TRIES_WITHIN_S - (now - recent[-tries]))

    def fail(self, key: str, now: float) -> None:
        recent = [at for at in self._failures.pop(key, []) if now - at < TRIES_WITHIN_S]
        self._failures[key] = [*recent, now]
        while len(self._failures) > MAX_TRACKED:
            self._failures.popitem(last=False)

    def clear(self, key: str) -> None:
        self._failures.pop(key, None)


def session_token(cookie_header: str) -> str:
    """The session's token in a Cookie header; "" when there is none.

    Read by hand: Python's own parser gives up at cookies that browsers and shops use, such as one with JSON in it, and
    takes quadratic time for a value full of backslashes.
    """
    for pair in cookie_header.split(";"):
        name, _, value = pair.partition("=")
        if name.strip() == COOKIE:
            return value.strip()
    return ""


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


class SignIn:
    """Who is signed in. Tokens are random; the database holds only their hashes."""

    def __init__(
        self, engine: AsyncEngine, valid_s: float, teams: Mapping[str, Collection[str]] = MappingProxyType({})
    ) -> None:
        """`teams`: the e-mail addresses of each team's agents."""
        self._engine = engine
        self._valid_s = valid_s
        self._teams = teams
        self._team_mates: dict[str, tuple[str, ...]] = {}
        self._throttle = Throttle()
        self._hashing = asyncio.Semaphore(2)

    async def sign_in(self, email: str, password: str, address: str) -> str | None:
        """A new session's token, or None when e-mail address and password do not belong together.

        Raises TooManyTries: five failures in five minutes for one address of mail, twenty for one of the network.
        """
        now = clock.now()
        by_email, by_address = f"e:{agents.fold_email(email)}", f"a:{address}"
        self._check_tries(by_email, by_address, now)
        async with reading(self._engine) as conn:
            agent = await agents.find_by_email(conn, email)
        known = agent if agent is not None and agent.disabled_at is None else None
        async with self._hashing:
            # Again: a hundred at once would else all have been let in before the first had failed.
            self._check_tries(by_email, by_address, now)
            right = await asyncio.to_thread(verify_password, known.password_hash if known else None, password)
            if known is None or not right:
                self._throttle.fail(by_email, now)
                self._throttle.fail(by_address, now)
                return None
        self._throttle.clear(by_email)
        token = secrets.token_urlsafe(32)
        async with self._engine.begin() as conn:
            await agents.delete_expired_sessions(conn, now)
            await agents.create_session(conn, Session(_hash(token), known.id, now, now, now + self._valid_s))
            if needs_rehash(known.password_hash):
                stronger = await asyncio.to_thread(hash_password, password)
                await agents.rehash_password(conn, known.id, stronger)
        return token

    def _check_tries(self, by_email: str, by_address: str, now: float) -> None:
        self._throttle.check(by_email, now)
        self._throttle.check(by_address, now, TRIES * 4)

    async def agent(self, cookie_header: str, now: float) -> Agent | None:
        """The agent who is signed in with this Cookie header."""
        return (await self._agents([cookie_header], now)).get(cookie_header)

    async def authors(self, cookie_headers: Collection[str], now: float) -> dict[str, Author]:
        """Who is signed in with each of these Cookie headers, as an author; the others are left out."""
        signed_in = await self._agents(cookie_headers, now)
        for agent in signed_in.values():
            self._team_mates[agent.id] = self.teams_with(agent.email)
        return {cookie: Author("csa", agent.id, agent.name) for cookie, agent in signed_in.items()}

    def teams_with(self, email: str) -> tuple[str, ...]:
        """The teams that have an agent with this address, folded."""
        return tuple(
            team
            for team, emails in self._teams.items()
            if email in {agents.fold_email(each) for each in emails}
        )

    def teams_of(self, agent_id: str) -> tuple[str, ...]:
        """The teams of an agent who has signed in here."""
        return self._team_mates.get(agent_id, ())

    async def _agents(self, cookie_headers: Collection[str], now: float) -> dict[str, Agent]:
        tokens = {cookie: session_token(cookie) for cookie in cookie_headers}
        hashes = {cookie: _hash(token) for cookie, token in tokens.items() if 0 < len(token) <= 128}
        if not hashes:
            return {}
        async with reading(self._engine) as conn:
            found = await agents.find_sessions(conn, list(dict.fromkeys(hashes.values())), now)
        stale = [session for session, _ in found.values() if now - session.seen_at > TOUCH_AFTER_S]
        if stale:
            async with self._engine.begin() as conn:
                for session in stale:
                    await agents.touch_session(conn, session.id_hash, now, now + self._valid_s)
        return {cookie: found[digest][1] for cookie, digest in hashes.items() if digest in found}

    async def sign_out(self, cookie_header: str) -> None:
        if token := session_token(cookie_header):
            async with self._engine.begin() as conn:
                await agents.delete_session(conn, _hash(token))
