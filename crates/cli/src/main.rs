//! kro: validate, generate, plan, dev.
fn main() {}
