"""The echo actor in Python: every message goes back to the connection it came from."""

from wit_world import exports
from wit_world.imports import websocket_server
from wit_world.imports.websocket_types import Payload_Message


class Lifecycle(exports.Lifecycle):

    def init(self, params):
        return (b"",)


class WebsocketServerHandler(exports.WebsocketServerHandler):

    def handle_events(self, state, events):
        for event in events:
            if isinstance(event.payload, Payload_Message):
                websocket_server.send(event.id, event.payload.value)
        return (state,)
