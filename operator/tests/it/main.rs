//! The operator as it is installed and started: its manifests, its program.

mod chart;
mod process;
