//! `kro cel repl`: a conversation about expressions. What a line means is in `session.rs`; this reads lines, from a
//! terminal with editing, completion and history, or from anything else one after the other.

use std::io::{BufRead as _, IsTerminal as _};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use rustyline::{Editor, error::ReadlineError, history::FileHistory};

use super::workspace::{Options, Workspace};
use helper::Helper;
use session::{Answer, Session};

mod helper;
mod session;

/// Options of the conversation.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    options: Options,
    /// Stop an evaluation that has cost so many units.
    #[arg(long, value_name = "UNITS", default_value = "10000000")]
    cost_limit: u64,
    /// Where lines are remembered from one time to the next; without it, they are forgotten.
    #[arg(long, value_name = "FILE", env = "KRO_CEL_HISTORY")]
    history: Option<PathBuf>,
}

/// Talks until the end of the input. From a pipe, a line that fails makes the whole fail.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let workspace = Workspace::new(&args.options)?;
    let session = Session::new(workspace, args.cost_limit);
    if std::io::stdin().is_terminal() { converse(args, session) } else { replay(session) }
}

/// Lines from a pipe or file.
fn replay(mut session: Session) -> anyhow::Result<ExitCode> {
    let mut code = ExitCode::SUCCESS;
    for line in std::io::stdin().lock().lines() {
        match session.line(&line.context("cannot read standard input")?) {
            Answer::Quit => break,
            Answer::Said(text) => print(&text),
            Answer::Refused(text) => {
                anstream::eprint!("{text}");
                code = ExitCode::FAILURE;
            }
        }
    }
    Ok(code)
}

/// Lines from a person.
fn converse(args: &Args, session: Session) -> anyhow::Result<ExitCode> {
    println!("{}", session::WELCOME);
    let mut editor: Editor<Helper, FileHistory> = Editor::new().context("cannot use the terminal")?;
    editor.set_helper(Some(Helper { session }));
    if let Some(file) = args.history.as_ref().filter(|file| file.exists()) {
        editor.load_history(file).with_context(|| format!("cannot read {}", file.display()))?;
    }
    loop {
        let line = match editor.readline("cel> ") {
            Ok(line) => line,
            Err(ReadlineError::Interrupted) => continue,
            Err(ReadlineError::Eof) => break,
            Err(error) => return Err(error).context("cannot read the terminal"),
        };
        if !line.trim().is_empty() {
            editor.add_history_entry(&line).context("cannot remember the line")?;
        }
        let Some(helper) = editor.helper_mut() else { break };
        match helper.session.line(&line) {
            Answer::Quit => break,
            Answer::Said(text) => print(&text),
            Answer::Refused(text) => anstream::eprint!("{text}"),
        }
    }
    if let Some(file) = &args.history {
        editor.save_history(file).with_context(|| format!("cannot write {}", file.display()))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn print(text: &str) {
    if !text.is_empty() {
        println!("{text}");
    }
}
