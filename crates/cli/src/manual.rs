//! The reference page of the command line, made from the definition that parses it.

use std::fmt::Write as _;

use clap::{Arg, Command, CommandFactory as _};

/// The page in Markdown.
fn page() -> String {
    let mut root = crate::Cli::command();
    root.build();
    let mut out = "# Command line\n\nMade from the program; `SNAPSHOTS=overwrite cargo test -p kro-cli manual` makes it anew.\n\n\
                   Exit codes: 0 done, 1 something is wrong with the input or the world, 2 usage.\n"
        .to_owned();
    for command in root.get_subcommands().filter(|command| command.get_name() != "help") {
        section(&mut out, "kro", command);
    }
    out
}

fn section(out: &mut String, parent: &str, command: &Command) {
    let name = format!("{parent} {}", command.get_name());
    let mut children = command.get_subcommands().filter(|child| child.get_name() != "help").peekable();
    if children.peek().is_some() {
        for child in children {
            section(out, &name, child);
        }
        return;
    }
    let about = command.get_long_about().or_else(|| command.get_about());
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage: ");
    let _ = write!(
        out,
        "\n## {name}\n\n{}\n\n```text\n{usage}\n```\n\n",
        about.map(ToString::to_string).unwrap_or_default()
    );
    out.push_str("| argument | what it does |\n| --- | --- |\n");
    let shown = |argument: &&Arg| {
        !argument.is_hide_set() && !["help", "version"].contains(&argument.get_id().as_str())
    };
    for argument in command.get_arguments().filter(shown) {
        let _ = writeln!(out, "| `{}` | {} |", form(argument), meaning(argument));
    }
}

/// `-o, --output <FORMAT>`
fn form(argument: &Arg) -> String {
    let value = argument.get_value_names().and_then(|names| names.first()).map(ToString::to_string);
    let value = value.filter(|_| argument.get_action().takes_values());
    let many =
        if argument.get_num_args().is_some_and(|count| count.max_values() > 1) || argument.is_positional() {
            "…"
        } else {
            ""
        };
    let flags: Vec<String> = [
        argument.get_short().map(|short| format!("-{short}")),
        argument.get_long().map(|long| format!("--{long}")),
    ]
    .into_iter()
    .flatten()
    .collect();
    match value {
        Some(value) if flags.is_empty() => format!("{value}{many}"),
        Some(value) => format!("{} {value}", flags.join(", ")),
        None => flags.join(", "),
    }
}

fn meaning(argument: &Arg) -> String {
    let mut text = argument.get_help().map(ToString::to_string).unwrap_or_default().replace('|', "\\|");
    if !text.ends_with(['.', '?']) {
        text.push('.');
    }
    let values: Vec<String> = argument
        .get_possible_values()
        .iter()
        .filter(|_| argument.get_action().takes_values())
        .map(|value| match value.get_help() {
            Some(help) => format!("`{}` {}", value.get_name(), lower(&help.to_string())),
            None => format!("`{}`", value.get_name()),
        })
        .collect();
    if !values.is_empty() {
        let _ = write!(text, " {}.", values.join("; "));
    }
    let default: Vec<String> =
        argument.get_default_values().iter().map(|it| it.to_string_lossy().into_owned()).collect();
    if !default.is_empty() && argument.get_action().takes_values() {
        let _ = write!(text, " Default: `{}`.", default.join(" "));
    }
    text
}

/// A sentence as part of another.
fn lower(text: &str) -> String {
    let text = text.trim_end_matches('.');
    let mut characters = text.chars();
    match characters.next() {
        // Names keep their capitals.
        Some(first) if !text.chars().nth(1).is_some_and(char::is_uppercase) => {
            first.to_lowercase().chain(characters).collect()
        }
        _ => text.to_owned(),
    }
}

#[test]
fn the_manual_is_fresh() {
    snapbox::assert_data_eq!(page(), snapbox::file!["../../../docs/reference/cli.md"].raw());
}
