"""python-socketio's room relay on uvicorn with uvloop."""

import sys

import socketio
import uvicorn

sio = socketio.AsyncServer(async_mode="asgi", transports=["websocket"])


@sio.on("join")
async def join(sid: str, room: str) -> None:
    await sio.enter_room(sid, room)


@sio.on("op")
async def op(sid: str, room: str, change: object) -> None:
    await sio.emit("op", change, room=room, skip_sid=sid)


uvicorn.run(socketio.ASGIApp(sio), port=int(sys.argv[1]), loop="uvloop", log_level="warning")
