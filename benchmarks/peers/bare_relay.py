"""A bare relay on websockets' asyncio server: what one connection of a path says, the others of it hear."""

import sys
from collections import defaultdict

import uvloop
from websockets.asyncio.server import ServerConnection, serve

members: dict[str, set[ServerConnection]] = defaultdict(set)


async def relay(connection: ServerConnection) -> None:
    room = members[connection.request.path]
    room.add(connection)
    try:
        async for message in connection:
            for other in room:
                if other is not connection:
                    await other.send(message)
    finally:
        room.discard(connection)


async def main() -> None:
    async with serve(relay, "127.0.0.1", int(sys.argv[1]), compression=None, ping_interval=None) as server:
        await server.serve_forever()


uvloop.run(main())
