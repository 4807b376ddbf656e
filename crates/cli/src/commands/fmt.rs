//! `kro fmt`: files of manifests in the house style. Changes spaces only; the rules are in `kro_ide::format`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use kro_diagnostic::source::Sources;
use kro_ide::format::format;
use similar::TextDiff;

use crate::output::{BAD, render_style, styled};
use crate::project::{STDIN, files_at, read_text, standard_input};
use crate::report::plural;

/// Options of `kro fmt`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Files, and folders whose `.yaml` and `.yml` files are meant; `-` formats standard input to standard output.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Change nothing; show what would change, and end with exit code 1 if anything would.
    #[arg(long)]
    check: bool,
}

/// What became of a text.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Same,
    Changed,
    Unreadable,
}

/// Formats every file.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let mut outcomes = Vec::new();
    for path in &args.paths {
        if path.as_os_str() == "-" {
            let text = standard_input()?;
            outcomes.push(one(args, Path::new(STDIN), &text, |new| {
                print!("{new}");
                Ok(())
            })?);
            continue;
        }
        for file in files_at(path, &["yaml", "yml"])? {
            let text = read_text(&file)?;
            outcomes.push(one(args, &file, &text, |new| {
                let write = || format!("cannot write {}", file.display());
                if new == text { Ok(()) } else { fs::write(&file, new).with_context(write) }
            })?);
        }
    }
    let count = |outcome: &Outcome| outcomes.iter().filter(|it| *it == outcome).count();
    let (changed, unreadable) = (count(&Outcome::Changed), count(&Outcome::Unreadable));
    let files = plural(outcomes.len(), "file");
    anstream::eprintln!(
        "{files}: {changed} {}, {unreadable} with mistakes",
        if args.check { "to format" } else { "formatted" }
    );
    let failed = unreadable > 0 || (args.check && changed > 0);
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn one(
    args: &Args,
    file: &Path,
    text: &str,
    write: impl FnOnce(&str) -> anyhow::Result<()>,
) -> anyhow::Result<Outcome> {
    let Some(new) = format(text) else {
        let mut sources = Sources::default();
        let id = sources.add(&file.display().to_string(), text.to_owned());
        let found = sources.documents(id).diagnostics;
        anstream::eprintln!("{}", sources.render_file(id, &found, render_style()).trim_end());
        return Ok(Outcome::Unreadable);
    };
    let changed = new != text;
    if args.check && changed {
        let name = file.display().to_string();
        let diff = TextDiff::from_lines(text, &new);
        print!("{}", diff.unified_diff().header(&name, &name));
        anstream::eprintln!("{}: {name}", styled(BAD, "not formatted"));
    }
    if !args.check {
        write(&new)?;
    }
    Ok(if changed { Outcome::Changed } else { Outcome::Same })
}
