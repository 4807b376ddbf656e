//! Allocations and instructions of one evaluation. They are the same on every machine and at any time of day, so they
//! are what CI looks at.

use std::collections::BTreeMap;

use kro_bench::cel_cases::Case;
use stats_alloc::Region;

use super::ratchet::{Counts, Reached};
use super::{Args, judge, timing};

/// Counts, prints, compares with what has been reached or writes it.
pub(super) fn run(args: &Args, cases: &[Case]) -> anyhow::Result<()> {
    let instructions = instructions(args, cases)?;
    let mut counted = BTreeMap::new();
    println!("{:<22} {:>7} {:>9}", "case", "allocs", "instr.");
    for case in cases {
        let counts =
            Counts { allocations: allocations(case)?, instructions: instructions.get(&case.name).copied() };
        let shown = counts.instructions.map_or("-".to_owned(), |count| count.to_string());
        println!("{:<22} {:>7} {shown:>9}", case.name, counts.allocations);
        counted.insert(case.name.clone(), counts);
    }
    if args.record {
        return Reached { cases: counted, ..Reached::read()? }.write();
    }
    judge(&Reached::read()?.more(&counted), args.gate)
}

/// Instructions by case; none where they cannot be counted.
fn instructions(args: &Args, cases: &[Case]) -> anyhow::Result<BTreeMap<String, u64>> {
    if !timing::has_valgrind() {
        println!("note: instructions are not counted: no valgrind");
        return Ok(BTreeMap::new());
    }
    timing::instructions(args, cases)
}

/// Allocations of one evaluation, when everything lazy is there.
pub(super) fn allocations(case: &Case) -> anyhow::Result<usize> {
    let program = case.compile()?;
    drop(case.eval(&program)?);
    let region = Region::new(crate::ALLOCATOR);
    let outcome = case.eval(&program)?;
    let change = region.change();
    drop(outcome);
    Ok(change.allocations + change.reallocations)
}
