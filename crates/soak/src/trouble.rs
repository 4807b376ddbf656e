//! What goes wrong with the machine, and for how long.

use crate::machine::Machine;
use proptest::prelude::*;
use std::{collections::BTreeMap, time::Duration};

/// One thing that goes wrong; times in tenths of a second.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Trouble {
    /// The operator is killed, and started again after a while.
    KillOperator(u8),
    /// kube-apiserver is killed, and started again after a while.
    KillServer(u8),
    /// etcd stands still.
    PauseEtcd(u8),
    /// Nothing gets from the operator to the server.
    CutNetwork(u8),
}

pub(crate) fn troubles() -> impl Strategy<Value = Trouble> {
    prop_oneof![
        4 => (0_u8..20).prop_map(Trouble::KillOperator),
        1 => (0_u8..30).prop_map(Trouble::KillServer),
        2 => (1_u8..80).prop_map(Trouble::PauseEtcd),
        2 => (1_u8..100).prop_map(Trouble::CutNetwork),
    ]
}

impl Trouble {
    /// Makes it, waits and ends it.
    pub(crate) fn strike(
        self,
        machine: &mut Machine,
        counts: &mut BTreeMap<&'static str, u64>,
    ) -> anyhow::Result<()> {
        let name = match self {
            Self::KillOperator(tenths) => {
                machine.kill_operator()?;
                wait(Duration::from_millis(100) * u32::from(tenths));
                machine.start_operator()?;
                "operators killed"
            }
            Self::KillServer(tenths) => {
                machine.kill_server()?;
                wait(Duration::from_millis(100) * u32::from(tenths));
                machine.start_server()?;
                "API servers killed"
            }
            Self::PauseEtcd(tenths) => {
                machine.pause_etcd(true)?;
                wait(Duration::from_millis(100) * u32::from(tenths));
                machine.pause_etcd(false)?;
                "pauses of etcd"
            }
            Self::CutNetwork(tenths) => {
                machine.proxy.cut(true);
                wait(Duration::from_millis(100) * u32::from(tenths));
                machine.proxy.cut(false);
                "cuts of the network"
            }
        };
        *counts.entry(name).or_default() += 1;
        Ok(())
    }
}

/// Lets real time pass.
#[expect(clippy::disallowed_methods, reason = "this program does nothing else meanwhile")]
pub(crate) fn wait(time: Duration) {
    std::thread::sleep(time);
}
