//! How far the builds of a wave are, out of what is told of some of them.

use super::rebuild::Propagation;

/// What is told of a build.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Told {
    /// It was built.
    Built,
    /// Its build failed, by its own fault or because an input could not be built.
    Failed,
    /// It was not even evaluated.
    NoEvaluation,
    /// It was not built because an input failed; which one is not told.
    InputFailed,
    /// It is given up in this wave: marked broken.
    GivenUp,
}

/// How far a build is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum State {
    /// It was built: that is told, or something that was built needs it.
    Built,
    /// It failed, though all that it needs of the wave is there or may still come.
    Failed,
    /// Something that it needs failed.
    Blocked,
    /// Told to have failed by an input, but of none of its inputs is that known.
    Untold,
    /// Nothing is known of it yet.
    Waiting,
    /// It is given up.
    GivenUp,
    /// Something that it needs is given up.
    WithGivenUp,
}

impl State {
    /// Whether it holds back what needs it, and is not held back itself as far as is told.
    #[must_use]
    pub fn is_root(self) -> bool {
        matches!(self, Self::Failed | Self::Untold)
    }

    /// Whether nothing is left to be done in this wave.
    #[must_use]
    pub fn is_settled(self) -> bool {
        matches!(self, Self::Built | Self::GivenUp | Self::WithGivenUp)
    }
}

const BAD: u8 = 1;
const BAD_EVALUATION: u8 = 2;
const GIVEN_UP: u8 = 4;

