//! Paths that start alike: the first step from a variable, as `spec` in `schema.spec.name`, is taken once for all of
//! them.
use super::{By, Node, Path, PathKind, Planner, Root};

/// So many first steps are remembered.
pub(crate) const MOST_STEMS: usize = 4;
/// So many different ones are told apart.
const MOST_SEEN: usize = 16;

impl Planner<'_> {
    /// Numbers the first steps that several paths take, as many as there is room for.
    pub(super) fn find_stems(&mut self) {
        let mut found: Vec<(usize, Option<u8>)> = Vec::new();
        let mut count = 0;
        for index in 0..self.nodes.len() {
            let Some(stem) = self.stem(index) else { continue };
            let Some((first, number)) = found.iter_mut().find(|(first, _)| self.stem(*first) == Some(stem))
            else {
                if found.len() < MOST_SEEN {
                    found.push((index, None));
                }
                continue;
            };
            if number.is_none() && usize::from(count) < MOST_STEMS {
                *number = Some(count);
                count += 1;
            }
            let (first, number) = (*first, *number);
            for node in [first, index] {
                if let Node::Path(path) = &mut self.nodes[node] {
                    path.stem = number;
                }
            }
        }
    }

    fn stem(&self, node: usize) -> Option<(&str, &str)> {
        match &self.nodes[node] {
            Node::Path(path) => path.stem_names(),
            _ => None,
        }
    }
}

impl Path {
    /// The variable and the name of the first step, when more steps follow.
    fn stem_names(&self) -> Option<(&str, &str)> {
        match (&self.root, &*self.steps, self.kind) {
            (_, _, PathKind::General) => None,
            (Root::Variable(variable), [first, _, ..], _) => match &first.by {
                By::Field(name, _) if !first.optional => Some((variable, name)),
                _ => None,
            },
            _ => None,
        }
    }
}
