"""pycrdt-websocket on uvicorn with uvloop: each path is a document, merged and passed on."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from pycrdt.websocket import ASGIServer, WebsocketServer

rooms = WebsocketServer()
serve = ASGIServer(rooms)


@asynccontextmanager
async def running() -> AsyncIterator[None]:
    async with rooms:
        yield


async def app(scope, receive, send):
    if scope["type"] != "lifespan":
        await serve(scope, receive, send)
        return
    async with running():
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
    await send({"type": "lifespan.shutdown.complete"})


uvicorn.run(app, port=int(sys.argv[1]), loop="uvloop", log_level="warning")
