//! Equal seeds, equal transcripts: twice in a process, in other processes, on other threads.

use kro_sim::story;
use std::process::Command;

/// What a run of the program prints, one line for each seed.
fn hashes(seeds: u64, jobs: u64) -> Vec<String> {
    let output = Command::new(env!("CARGO_BIN_EXE_kro-sim"))
        .args(["--hashes", "--seeds", &seeds.to_string(), "--jobs", &jobs.to_string()])
        .output()
        .expect("the program runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    let text = String::from_utf8(output.stdout).expect("text");
    text.lines().filter(|line| line.starts_with("seed ")).map(str::to_owned).collect()
}

#[test]
fn a_seed_gives_one_transcript_in_every_process_and_on_every_number_of_threads() {
    let here: Vec<String> = (0..6)
        .map(|seed| format!("seed {seed}: {}", story::play(&story::of_seed(seed), false).hash))
        .collect();
    assert_eq!(hashes(6, 1), here);
    assert_eq!(hashes(6, 3), here);
}

#[test]
fn two_runs_in_one_process_are_alike_line_by_line() {
    for seed in 6..9 {
        let story = story::of_seed(seed);
        let (first, second) = (story::play(&story, true), story::play(&story, true));
        for (number, (one, other)) in first.lines.iter().zip(&second.lines).enumerate() {
            assert_eq!(one, other, "seed {seed}, line {number}");
        }
        assert_eq!(first.hash, second.hash, "seed {seed}");
    }
}
