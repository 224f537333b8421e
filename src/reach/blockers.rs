//! What keeps a build that a remedy does not spare.

use super::action::{Base, Plan};
use super::rebuild::Propagation;
use super::savings::EdgeRemedy;
use super::spread::{Ground, Spread};
use super::trial::Trial;
use super::workers::share_out;
use crate::graph::{EdgeId, Graph, NodeId};

/// For each remedy after which a bump of its edge's input has the edge's consumer built all the same: of
/// the other edges by which the change still arrives there, the one whose input is nearest to the bumped
/// one (of equals the first), and how many there are. `None` where the consumer is not built, and where
/// only an edge keeps it that the remedy itself adds.
///
/// O(what the bump rebuilds) for each distinct input, and O(loss + what receivers add + inputs of the
/// consumer) for each remedy. Memory O(nodes + edges) for each thread.
///
/// # Panics
/// When an edge is of another graph.
#[must_use]
pub fn blockers(graph: &Graph, remedies: &[EdgeRemedy]) -> Vec<Option<(EdgeId, u32)>> {
    let mut order: Vec<(NodeId, usize)> =
        remedies.iter().enumerate().map(|(at, remedy)| (graph.edge_input(remedy.edge), at)).collect();
    order.sort_unstable();
    let inputs: Vec<&[(NodeId, usize)]> = order.chunk_by(|one, next| one.0 == next.0).collect();
    let propagation = Propagation::new(graph);
    let base = Base::none(graph);
    let ground = Ground::new(graph, &propagation, &base);
    let worker = || (Trial::new(Spread::new(ground)), vec![u32::MAX; graph.node_count()], Vec::new());
    let workers = share_out(inputs.len(), worker, |(trial, distances, found), number| {
        let same = inputs[number];
        let input = same[0].0;
        trial.spread.bump(&[input]);
        measure(&propagation, input, &trial.spread.set, distances);
        found.extend(same.iter().map(|&(_, at)| (at, blocker(graph, trial, distances, &remedies[at]))));
        trial.spread.set.iter().for_each(|&node| distances[node as usize] = u32::MAX);
        trial.spread.forget();
    });
    let mut all = vec![None; remedies.len()];
    for (at, blocker) in workers.into_iter().flat_map(|(_, _, found)| found) {
        all[at] = blocker;
    }
    all
}

/// The distance of each node of a set, which ascends by it.
fn measure(propagation: &Propagation, input: NodeId, set: &[u32], distances: &mut [u32]) {
    distances[input.index()] = 0;
    for &node in set {
        let next = distances[node as usize] + 1;
        for &consumer in propagation.consumers(node) {
            let known = &mut distances[consumer as usize];
            *known = next.min(*known);
        }
    }
}

fn blocker(graph: &Graph, trial: &mut Trial<'_>, distances: &[u32], remedy: &EdgeRemedy) -> Option<(EdgeId, u32)> {
    let consumer = graph.edge_consumer(remedy.edge);
    let plan = Plan::new(graph, [remedy]);
    trial.apply(&plan);
    let mut nearest = None;
    let mut count = 0;
    if !graph.is_fixed(consumer) && trial.is_built(consumer.0) {
        for (edge, input) in graph.input_edges(consumer) {
            if edge != remedy.edge && trial.is_changed(input.0) {
                count += 1;
                let place = (distances[input.index()], edge);
                nearest = Some(nearest.map_or(place, |known: (u32, EdgeId)| known.min(place)));
            }
        }
    }
    trial.undo(&plan);
    nearest.map(|(_, edge)| (edge, count))
}
