//! The whole controller on the embedded API server, in virtual time.

mod cost;
mod embedding;
mod inputs;
mod limits;
mod scenarios;
mod shards;
mod takeover;
mod upkeep;
mod world;
