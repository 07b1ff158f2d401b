"""The shells that face the network: WebSocket, pages, the console's API, sign-in."""
