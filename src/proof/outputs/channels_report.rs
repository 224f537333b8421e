//! What several outputs can offer a build.

use serde::Serialize;

use super::{Built, Channel, Channels};
use crate::nix::store_path::DEFAULT_STORE_DIR;

/// What the report does not say.
const LIMITS: [&str; 3] = [
    "what can be used, not what is: which of it a build reads, an experiment or a trace shows",
    "links to other outputs and propagated paths are named, not followed; zipped python eggs are not opened",
    "data is read by who knows its path; some channels work only where a set-up hook puts them into a search path",
];

/// What outputs can offer a build.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChannelsReport {
    /// Version of this shape.
    pub version: u32,
    /// In the order given.
    pub outputs: Vec<OutputChannels>,
    /// What the report does not say.
    pub limits: [&'static str; 3],
}

/// What an output can offer a build.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OutputChannels {
    /// Its store path; as it was given, where that is not known.
    pub output: String,
    /// In their own order.
    pub channels: Vec<Offered>,
    /// Files whose content would tell more, but is not known or cannot be read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unread: Vec<String>,
}

/// What an output offers through a channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Offered {
    /// The channel.
    pub channel: Channel,
    /// How many names.
    pub count: u64,
    /// Ascending.
    pub names: Vec<String>,
}

impl ChannelsReport {
    /// Of outputs, in the order given.
    #[must_use]
    pub fn of(outputs: &[Built]) -> Self {
        let of_output = |built: &Built| {
            let channels = Channels::of(&built.tree);
            let offered = channels.names.into_iter().map(|(channel, names)| Offered {
                channel,
                count: names.len() as u64,
                names: names.into_iter().collect(),
            });
            let path = |name: &String| format!("{DEFAULT_STORE_DIR}/{name}");
            OutputChannels {
                output: built.base_name.as_ref().map_or_else(|| built.given.clone(), path),
                channels: offered.collect(),
                unread: channels.unread,
            }
        };
        Self { version: 1, outputs: outputs.iter().map(of_output).collect(), limits: LIMITS }
    }
}
