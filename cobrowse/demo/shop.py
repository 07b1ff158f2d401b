"""The shop as an ASGI application. To run it alone: `uvicorn --factory cobrowse.demo.shop:development --port 8001`."""

from __future__ import annotations

import os
import tempfile
from http import HTTPStatus
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from . import basket, browse, checkout, pages
from .catalogue import catalogue
from .guard import Guard
from .ledger import Ledger
from .views import Shop, environment, page


def create_shop(*, server_url: str, site_key: str, database: Path) -> Starlette:
    """The shop, with its stock and orders in `database`, embedding the Cobrowse server as site `site_key`.

    Raises ValueError when `server_url` is not an http(s) address. Blocks briefly while it opens the database.
    """
    goods = catalogue()
    app = Starlette(
        routes=[
            Mount("/static", _Static(directory=Path(__file__).parent / "static"), name="static"),
            *basket.ROUTES,
            *checkout.ROUTES,
            *browse.ROUTES,
            *pages.ROUTES,
        ],
        middleware=[
            Middleware(Guard, server_url=server_url),
            Middleware(GZipMiddleware, minimum_size=1024),
        ],
        exception_handlers={HTTPException: _sorry},
    )
    app.state.shop = Shop(
        catalogue=goods,
        ledger=Ledger(database, goods),
        templates=environment(goods, server_url=server_url, site_key=site_key),
        server_url=server_url,
        site_key=site_key,
    )
    return app


def development() -> Starlette:
    """The shop with settings for trying it out, from SHOP_SERVER_URL, SHOP_SITE_KEY and SHOP_DATABASE."""
    return create_shop(
        server_url=os.environ.get("SHOP_SERVER_URL", "http://127.0.0.1:8000"),
        site_key=os.environ.get("SHOP_SITE_KEY", "demo"),
        database=Path(
            os.environ.get("SHOP_DATABASE", Path(tempfile.gettempdir()) / "alcove-and-oak.sqlite3")
        ),
    )


class _Static(StaticFiles):
    """Files that the browser asks about each time, so that a new release is seen at once; unchanged ones answer 304."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["cache-control"] = "no-cache"
        return response


async def _sorry(request: Request, error: Exception) -> Response:
    """The page, or the JSON for a script, that says what went wrong."""
    assert isinstance(error, HTTPException)
    words = {404: "We cannot find that page. It may have been sold out of our catalogue."}
    message = words.get(error.status_code, error.detail)
    if "text/html" not in request.headers.get("accept", ""):
        return JSONResponse({"error": message}, error.status_code)
    title = HTTPStatus(error.status_code).phrase
    return await page(
        request, "sorry.html", kind="content", title=title, status=error.status_code, message=message
    )
