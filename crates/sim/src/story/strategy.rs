//! How stories are made up. Exported, so that projects with controllers of their own can make theirs from the parts.

use super::{
    Crew, Design, Ill, Meddling, NodeDesign, NodeForm, Operation, PolicyChange, Story, WidgetForm, Wish,
};
use kro_api::policy::{Deletion, Existing, WithInstances};
use proptest::{collection::vec, option, prelude::*};

/// Definitions of one to five nodes; every one of them is valid.
pub fn designs() -> impl Strategy<Value = Design> {
    let form = prop_oneof![
        4 => Just(NodeForm::Map),
        2 => Just(NodeForm::Deployment),
        1 => Just(NodeForm::Rollout),
        1 => Just(NodeForm::Widget),
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

/// Changes of policies.
pub fn policies() -> impl Strategy<Value = PolicyChange> {
    let deletion = prop::sample::select(vec![Deletion::Delete, Deletion::Retain, Deletion::Orphan]);
    let existing = prop::sample::select(vec![Existing::Force, Existing::Adopt, Existing::Refuse]);
    let instances =
        prop::sample::select(vec![WithInstances::Strand, WithInstances::Refuse, WithInstances::Cascade]);
    prop_oneof![
        4 => (option::of(0..5_u8), deletion).prop_map(|(node, what)| PolicyChange::Deletion(node, what)),
        2 => existing.prop_map(PolicyChange::Existing),
        1 => option::of(0..3_u8).prop_map(PolicyChange::MaxDeletes),
        1 => (0..5_u8, any::<bool>()).prop_map(|(node, on)| PolicyChange::CreateOnly(node, on)),
        1 => instances.prop_map(PolicyChange::Instances),
        1 => any::<bool>().prop_map(PolicyChange::Inventory),
        1 => any::<bool>().prop_map(PolicyChange::Progress),
    ]
}

/// Single operations.
pub fn operations() -> impl Strategy<Value = Operation> {
    let form = prop::sample::select(vec![WidgetForm::Plain, WidgetForm::Colored, WidgetForm::Unmarked]);
    let meddling = prop_oneof![
        2 => Just(Meddling::Ours),
        1 => (0..3_u8).prop_map(Meddling::Theirs),
        2 => Just(Meddling::Delete),
        1 => Just(Meddling::Forge),
    ];
    let ill = prop::sample::select(vec![
        Ill::Outage,
        Ill::Forbidden,
        Ill::Denied,
        Ill::Slow,
        Ill::StaleLists,
        Ill::LateWatches,
    ]);
    prop_oneof![
        6 => (0..2_u8, designs()).prop_map(|(which, design)| Operation::Define(which, design)),
        1 => (0..2_u8).prop_map(Operation::Undefine),
        3 => (0..2_u8, policies()).prop_map(|(which, change)| Operation::Policy(which, change)),
        2 => form.prop_map(Operation::Install),
        1 => Just(Operation::Uninstall),
        10 => (0..2_u8, 0..2_u8, wishes()).prop_map(|(which, name, wish)| Operation::Wish(which, name, wish)),
        3 => (0..2_u8, 0..2_u8).prop_map(|(which, name)| Operation::Delete(which, name)),
        1 => (0..2_u8, 0..2_u8, any::<bool>()).prop_map(|(which, name, rests)| Operation::Suspend(which, name, rests)),
        2 => (0..2_u8, 0..2_u8, 0..5_u8).prop_map(|(which, name, node)| Operation::Squat(which, name, node)),
        6 => (any::<u16>(), meddling).prop_map(|(pick, how)| Operation::Meddle(pick, how)),
        3 => (0..2_u8, 0..4_u8).prop_map(|(slot, value)| Operation::Share(slot, value)),
        1 => (0..2_u8).prop_map(Operation::Unshare),
        8 => (0..100_u16).prop_map(Operation::Wait),
        1 => Just(Operation::Wait(36_000)),
        1 => (-90..90_i16).prop_map(Operation::Jump),
        2 => Just(Operation::Crash),
        4 => (0..40_u16).prop_map(Operation::CrashAfter),
        1 => Just(Operation::Restart),
        1 => (1..120_u8).prop_map(Operation::CutOff),
        1 => (0..3_u8).prop_map(Operation::Leave),
        1 => (0..3_u8).prop_map(Operation::Join),
        1 => Just(Operation::Compact),
        2 => (ill, 1..30_u8).prop_map(|(ill, requests)| Operation::Suffer(ill, requests)),
    ]
}

/// Whole stories: two definitions, then up to thirty operations, with or without faults.
pub fn stories(seed: u64) -> impl Strategy<Value = Story> {
    let beginning = (designs(), designs()).prop_map(|(alpha, beta)| {
        let install = Operation::Install(WidgetForm::Plain);
        vec![install, Operation::Define(0, alpha), Operation::Define(1, beta), Operation::Wait(20)]
    });
    let faulty = proptest::bool::weighted(0.6);
    let is_safe = proptest::bool::weighted(0.2);
    let crew = prop_oneof![8 => Just(Crew::Alone), 1 => Just(Crew::Candidates), 1 => Just(Crew::Replicas)];
    (beginning, vec(operations(), 0..30), faulty, is_safe, crew).prop_map(
        move |(first, rest, faulty, is_safe, crew)| {
            let mut operations = first;
            operations.extend(rest);
            Story { seed, faulty, is_safe, crew, operations }
        },
    )
}
