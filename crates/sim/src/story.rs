//! A story: what people, other controllers and bad luck do to a cluster, one after the other, from one seed.

mod design;
mod goodbye;
mod operation;
mod play;
mod policy;
mod strategy;
mod widget;

pub use design::{Design, NodeDesign, NodeForm, Wish};
pub use goodbye::{Goodbye, left_over};
pub(crate) use operation::is_member;
pub use operation::{Ill, Meddling, Operation, resources};
pub use play::{Crew, Outcome, Story, play};
pub use policy::PolicyChange;
pub use strategy::{designs, operations, policies, stories, wishes};
pub use widget::WidgetForm;

use proptest::{
    strategy::{Strategy as _, ValueTree as _},
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};

/// How many shorter stories are tried for one that fails.
const SHRINKS: usize = 300;

/// The story of a seed.
pub fn of_seed(seed: u64) -> Story {
    tree(seed).current()
}

/// The shortest story found that still fails, starting from that of a seed; with what is wrong there.
pub fn shrink(seed: u64) -> Option<(Story, Vec<String>)> {
    let mut tree = tree(seed);
    // What is wrong in the short story is wrong in the long one: another mistake would lead astray.
    let topic =
        |wrong: &[String]| wrong.first().and_then(|line| line.split([' ', ':']).next()).map(str::to_owned);
    let wrong = play(&tree.current(), false).wrong;
    let sought = topic(&wrong)?;
    let mut smallest = (tree.current(), wrong);
    let mut goes_on = tree.simplify();
    for _ in 1..SHRINKS {
        if !goes_on {
            break;
        }
        let story = tree.current();
        let wrong = play(&story, false).wrong;
        goes_on = if topic(&wrong).as_ref() == Some(&sought) {
            smallest = (story, wrong);
            tree.simplify()
        } else {
            tree.complicate()
        };
    }
    Some(smallest)
}

fn tree(seed: u64) -> impl proptest::strategy::ValueTree<Value = Story> {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    stories(seed).new_tree(&mut runner).expect("invariant: no strategy here rejects")
}
