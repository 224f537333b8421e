//! Levels, cycles, and the final order of the nodes.

use rayon::slice::ParallelSliceMut;

use super::{BuildError, Builder, NONE};

impl Builder<'_> {
    /// Levels by Kahn's algorithm, then the final order: level, name, digest.
    pub(super) fn order(&mut self) -> Result<(), BuildError> {
        let n = self.nodes.len();
        let mut waits: Vec<u32> = (0..n as u32).map(|node| self.inputs(node).len() as u32).collect();
        let mut offsets = vec![0u32; n + 1];
        for edge in &self.edges {
            offsets[edge.input as usize + 1] += 1;
        }
        for i in 0..n {
            offsets[i + 1] += offsets[i];
        }
        let mut consumers = vec![0u32; self.edges.len()];
        let mut fill = offsets.clone();
        for node in 0..n as u32 {
            for edge in self.edge_offsets[node as usize]..self.edge_offsets[node as usize + 1] {
                let at = &mut fill[self.edges[edge as usize].input as usize];
                consumers[*at as usize] = node;
                *at += 1;
            }
        }
        let mut ready: Vec<u32> = (0..n as u32).filter(|&node| waits[node as usize] == 0).collect();
        let mut next = 0;
        while let Some(&node) = ready.get(next) {
            next += 1;
            let level = self.nodes[node as usize].level + 1;
            for &consumer in &consumers[offsets[node as usize] as usize..offsets[node as usize + 1] as usize] {
                let consumer = consumer as usize;
                self.nodes[consumer].level = self.nodes[consumer].level.max(level);
                waits[consumer] -= 1;
                if waits[consumer] == 0 {
                    ready.push(consumer as u32);
                }
            }
        }
        if ready.len() < n {
            return Err(self.cycle(&waits));
        }
        let mut order = ready;
        let key = |&node: &u32| {
            let node = &self.nodes[node as usize];
            (node.level, self.strings.get(self.paths.name(node.path)), self.paths.digest(node.path))
        };
        order.par_sort_unstable_by(|a, b| key(a).cmp(&key(b)));
        let mut rank = vec![0u32; n];
        for (id, &node) in order.iter().enumerate() {
            rank[node as usize] = id as u32;
        }
        self.order = order;
        self.rank = rank;
        Ok(())
    }

    /// A circle among the nodes that still wait: following inputs that wait must come back.
    pub(super) fn cycle(&self, waits: &[u32]) -> BuildError {
        let waiting = |node: u32| waits[node as usize] > 0;
        let start = (0..self.nodes.len() as u32)
            .filter(|&node| waiting(node))
            .min_by_key(|&node| self.paths.digest(self.nodes[node as usize].path));
        let mut path: Vec<u32> = Vec::new();
        let mut place = vec![NONE; self.nodes.len()];
        let mut at = start;
        while let Some(node) = at {
            if place[node as usize] != NONE {
                path.drain(..place[node as usize] as usize);
                break;
            }
            place[node as usize] = path.len() as u32;
            path.push(node);
            let digest = |&input: &u32| self.paths.digest(self.nodes[input as usize].path);
            at = self.inputs(node).iter().map(|edge| edge.input).filter(|&input| waiting(input)).min_by_key(digest);
        }
        // the circle is told from its smallest path on, so that it reads the same every time
        let smallest =
            (0..path.len()).min_by_key(|&i| self.paths.digest(self.nodes[path[i] as usize].path)).unwrap_or(0);
        path.rotate_left(smallest);
        let more = path.len().saturating_sub(20);
        path.truncate(20);
        let mut path: Vec<String> = path.into_iter().map(|node| self.shown(node)).collect();
        if more > 0 {
            path.push(format!("… ({more} more)"));
        }
        path.extend(path.first().cloned());
        BuildError::Cycle { path }
    }
}
