//! Source files: size, module documentation, unfinished marks, fair `select!`.

use super::{Tidy, read};
use crate::layers::{FILE_LINES, LAYERS, OPERATOR_LINES, OPERATOR_MAIN_LINES};

/// Marks of unfinished work; written apart so that this file does not contain them.
const UNFINISHED: &[&str] =
    &[concat!("to", "do!("), concat!("unimpl", "emented!("), concat!("#[ig", "nore"), concat!("FIX", "ME")];

/// Checks every Rust file of the workspace.
pub(super) fn check(tidy: &mut Tidy) -> anyhow::Result<()> {
    let mut operator = 0;
    for layer in LAYERS {
        for path in tidy.files(layer.dir, ".rs")? {
            let text = read(&path)?;
            let lines = text.lines().count();
            if lines > FILE_LINES {
                tidy.breach(&path, format_args!("{lines} lines; split it (limit {FILE_LINES})"));
            }
            if path.ends_with("mod.rs") {
                tidy.breach(&path, "use `name.rs` beside `name/` instead of `mod.rs`");
            }
            // What a file of tests is for is said by the file beside it.
            if !text.starts_with("//!") && !path.ends_with("tests.rs") {
                tidy.breach(&path, "the first line must say what the module is responsible for (`//!`)");
            }
            for mark in UNFINISHED {
                if text.contains(mark) {
                    tidy.breach(&path, format_args!("contains `{mark}`"));
                }
            }
            for (number, _) in
                text.lines().enumerate().filter(|(_, line)| line.trim_end().ends_with("select! {"))
            {
                if !text.lines().nth(number + 1).is_some_and(|next| next.contains("biased;")) {
                    tidy.breach(&path, format_args!("line {}: `select!` must be `biased;`", number + 1));
                }
            }
            if layer.dir == "operator" {
                // Its tests do not make it thicker.
                operator += if path.components().any(|part| part.as_os_str() == "tests") { 0 } else { lines };
                if path.ends_with("src/main.rs") && lines > OPERATOR_MAIN_LINES {
                    tidy.breach(&path, format_args!("{lines} lines; the limit is {OPERATOR_MAIN_LINES}"));
                }
            }
        }
    }
    if operator > OPERATOR_LINES {
        let path = tidy.root.join("operator");
        tidy.breach(
            &path,
            format_args!("{operator} lines; the operator stays thin (limit {OPERATOR_LINES})"),
        );
    }
    Ok(())
}
