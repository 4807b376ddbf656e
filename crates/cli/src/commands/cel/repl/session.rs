//! What has been said so far, and what a line makes of it.

use kro_cel::{Checked, Env, Expr, Limits, Scope, Value};

use super::super::{
    show,
    workspace::{Workspace, bound},
};

/// Printed before the first line.
pub(super) const WELCOME: &str = "Write an expression, or :help.";

const HELP: &str = "\
EXPRESSION         evaluate it
NAME = EXPRESSION  evaluate it and keep the value under a name
:type EXPRESSION   its type
:cost EXPRESSION   what it costs, and at worst
:ast EXPRESSION    its tree
:fmt EXPRESSION    its canonical form
:vars              the names there are, with their types
:help              this
:quit              leave; so does the end of the input";

/// Names with their values, and everything that expressions may use.
pub(super) struct Session {
    workspace: Workspace,
    /// With the kept names, the latest hiding earlier ones.
    env: Env,
    kept: Vec<(String, Value<'static>)>,
    cost_limit: u64,
}

/// What comes of a line.
pub(super) enum Answer {
    /// Something to print; empty for nothing.
    Said(String),
    /// What is wrong with the line, with a line break at the end.
    Refused(String),
    /// Enough.
    Quit,
}

impl Session {
    pub(super) fn new(workspace: Workspace, cost_limit: u64) -> Self {
        Self { env: workspace.env.clone(), workspace, kept: Vec::new(), cost_limit }
    }

    /// The environment, for completion.
    pub(super) fn env(&self) -> &Env {
        &self.env
    }

    /// Does what a line says.
    pub(super) fn line(&mut self, line: &str) -> Answer {
        let done = match Line::of(line) {
            Line::Nothing => Ok(String::new()),
            Line::Quit => return Answer::Quit,
            Line::Help => Ok(HELP.to_owned()),
            Line::Variables => Ok(self.variables()),
            Line::Evaluate(text) => self.evaluate(text).map(|(shown, ..)| shown),
            Line::Keep(name, text) => self.keep(name, text),
            Line::Type(text) => self.check(text).map(|checked| checked.result_type().to_string()),
            Line::Cost(text) => self.cost(text),
            Line::Tree(text) => self.check(text).map(|checked| show::tree(&checked).trim_end().to_owned()),
            Line::Format(text) => {
                let (ast, issues) = self.env.parse(text);
                if issues.is_empty() { Ok(ast.unparse()) } else { Err(show::issues(text, &issues)) }
            }
            Line::Unknown(command) => Err(format!("error: no command {command}\n  help: see :help\n")),
        };
        match done {
            Ok(text) => Answer::Said(text),
            Err(text) => Answer::Refused(text),
        }
    }

    fn variables(&self) -> String {
        let mut names: Vec<&str> = self.env.variables().collect();
        names.sort_unstable();
        names.dedup();
        let typed = |name: &&str| self.env.variable(name).map(|ty| format!("{name}: {ty}"));
        names.iter().filter_map(typed).collect::<Vec<_>>().join("\n")
    }

    fn check(&self, text: &str) -> Result<Checked, String> {
        let (ast, issues) = self.env.parse(text);
        if !issues.is_empty() {
            return Err(show::issues(text, &issues));
        }
        let checked = self.env.check(ast);
        if checked.issues().is_empty() { Ok(checked) } else { Err(show::issues(text, checked.issues())) }
    }

    /// The value as text and as it is, its cost, and the checked tree.
    fn evaluate(&self, text: &str) -> Result<(String, Value<'static>, u64, Checked), String> {
        let checked = self.check(text)?;
        let program = self.env.plan(&checked).map_err(|issues| show::issues(text, &issues))?;
        let mut bindings: Vec<(&str, Value<'_>)> =
            self.kept.iter().rev().map(|(name, value)| (name.as_str(), value.clone())).collect();
        bindings.extend(self.workspace.bindings().map_err(|error| format!("error: {error:#}\n"))?);
        let limits = Limits { cost: Some(self.cost_limit), ..Limits::default() };
        let outcome =
            program.eval(&Scope::new(&bindings), &limits).map_err(|error| show::error(text, &error))?;
        let shown = show::value(&outcome.value);
        let value = outcome.value.into_owned().map_err(|error| show::error(text, &error))?;
        Ok((shown, value, outcome.cost, checked))
    }

    fn keep(&mut self, name: &str, text: &str) -> Result<String, String> {
        let (ast, issues) = self.env.parse(name);
        if !issues.is_empty() || !matches!(ast.expr(ast.root()), Expr::Ident(_)) {
            return Err(format!("error: {name} is a reserved word and cannot be a name\n"));
        }
        let (shown, value, _, checked) = self.evaluate(text)?;
        self.env = self.env.with_variable(name, checked.result_type().clone());
        self.kept.push((name.to_owned(), value));
        Ok(shown)
    }

    fn cost(&self, text: &str) -> Result<String, String> {
        let checked = self.check(text)?;
        let at_worst = bound(self.workspace.most_in(&self.env, &checked));
        match self.evaluate(text) {
            Ok((.., cost, _)) => Ok(format!("{cost}, {at_worst}")),
            // Without data, there is still a bound.
            Err(_) => Ok(at_worst),
        }
    }
}

/// A line as it is meant.
enum Line<'l> {
    Nothing,
    Quit,
    Help,
    Variables,
    Evaluate(&'l str),
    Keep(&'l str, &'l str),
    Type(&'l str),
    Cost(&'l str),
    Tree(&'l str),
    Format(&'l str),
    Unknown(&'l str),
}

impl<'l> Line<'l> {
    fn of(line: &'l str) -> Self {
        let line = line.trim();
        if let Some(command) = line.strip_prefix(':') {
            let (name, rest) = command.split_once(char::is_whitespace).unwrap_or((command, ""));
            let rest = rest.trim();
            return match name {
                "q" | "quit" => Self::Quit,
                "h" | "help" => Self::Help,
                "vars" => Self::Variables,
                "t" | "type" => Self::Type(rest),
                "cost" => Self::Cost(rest),
                "ast" => Self::Tree(rest),
                "fmt" => Self::Format(rest),
                _ => Self::Unknown(line),
            };
        }
        if line.is_empty() {
            return Self::Nothing;
        }
        match line.split_once('=') {
            // A name alone in front of a single `=`.
            Some((name, text)) if is_name(name.trim()) && !text.starts_with('=') => {
                Self::Keep(name.trim(), text.trim())
            }
            _ => Self::Evaluate(line),
        }
    }
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
