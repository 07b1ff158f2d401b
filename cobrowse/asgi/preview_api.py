"""What of a shop's own pages the masking would let out, shown to whoever sets it up. SPEC preview."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cobrowse.asgi.api import MAY_SUPERVISE, answer, refuse, signed_in
from cobrowse.asgi.clock import now
from cobrowse.asgi.codes_api import read_body
from cobrowse.asgi.signin import SignIn
from cobrowse.core import credentials
from cobrowse.core.errors import PeerError
from cobrowse.core.messages import MaskRule, SiteView
from cobrowse.storage.agents import Agent


class Asked(msgspec.Struct, forbid_unknown_fields=True):
    """A page that was opened with a preview's token in its address."""

    site: str
    token: str


class PreviewApi:
    """`origins` are the pages of each site, `rules` what its mirror lets out; `secret` signs the previews."""

    def __init__(
        self,
        sign_in: SignIn,
        sites: Mapping[str, SiteView],
        origins: Mapping[str, frozenset[str]],
        rules: Mapping[str, Sequence[MaskRule]],
        secret: bytes,
    ) -> None:
        self._sign_in = sign_in
        self._sites = sites
        self._origins = origins
        self._rules = rules
        self._secret = secret

    def routes(self) -> list[Route]:
        return [
            Route("/console/api/previews", signed_in(self._sign_in, self._list), methods=["GET"]),
            Route("/preview", self._open, methods=["POST"]),
        ]

    async def _list(self, request: Request, agent: Agent) -> Response:
        """Addresses that open each site's pages as a CSA would see them, for a quarter of an hour."""
        if agent.role not in MAY_SUPERVISE:
            return refuse(403, "forbidden", "only a supervisor or an admin previews the masking")
        previews = []
        for site in self._sites.values():
            token = credentials.sign_preview(self._secret, site.key, now())
            pages = [f"{origin}/#cobrowse-preview={token}" for origin in sorted(self._origins[site.key])]
            previews.append({"site": site.name, "pages": pages})
        return answer({"previews": previews, "valid_s": credentials.PREVIEW_VALID_S})

    async def _open(self, request: Request) -> Response:
        """The rules by which a page of the site's is masked."""
        origin = request.headers.get("origin", "")
        asked = await read_body(request, Asked)
        site = self._sites.get(asked.site) if asked is not None else None
        if asked is None or site is None or origin not in self._origins[site.key]:
            return refuse(403, "forbidden", "expected a page of the shop")
        try:
            credentials.open_preview(self._secret, asked.token, site.key, now())
            rules = self._rules.get(site.key, ())
            response = answer({"rules": rules, "catalogue": site.catalogue})
        except PeerError:
            response = refuse(403, "bad_token", "expected the token of a preview that is still good")
        response.headers["access-control-allow-origin"] = origin
        return response
