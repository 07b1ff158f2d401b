"""The cheapest relay there is (picows, in Cython): no rooms, no state. It shows what the load generator can drive."""

import sys
from collections import defaultdict

import picows
import uvloop

members: dict[bytes, list[picows.WSTransport]] = defaultdict(list)


class Relay(picows.WSListener):
    def __init__(self, path: bytes) -> None:
        super().__init__()
        self._room = members[path]

    def on_ws_connected(self, transport: picows.WSTransport) -> None:
        self._room.append(transport)

    def on_ws_frame(self, transport: picows.WSTransport, frame: picows.WSFrame) -> None:
        if frame.msg_type == picows.WSMsgType.BINARY:
            payload = frame.get_payload_as_bytes()
            for other in self._room:
                if other is not transport:
                    other.send(picows.WSMsgType.BINARY, payload)


async def main() -> None:
    server = await picows.ws_create_server(
        lambda request: Relay(bytes(request.path)), "127.0.0.1", int(sys.argv[1])
    )
    await server.serve_forever()


uvloop.run(main())
