//! `kro validate` as a user starts it: a definition in a folder with many CRD files, nothing warm.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};

/// What one run took.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cost {
    pub(super) time: Duration,
    /// The most memory it held at once, in bytes.
    pub(super) peak: u64,
}

/// Fills a folder with a definition and this many CRD files: those below `crds`, over and over.
pub(super) fn fill(folder: &Path, definition: &str, crds: &Path, files: usize) -> anyhow::Result<u64> {
    fs::write(folder.join("definition.yaml"), definition)?;
    let mut known = Vec::new();
    collect(crds, &mut known)?;
    known.sort();
    ensure!(!known.is_empty(), "no CRD files below {}", crds.display());
    let mut bytes = 0;
    for (index, file) in known.iter().cycle().take(files).enumerate() {
        bytes += fs::copy(file, folder.join(format!("crd-{index:04}.yaml")))?;
    }
    Ok(bytes)
}

fn collect(folder: &Path, into: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, into)?;
        } else if path.extension().is_some_and(|end| end == "yaml" || end == "yml") {
            into.push(path);
        }
    }
    Ok(())
}

/// Validates a folder some times; the run that took least time, and the most memory of all runs.
pub(super) fn validate(kro: &Path, folder: &Path, times: usize) -> anyhow::Result<Cost> {
    let mut best = Cost { time: Duration::MAX, peak: 0 };
    for _ in 0..times {
        let start = Instant::now();
        let mut child = Command::new(kro)
            .arg("validate")
            .arg(folder)
            .stdout(Stdio::null())
            .stderr(Stdio::inherit())
            .spawn()
            .with_context(|| format!("cannot start {}", kro.display()))?;
        // The high-water mark goes away with the process, so it is read until the end.
        let status = loop {
            best.peak = best.peak.max(high_water(child.id()).unwrap_or_default());
            if let Some(status) = child.try_wait()? {
                break status;
            }
            std::thread::sleep(Duration::from_micros(200));
        };
        best.time = best.time.min(start.elapsed());
        ensure!(status.success(), "`kro validate` refuses the definition");
    }
    Ok(best)
}

/// `VmHWM` of a process in bytes.
fn high_water(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().trim_end_matches(" kB").parse::<u64>().ok()? * 1024)
}
