//! Every target over its committed seeds, and over copies of them with bytes removed, doubled and exchanged.

use std::path::{Path, PathBuf};

fn seeds(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds").join(target);
    let files = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = files.map(|file| file.expect("a seed").path()).collect();
    paths.sort();
    paths.iter().map(|path| std::fs::read(path).expect("a seed")).collect()
}

/// A series of numbers that is the same in every run.
fn series() -> impl Iterator<Item = usize> {
    std::iter::successors(Some(0x9E37_79B9_u32), |x| {
        let mut x = *x;
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
        Some(x)
    })
    .map(|x| x as usize)
}

#[test]
fn seeds_and_damaged_seeds() {
    for (name, check) in kro_fuzz::TARGETS {
        let seeds = seeds(name);
        assert!(!seeds.is_empty(), "{name} has no seed");
        let mut numbers = series();
        let mut number = |below: usize| numbers.next().unwrap_or_default() % below.max(1);
        for seed in &seeds {
            check(seed);
            for _ in 0..8 {
                let mut damaged = seed.clone();
                for _ in 0..=number(3) {
                    let at = number(damaged.len());
                    match number(3) {
                        0 if !damaged.is_empty() => drop(damaged.remove(at)),
                        1 => damaged.insert(at, b"(){}[]?:.,$\"'\\+-|&=0a \n"[number(23)]),
                        _ => {
                            let other = &seeds[number(seeds.len())];
                            let from = number(other.len());
                            let part = other[from..(from + number(16)).min(other.len())].to_vec();
                            damaged.splice(at..at, part);
                        }
                    }
                }
                check(&damaged);
            }
        }
    }
}
