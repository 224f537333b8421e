//! What must hold of a graph's arrays, whoever wrote them.

use super::graph::Graph;
use super::ids::Direction;
use super::snapshot::Section;
use crate::nix::Digest;

impl Graph {
    /// Checks every invariant that reading relies on. Linear.
    pub(super) fn validate(&mut self) -> Result<(), &'static str> {
        use Section as S;
        const DIGESTS: [Section; 5] = [S::NodeDigest, S::NodeRecipe, S::NodeText, S::OutputDigest, S::AttributeOutputs];
        for (index, range) in self.table.iter().enumerate() {
            let bytes =
                DIGESTS.iter().chain([&S::StringBytes, &S::TextBlocks]).any(|&section| section as usize == index);
            if !bytes && !range.len().is_multiple_of(4) {
                return Err("a section's length is no multiple of four");
            }
        }
        if DIGESTS.iter().any(|&section| !self.section(section).len().is_multiple_of(32)) {
            return Err("digests are cut off");
        }
        self.nodes = self.digests(S::NodeDigest).len();
        self.edges = self.words(S::InputTarget).len();
        self.attributes = self.words(S::AttributeName).len();
        let (n, e, a) = (self.nodes, self.edges, self.attributes);
        let len = |section: Section| self.words(section).len();
        let lists = |section: Section| len(section).saturating_sub(1);
        let lengths =
            [S::NodeName, S::NodePname, S::NodeVersion, S::NodeSystem, S::NodeFeatures, S::NodeFlags, S::NodeLevel]
                .iter()
                .all(|&s| len(s) == n)
                && [S::InputOutputs, S::InputMentions, S::ConsumerTarget, S::ConsumerEdge].iter().all(|&s| len(s) == e)
                && [S::AttributeSystem, S::AttributeNode, S::AttributePosition].iter().all(|&s| len(s) == a)
                && [S::AttributeMaintainers, S::AttributeTeams].iter().all(|&s| len(s) == a)
                && [S::FailedSystem, S::FailedError].iter().all(|&s| len(s) == len(S::FailedName))
                && len(S::OutputName) == self.digests(S::OutputDigest).len()
                && [S::NodeRecipe, S::NodeText].iter().all(|&s| self.digests(s).len() == n)
                && len(S::Facts) == 1;
        if !lengths {
            return Err("arrays of one kind differ in length");
        }
        let offsets = |section: Section, lists: usize, items: usize| {
            let offsets = self.words(section);
            offsets.len() == lists + 1
                && offsets[0] == 0
                && offsets[lists] as usize == items
                && offsets.windows(2).all(|pair| pair[0] <= pair[1])
        };
        let strings = lists(S::StringOffsets);
        let string_lists = lists(S::ListOffsets);
        let whole = offsets(S::StringOffsets, strings, self.section(S::StringBytes).len())
            && offsets(S::ListOffsets, string_lists, len(S::ListItems))
            && offsets(S::OutputOffsets, n, len(S::OutputName))
            && offsets(S::InputOffsets, n, e)
            && offsets(S::ConsumerOffsets, n, e)
            && offsets(S::NodeAttributeOffsets, n, len(S::NodeAttributes))
            && offsets(S::AttributeOutputOffsets, a, self.digests(S::AttributeOutputs).len());
        if !whole {
            return Err("offsets do not ascend to the end of their array");
        }
        let Ok(text) = std::str::from_utf8(self.section(S::StringBytes)) else {
            return Err("strings are not UTF-8");
        };
        if !self.words(S::StringOffsets).iter().all(|&at| text.is_char_boundary(at as usize)) {
            return Err("a string begins inside a character");
        }
        let below = |section: Section, bound: usize| self.words(section).iter().all(|&item| (item as usize) < bound);
        let bounded =
            [S::NodeName, S::NodePname, S::NodeVersion, S::NodeSystem, S::NodeFeatures, S::OutputName, S::ListItems]
                .iter()
                .all(|&s| below(s, strings))
                && [S::AttributeName, S::AttributeSystem, S::AttributePosition, S::Facts]
                    .iter()
                    .all(|&s| below(s, strings))
                && [S::FailedName, S::FailedSystem, S::FailedError].iter().all(|&s| below(s, strings))
                && [S::InputOutputs, S::InputMentions, S::AttributeMaintainers, S::AttributeTeams]
                    .iter()
                    .all(|&s| below(s, string_lists))
                && below(S::ConsumerEdge, e)
                && below(S::NodeAttributes, a)
                && self.words(S::AttributeNode).iter().all(|&node| node == u32::MAX || (node as usize) < n);
        if !bounded {
            return Err("an index points outside its array");
        }
        if self.words(S::InputMentions).iter().any(|&list| !self.list_items(list).len().is_multiple_of(2)) {
            return Err("a list of mentions is no list of pairs");
        }
        let bytes = text.as_bytes();
        let mut before: Option<&[u8]> = None;
        for pair in self.words(S::StringOffsets).windows(2) {
            let string = &bytes[pair[0] as usize..pair[1] as usize];
            if before.is_some_and(|before| before >= string) {
                return Err("strings do not ascend");
            }
            before = Some(string);
        }
        let inputs = self.adjacency(Direction::Inputs);
        let levels = self.words(S::NodeLevel);
        for node in 0..n as u32 {
            let mut last = None;
            let mut level = 0;
            for &input in inputs.of(node) {
                if input >= node || last.is_some_and(|last| last >= input) {
                    return Err("inputs do not ascend below their consumer");
                }
                last = Some(input);
                level = level.max(levels[input as usize].saturating_add(1));
            }
            if levels[node as usize] != level {
                return Err("levels are not those of the inputs");
            }
        }
        let consumers = self.adjacency(Direction::Consumers);
        let edges = self.words(S::ConsumerEdge);
        let targets = self.words(S::InputTarget);
        for node in 0..n as u32 {
            let range = consumers.range(node);
            let mut last = None;
            for (&consumer, &edge) in consumers.of(node).iter().zip(&edges[range]) {
                let mirrored = (consumer as usize) < n
                    && inputs.range(consumer).contains(&(edge as usize))
                    && targets[edge as usize] == node;
                if !mirrored || last.is_some_and(|last| last >= consumer) {
                    return Err("consumers do not mirror inputs");
                }
                last = Some(consumer);
            }
        }
        self.validate_attributes()?;
        self.validate_texts()
    }

    fn validate_attributes(&self) -> Result<(), &'static str> {
        use Section as S;
        let keys = self.words(S::AttributeName).iter().zip(self.words(S::AttributeSystem));
        if !keys.clone().is_sorted_by(|before, after| before < after) {
            return Err("attributes do not ascend");
        }
        let named = self.words(S::AttributeNode);
        let offsets = self.words(S::NodeAttributeOffsets);
        let listed = self.words(S::NodeAttributes);
        let mirrored = offsets.windows(2).enumerate().all(|(node, pair)| {
            let own = &listed[pair[0] as usize..pair[1] as usize];
            own.is_sorted_by(|before, after| before < after)
                && own.iter().all(|&attribute| named[attribute as usize] == node as u32)
        });
        if !mirrored || listed.len() != named.iter().filter(|&&node| node != u32::MAX).count() {
            return Err("the attributes of nodes do not mirror the nodes of attributes");
        }
        let people = self.words(S::AttributeMaintainers).iter().chain(self.words(S::AttributeTeams));
        if !people.into_iter().all(|&list| self.list_items(list).is_sorted_by(|before, after| before < after)) {
            return Err("the people of an attribute do not ascend");
        }
        let outputs = self.digests(S::AttributeOutputs);
        let offsets = self.words(S::AttributeOutputOffsets);
        let ascend = named.iter().zip(offsets.windows(2)).all(|(&node, pair)| {
            let own = &outputs[pair[0] as usize..pair[1] as usize];
            own.is_sorted_by(|before, after| before < after)
                && own.first().is_none_or(|&least| node == u32::MAX && Digest(least).is_some())
        });
        if !ascend {
            return Err("the outputs of attributes do not ascend, or are those of a node");
        }
        let mut keys = keys.peekable();
        let mut last = None;
        for failed in self.words(S::FailedName).iter().zip(self.words(S::FailedSystem)) {
            while keys.next_if(|key| *key < failed).is_some() {}
            if last.is_some_and(|last| last >= failed) || keys.peek() == Some(&failed) {
                return Err("what failed does not ascend, or is an attribute too");
            }
            last = Some(failed);
        }
        Ok(())
    }
}
