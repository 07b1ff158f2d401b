"""The built browser files: the loader under a fixed name, everything else under hashed ones."""

from __future__ import annotations

import mimetypes
from pathlib import Path

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cobrowse.core.errors import CobrowseError

STATIC = Path(__file__).parent.parent / "static"
LOADER = "cobrowse.js"
_FOREVER = "public, max-age=31536000, immutable"
_SHORT = "public, max-age=300"


class AssetsMissing(CobrowseError):
    """The browser files have not been built."""


class Assets:
    """The files of one build, kept in memory: they are few and small."""

    def __init__(self, folder: Path = STATIC) -> None:
        manifest = folder / "manifest.json"
        try:
            self.names: dict[str, str] = msgspec.json.decode(manifest.read_bytes(), type=dict[str, str])
            self._files = {name: (folder / name).read_bytes() for name in self.names.values()}
        except OSError as error:
            missing = Path(error.filename or manifest).name
            raise AssetsMissing(
                f"expected the built browser files in {folder}, but {missing} is missing: "
                "run `make assets` (in a source checkout) or reinstall the package"
            ) from None
        except msgspec.DecodeError:
            raise AssetsMissing(
                f"expected {manifest} to be the build's manifest: run `make assets`"
            ) from None

    def urls(self) -> dict[str, str]:
        """The address of each file by its logical name."""
        return {name: f"/assets/{file}" for name, file in self.names.items()}

    def routes(self) -> list[Route]:
        return [
            Route("/cobrowse.js", self._loader, methods=["GET"]),
            Route("/assets/{name}", self._asset, methods=["GET"]),
        ]

    async def _loader(self, request: Request) -> Response:
        return self._answer(self.names[LOADER], _SHORT)

    async def _asset(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in self._files:
            return Response("no such file\n", 404, media_type="text/plain")
        return self._answer(name, _FOREVER)

    def _answer(self, name: str, caching: str) -> Response:
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        headers = {
            "cache-control": caching,
            # Modules and pictures are loaded by the shop's pages, which are of another origin.
            "access-control-allow-origin": "*",
            "cross-origin-resource-policy": "cross-origin",
        }
        return Response(self._files[name], media_type=kind, headers=headers)
