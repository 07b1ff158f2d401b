"""The shops' styles, fonts and pictures as the console gets them: for agents alone, and inert. SPEC file."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cobrowse.asgi.api import refuse, signed_in
from cobrowse.asgi.signin import SignIn
from cobrowse.live.fetching import NotFetched
from cobrowse.live.shop_files import FILES, ShopFiles
from cobrowse.storage.agents import Agent

INERT = {
    # An SVG opened by itself, or a file that is taken for a page, is one without scripts, frames and an origin.
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox",
    "cross-origin-resource-policy": "same-origin",
}


class ShopFilesApi:
    def __init__(self, sign_in: SignIn, files: ShopFiles) -> None:
        self._sign_in = sign_in
        self._files = files

    def routes(self) -> list[Route]:
        return [
            Route(f"{FILES}/{{site}}", signed_in(self._sign_in, self._file), methods=["GET"]),
        ]

    async def _file(self, request: Request, agent: Agent) -> Response:
        """A file of a site's pages, by its address there."""
        try:
            key, file = await self._files.get(
                request.path_params["site"], request.query_params.get("url", "")
            )
        except NotFetched as reason:
            return refuse(404, "not_fetched", str(reason))
        headers = {**INERT, "cache-control": "private, max-age=600", "etag": f'"{key}"'}
        if request.headers.get("if-none-match") == f'"{key}"':
            return Response(status_code=304, headers=headers)
        return Response(file.body, media_type=file.media_type, headers=headers)
