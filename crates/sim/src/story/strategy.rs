//! How stories are made up. Exported, so that projects with controllers of their own can make theirs from the parts.

use super::{Design, Ill, Meddling, NodeDesign, NodeForm, Operation, Story, Wish};
use proptest::{collection::vec, option, prelude::*};

/// Definitions of one to five nodes; every one of them is valid.
pub fn designs() -> impl Strategy<Value = Design> {
    let form = prop_oneof![
        4 => Just(NodeForm::Map),
        2 => Just(NodeForm::Deployment),
        2 => Just(NodeForm::Maps),
        1 => (0..2_u8).prop_map(NodeForm::External),
        1 => Just(NodeForm::Externals),
    ];
    let node = (form, option::of(0..8_u8), proptest::bool::weighted(0.3), 0..3_u8);
    let node = node.prop_map(|(form, parent, switched, mark)| NodeDesign { form, parent, switched, mark });
    vec(node, 1..=5).prop_map(|nodes| Design { nodes })
}

/// What instances wish.
pub fn wishes() -> impl Strategy<Value = Wish> {
    (0..4_u8, 1..4_u8, proptest::bool::weighted(0.7), 0..8_u8).prop_map(|(text, size, on, items)| Wish {
        text,
        size,
        on,
        items,
    })
}

/// Single operations.
pub fn operations() -> impl Strategy<Value = Operation> {
    let meddling = prop_oneof![
        2 => Just(Meddling::Ours),
        1 => (0..3_u8).prop_map(Meddling::Theirs),
        2 => Just(Meddling::Delete),
        1 => Just(Meddling::Forge),
    ];
    let ill =
        prop::sample::select(vec![Ill::Outage, Ill::Forbidden, Ill::Denied, Ill::Slow, Ill::LateWatches]);
    prop_oneof![
        6 => (0..2_u8, designs()).prop_map(|(which, design)| Operation::Define(which, design)),
        1 => (0..2_u8).prop_map(Operation::Undefine),
        10 => (0..2_u8, 0..2_u8, wishes()).prop_map(|(which, name, wish)| Operation::Wish(which, name, wish)),
        3 => (0..2_u8, 0..2_u8).prop_map(|(which, name)| Operation::Delete(which, name)),
        1 => (0..2_u8, 0..2_u8, any::<bool>()).prop_map(|(which, name, rests)| Operation::Suspend(which, name, rests)),
        6 => (any::<u16>(), meddling).prop_map(|(pick, how)| Operation::Meddle(pick, how)),
        3 => (0..2_u8, 0..4_u8).prop_map(|(slot, value)| Operation::Share(slot, value)),
        1 => (0..2_u8).prop_map(Operation::Unshare),
        8 => (0..100_u16).prop_map(Operation::Wait),
        2 => Just(Operation::Crash),
        4 => (0..40_u16).prop_map(Operation::CrashAfter),
        1 => Just(Operation::Restart),
        1 => (1..120_u8).prop_map(Operation::CutOff),
        1 => Just(Operation::Compact),
        2 => (ill, 1..30_u8).prop_map(|(ill, requests)| Operation::Suffer(ill, requests)),
    ]
}

/// Whole stories: two definitions, then up to thirty operations, with or without faults.
pub fn stories(seed: u64) -> impl Strategy<Value = Story> {
    let beginning = (designs(), designs()).prop_map(|(alpha, beta)| {
        vec![Operation::Define(0, alpha), Operation::Define(1, beta), Operation::Wait(20)]
    });
    (beginning, vec(operations(), 0..30), proptest::bool::weighted(0.6)).prop_map(
        move |(first, rest, faulty)| {
            let mut operations = first;
            operations.extend(rest);
            Story { seed, faulty, operations }
        },
    )
}
