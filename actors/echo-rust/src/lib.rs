//! The echo actor in Rust: every message goes back to the connection it came from.

wit_bindgen::generate!({
    path: ["../../wit", "world.wit"],
    world: "example:echo/echo",
    generate_all,
});

use exports::theater::actor::{lifecycle, websocket_server_handler};
use theater::actor::websocket_server;
use theater::actor::websocket_types::Payload;
use websocket_server_handler::Event;

struct Echo;

impl lifecycle::Guest for Echo {
    fn init(_params: Vec<u8>) -> Result<(Vec<u8>,), String> {
        Ok((Vec::new(),))
    }
}

impl websocket_server_handler::Guest for Echo {
    fn handle_events(state: Vec<u8>, events: Vec<Event>) -> Result<(Vec<u8>,), String> {
        for event in events {
            if let Payload::Message(message) = event.payload {
                // A client that has gone meanwhile is told by its `closed` event.
                let _ = websocket_server::send(event.id, &message);
            }
        }
        Ok((state,))
    }
}

export!(Echo);
