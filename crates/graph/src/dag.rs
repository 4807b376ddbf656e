//! A dependency graph over positions: stable order, waves, one shortest cycle. Knows nothing of what the positions
//! stand for.

use std::collections::{BTreeSet, VecDeque};

/// Nodes `0..n` in a given order, with edges to what each depends on.
#[derive(Debug, Clone, Default)]
pub struct Dag {
    dependencies: Vec<BTreeSet<usize>>,
}

impl Dag {
    /// A graph of `nodes` nodes without edges.
    pub fn new(nodes: usize) -> Self {
        Self { dependencies: vec![BTreeSet::new(); nodes] }
    }

    /// Adds an edge; adding it again changes nothing.
    ///
    /// # Panics
    /// When `node` is not in the graph.
    pub fn depend(&mut self, node: usize, on: usize) {
        debug_assert!(on < self.dependencies.len(), "both ends are in the graph");
        self.dependencies[node].insert(on);
    }

    /// What a node depends on, ascending.
    pub fn dependencies(&self, node: usize) -> impl Iterator<Item = usize> {
        self.dependencies[node].iter().copied()
    }

    /// Dependencies first; of all nodes whose dependencies are done, the first comes next. In a graph with a cycle,
    /// one of the shortest: it starts at its first node, each node depends on the one after it, and the last on the
    /// first.
    pub fn order(&self) -> Result<Vec<usize>, Vec<usize>> {
        let dependents = self.dependents();
        let mut missing: Vec<usize> = self.dependencies.iter().map(BTreeSet::len).collect();
        let mut ready: BTreeSet<usize> = (0..missing.len()).filter(|node| missing[*node] == 0).collect();
        let mut order = Vec::with_capacity(missing.len());
        while let Some(node) = ready.pop_first() {
            order.push(node);
            for dependent in &dependents[node] {
                missing[*dependent] -= 1;
                if missing[*dependent] == 0 {
                    ready.insert(*dependent);
                }
            }
        }
        if order.len() == missing.len() { Ok(order) } else { Err(self.shortest_cycle(&missing)) }
    }

    /// The wave of each node, from 1: nodes that nothing depends on are in the last wave, every other node in the wave
    /// before the first of its dependents. Meaningful without cycles only; nodes on a cycle get the last wave.
    pub fn waves(&self) -> Vec<usize> {
        let mut waiting: Vec<usize> = self.dependents().iter().map(Vec::len).collect();
        let mut layer = vec![0; waiting.len()];
        let mut queue: VecDeque<usize> = (0..waiting.len()).filter(|node| waiting[*node] == 0).collect();
        while let Some(node) = queue.pop_front() {
            for dependency in self.dependencies(node) {
                layer[dependency] = layer[dependency].max(layer[node] + 1);
                waiting[dependency] -= 1;
                if waiting[dependency] == 0 {
                    queue.push_back(dependency);
                }
            }
        }
        let layers = layer.iter().max().map_or(0, |deepest| deepest + 1);
        layer.iter().map(|layer| layers - layer).collect()
    }

    fn dependents(&self) -> Vec<Vec<usize>> {
        let mut dependents = vec![Vec::new(); self.dependencies.len()];
        for (node, dependencies) in self.dependencies.iter().enumerate() {
            for dependency in dependencies {
                dependents[*dependency].push(node);
            }
        }
        dependents
    }

    /// Breadth first from every node that is left over; `missing` is not zero for those.
    fn shortest_cycle(&self, missing: &[usize]) -> Vec<usize> {
        let left = |node: &usize| missing[*node] > 0;
        let mut best: Option<Vec<usize>> = None;
        for start in (0..missing.len()).filter(left) {
            let Some(cycle) = self.cycle_through(start, &left) else { continue };
            // A cycle is found from its first node first, since nodes are tried in order.
            if best.as_ref().is_none_or(|best| cycle.len() < best.len()) {
                best = Some(cycle);
            }
        }
        best.expect("invariant: nodes are only left over when they are on or behind a cycle")
    }

    fn cycle_through(&self, start: usize, left: &impl Fn(&usize) -> bool) -> Option<Vec<usize>> {
        let mut parent: Vec<Option<usize>> = vec![None; self.dependencies.len()];
        let mut queue = VecDeque::from([start]);
        while let Some(node) = queue.pop_front() {
            for next in self.dependencies(node).filter(left) {
                if next == start {
                    let mut cycle: Vec<usize> =
                        std::iter::successors(Some(node), |node| parent[*node].filter(|_| *node != start))
                            .collect();
                    cycle.reverse();
                    return Some(cycle);
                }
                if parent[next].is_none() {
                    parent[next] = Some(node);
                    queue.push_back(next);
                }
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::Dag;
    use proptest::prelude::*;

    fn dag(nodes: usize, edges: &[(usize, usize)]) -> Dag {
        let mut dag = Dag::new(nodes);
        for (node, on) in edges {
            dag.depend(*node, *on);
        }
        dag
    }

    #[test]
    fn independent_nodes_keep_their_order() {
        assert_eq!(dag(3, &[]).order(), Ok(vec![0, 1, 2]));
        // x1 → y1, x2 → y2, y2, y1 gives y2 x2 y1 x1.
        assert_eq!(dag(4, &[(0, 3), (1, 2)]).order(), Ok(vec![2, 1, 3, 0]));
    }

    #[test]
    fn waves_grow_towards_dependents() {
        // a ← b ← c, d alone: c = 3, d = 3, b = 2, a = 1.
        assert_eq!(dag(4, &[(1, 0), (2, 1)]).waves(), [1, 2, 3, 3]);
        assert_eq!(dag(0, &[]).waves(), [0; 0]);
    }

    #[test]
    fn the_shortest_cycle_starts_at_its_first_node() {
        assert_eq!(dag(5, &[(0, 1), (1, 2), (2, 0), (3, 4), (4, 3)]).order(), Err(vec![3, 4]));
        assert_eq!(dag(3, &[(2, 1), (1, 2), (0, 1)]).order(), Err(vec![1, 2]));
        assert_eq!(dag(1, &[(0, 0)]).order(), Err(vec![0]));
    }

    fn edges() -> impl Strategy<Value = (usize, Vec<(usize, usize)>)> {
        (1usize..12).prop_flat_map(|nodes| (Just(nodes), prop::collection::vec((0..nodes, 0..nodes), 0..30)))
    }

    proptest! {
        #[test]
        fn order_and_waves_respect_edges_and_cycles_are_real((nodes, edges) in edges()) {
            let dag = dag(nodes, &edges);
            match dag.order() {
                Ok(order) => {
                    let position = |node: usize| order.iter().position(|other| *other == node);
                    let waves = dag.waves();
                    for (node, on) in edges {
                        prop_assert!(position(on) < position(node));
                        prop_assert!(waves[on] < waves[node]);
                    }
                    prop_assert_eq!(order.len(), nodes);
                    prop_assert!(waves.iter().all(|wave| *wave >= 1));
                }
                Err(cycle) => {
                    for (index, node) in cycle.iter().enumerate() {
                        let next = cycle[(index + 1) % cycle.len()];
                        prop_assert!(edges.contains(&(*node, next)));
                    }
                    prop_assert_eq!(cycle.first(), cycle.iter().min());
                }
            }
        }
    }
}
