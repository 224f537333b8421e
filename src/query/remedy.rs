//! Stand-in.
#![expect(missing_docs, reason = "stand-in")]
use crate::graph::{EdgeId, NodeId};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Treatment {
    Drop,
    Detach,
    Split,
}
#[derive(Debug, Clone)]
pub struct Receiver {
    pub node: NodeId,
    pub list: DependencyList,
}
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct DependencyList(pub &'static str);
impl DependencyList {
    pub fn key(self) -> &'static str {
        self.0
    }
}
#[derive(Debug, Clone)]
pub struct Remedy {
    pub treatment: Treatment,
    pub input: NodeId,
    pub consumer: NodeId,
    pub edge: EdgeId,
    pub receivers: Vec<Receiver>,
}
