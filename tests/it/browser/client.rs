//! A client of the Chrome DevTools Protocol: commands, answers, events.

use std::io::ErrorKind;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tungstenite::protocol::WebSocketConfig;
use tungstenite::{Error, Message, WebSocket};

use super::chromium::Chromium;

/// How long an answer may take on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A connection to the browser; what happens between two commands is kept in `events`.
pub(crate) struct Client {
    socket: WebSocket<TcpStream>,
    last: u64,
    /// What the browser told by itself, in order.
    pub(crate) events: Vec<Value>,
}

impl Client {
    pub(crate) fn connect(browser: &Chromium) -> Self {
        let stream = TcpStream::connect(&browser.address).unwrap();
        stream.set_nodelay(true).unwrap();
        // short, so that time-outs are looked at
        stream.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
        let config = WebSocketConfig::default().max_message_size(None).max_frame_size(None);
        let url = format!("ws://{}{}", browser.address, browser.path);
        let mut handshake = tungstenite::client::client_with_config(url, stream, Some(config));
        let socket = loop {
            match handshake {
                Ok((socket, _)) => break socket,
                Err(tungstenite::HandshakeError::Interrupted(more)) => handshake = more.handshake(),
                Err(error) => panic!("Chromium refuses the debugging connection: {error}"),
            }
        };
        Self { socket, last: 0, events: Vec::new() }
    }

    /// The result of a command, or what the browser said against it.
    pub(crate) fn ask(&mut self, session: Option<&str>, method: &str, params: Value) -> Result<Value, String> {
        self.last += 1;
        let id = self.last;
        let mut command = json!({"id": id, "method": method, "params": params});
        if let Some(session) = session {
            command["sessionId"] = json!(session);
        }
        self.socket.send(Message::text(command.to_string())).unwrap();
        let until = Instant::now() + PATIENCE;
        loop {
            let mut message = self.read(until).ok_or_else(|| format!("no answer to {method} within {PATIENCE:?}"))?;
            if message["id"] == json!(id) {
                return match message.get("error") {
                    Some(error) => Err(format!("{method}: {error}")),
                    None => Ok(message["result"].take()),
                };
            }
            self.events.push(message);
        }
    }

    /// Waits for an event that has not come yet, at most until `until`; keeps it like all others.
    pub(crate) fn wait(&mut self, until: Instant) -> bool {
        let message = self.read(until);
        let came = message.is_some();
        self.events.extend(message);
        came
    }

    fn read(&mut self, until: Instant) -> Option<Value> {
        loop {
            match self.socket.read() {
                Ok(Message::Text(text)) => return Some(serde_json::from_str(text.as_str()).unwrap()),
                Ok(_) => {}
                Err(Error::Io(error)) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
                Err(error) => panic!("the connection to Chromium broke: {error}"),
            }
            if Instant::now() > until {
                return None;
            }
        }
    }
}