/// The state of each of `nodes` (ascending, each once), by what is told of them (as long).
///
/// A build needs its inputs, as far as the wave makes them. So what was built shows that its inputs were, where
/// nothing else is told of these; a failure that is told stands, for the consumer may not need the input any more.
/// What is told to have failed is a failure of its own only if none of its inputs failed; one of the evaluation, if
/// none failed in the evaluation (a failed build does not keep anything from being evaluated). What needs something
/// that is given up is settled with it, and also when something else that it needs failed: to mend that would not free
/// it. O(nodes of the graph + edges out of `nodes`).
///
/// # Panics
/// When a node is of another graph, or `told` is shorter than `nodes`.
#[must_use]
pub fn settle(propagation: &Propagation, nodes: &[u32], told: &[Option<Told>]) -> Vec<State> {
    const NONE: u32 = u32::MAX;
    let mut place = vec![NONE; propagation.node_count()];
    for (at, &node) in nodes.iter().enumerate() {
        place[node as usize] = at as u32;
    }
    let consumers = |node: u32| {
        propagation.consumers(node).iter().map(|&consumer| place[consumer as usize]).filter(|&at| at != NONE)
    };
    // consumers are larger than their inputs
    let mut built = vec![false; nodes.len()];
    for (at, &node) in nodes.iter().enumerate().rev() {
        built[at] = match told[at] {
            Some(Told::Built) => true,
            Some(Told::Failed | Told::NoEvaluation | Told::GivenUp) => false,
            Some(Told::InputFailed) | None => consumers(node).any(|consumer| built[consumer as usize]),
        };
    }
    let mut below = vec![0_u8; nodes.len()];
    let mut states = Vec::with_capacity(nodes.len());
    for (at, &node) in nodes.iter().enumerate() {
        let inputs = below[at];
        let state = match told[at] {
            _ if built[at] => State::Built,
            Some(Told::GivenUp) => State::GivenUp,
            _ if inputs & GIVEN_UP != 0 => State::WithGivenUp,
            Some(Told::NoEvaluation) if inputs & BAD_EVALUATION == 0 => State::Failed,
            _ if inputs & BAD != 0 => State::Blocked,
            Some(Told::Failed | Told::NoEvaluation) => State::Failed,
            Some(Told::InputFailed) => State::Untold,
            Some(Told::Built) | None => State::Waiting,
        };
        states.push(state);
        let passed = match state {
            State::Built | State::Waiting => continue,
            State::GivenUp | State::WithGivenUp => GIVEN_UP,
            State::Failed if told[at] == Some(Told::NoEvaluation) => BAD | BAD_EVALUATION,
            State::Failed | State::Untold => BAD,
            State::Blocked => BAD | (inputs & BAD_EVALUATION),
        };
        for consumer in consumers(node) {
            below[consumer as usize] |= passed;
        }
    }
    states
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Told by letters, states by letters: `b`uilt, `f`ailed, `e`valuation, `d`ependency, `g`iven up, `.`; of
    /// states `x` blocked, `u`ntold, `w` settled with what is given up.
    fn check(consumers: &[&[u32]], told: &str, expect: &str) {
        let lists: Vec<Vec<u32>> = consumers.iter().map(|list| list.to_vec()).collect();
        let nodes: Vec<u32> = (0..lists.len() as u32).collect();
        let told: Vec<Option<Told>> = told.chars().map(of_letter).collect();
        let found: String =
            settle(&Propagation::from_consumers(&lists), &nodes, &told).into_iter().map(letter).collect();
        assert_eq!(found, expect);
    }

    fn of_letter(letter: char) -> Option<Told> {
        match letter {
            'b' => Some(Told::Built),
            'f' => Some(Told::Failed),
            'e' => Some(Told::NoEvaluation),
            'd' => Some(Told::InputFailed),
            'g' => Some(Told::GivenUp),
            _ => None,
        }
    }

    fn letter(state: State) -> char {
        match state {
            State::Built => 'b',
            State::Failed => 'f',
            State::Blocked => 'x',
            State::Untold => 'u',
            State::Waiting => '.',
            State::GivenUp => 'g',
            State::WithGivenUp => 'w',
        }
    }

    #[test]
    fn a_chain() {
        let chain: [&[u32]; 4] = [&[1], &[2], &[3], &[]];
        for (told, expect) in [
            ("....", "...."),
            ("...b", "bbbb"),
            (".f..", ".fxx"),
            ("bf.f", "bfxx"),
            // what is told to have failed stands, though something that needs it was built
            ("f.b.", "fbb."),
            (".g..", ".gww"),
            (".g.f", ".gww"),
            ("fg..", "fgww"),
            ("d...", "uxxx"),
            ("..db", "bbbb"),
            ("f.d.", "fxxx"),
            ("..d.", "..ux"),
            ("g.d.", "gwww"),
            ("e..e", "exxx".replace('e', "f").as_str()),
            // a build that failed keeps nothing from being evaluated
            ("f..e", "fxxf"),
            ("f.ee", "fxfx"),
            ("g..e", "gwww"),
        ] {
            check(&chain, told, expect);
        }
    }

    #[test]
    fn a_diamond() {
        let diamond: [&[u32]; 4] = [&[1, 2], &[3], &[3], &[]];
        for (told, expect) in
            [(".fg.", ".fgw"), (".f.b", "bfbb"), (".b..", "bb.."), (".ff.", ".ffx"), ("f.b.", "fxbx"), ("bbb.", "bbb.")]
        {
            check(&diamond, told, expect);
        }
    }

    #[test]
    fn what_the_wave_does_not_make_is_no_input() {
        let lists = [vec![1], vec![2], vec![]];
        let states = settle(&Propagation::from_consumers(&lists), &[0, 2], &[Some(Told::Failed), None]);
        assert_eq!(states, [State::Failed, State::Waiting]);
    }

    /// By definition, from all that is upstream, one node at a time.
    fn by_definition(lists: &[Vec<u32>], member: &[bool], told: &[Option<Told>], node: usize) -> State {
        let inputs =
            |node: usize| (0..node).filter(move |&input| member[input] && lists[input].contains(&(node as u32)));
        let consumers = |node: usize| lists[node].iter().map(|&consumer| consumer as usize).filter(|&c| member[c]);
        // built: told, or a chain of consumers of which nothing bad is told leads to one that is told
        let stands = |node: usize| matches!(told[node], Some(Told::Failed | Told::NoEvaluation | Told::GivenUp));
        let mut open = vec![node];
        let mut built = false;
        while let Some(at) = open.pop() {
            built |= told[at] == Some(Told::Built);
            if told[at] != Some(Told::Built) && !stands(at) {
                open.extend(consumers(at).filter(|&c| !stands(c)));
            }
        }
        if built {
            return State::Built;
        }
        if told[node] == Some(Told::GivenUp) {
            return State::GivenUp;
        }
        let of_inputs: Vec<(usize, State)> =
            inputs(node).map(|input| (input, by_definition(lists, member, told, input))).collect();
        if of_inputs.iter().any(|(_, state)| matches!(state, State::GivenUp | State::WithGivenUp)) {
            return State::WithGivenUp;
        }
        let bad = |state: State| matches!(state, State::Failed | State::Blocked | State::Untold);
        if told[node] == Some(Told::NoEvaluation) {
            // a chain of bad nodes up to one that failed to evaluate
            let mut open: Vec<usize> = of_inputs.iter().filter(|(_, state)| bad(*state)).map(|(at, _)| *at).collect();
            while let Some(at) = open.pop() {
                let state = by_definition(lists, member, told, at);
                if told[at] == Some(Told::NoEvaluation) && state == State::Failed {
                    return State::Blocked;
                }
                if state == State::Blocked {
                    open.extend(inputs(at).filter(|&input| bad(by_definition(lists, member, told, input))));
                }
            }
            return State::Failed;
        }
        if of_inputs.iter().any(|(_, state)| bad(*state)) {
            return State::Blocked;
        }
        match told[node] {
            Some(Told::Failed) => State::Failed,
            Some(Told::InputFailed) => State::Untold,
            _ => State::Waiting,
        }
    }

    proptest! {
        #[test]
        fn as_defined(
            edges in prop::collection::vec((0_u32..9, 0_u32..9), 0..16),
            member in prop::collection::vec(prop::bool::weighted(0.85), 9),
            told in prop::collection::vec(0_usize..10, 9),
        ) {
            let mut lists = vec![Vec::new(); 9];
            for (a, b) in edges {
                if a != b && !lists[a.min(b) as usize].contains(&a.max(b)) {
                    lists[a.min(b) as usize].push(a.max(b));
                }
            }
            let told: Vec<Option<Told>> =
                told.into_iter().map(|at| of_letter("bfedg.....".chars().nth(at).unwrap())).collect();
            let nodes: Vec<u32> = (0..9).filter(|&node| member[node as usize]).collect();
            let of_nodes: Vec<Option<Told>> = nodes.iter().map(|&node| told[node as usize]).collect();
            let found = settle(&Propagation::from_consumers(&lists), &nodes, &of_nodes);
            for (&node, state) in nodes.iter().zip(found) {
                prop_assert_eq!(state, by_definition(&lists, &member, &told, node as usize), "node {}", node);
            }
        }
    }
}
