//! `kro cel`: expressions on their own, over data from files, typed by schemas. Exit codes as everywhere: 1 for an
//! expression that is wrong or fails, 2 for usage.

use std::process::ExitCode;

use kro_cel::{Checked, EvalError, Issue, Limits, Outcome, Program, Scope};
use serde_json::json;

mod repl;
mod show;
mod workspace;

use workspace::{Options, Workspace};

/// What can be done with an expression.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum What {
    /// Evaluate it and print the value.
    Eval(Args),
    /// Check it and print its type.
    Check(Args),
    /// Print it in canonical form.
    Fmt(Args),
    /// Print its tree, with types where it checks.
    Ast(Args),
    /// Read expressions line by line, with completion and history; names can be given to values.
    Repl(repl::Args),
    /// Print what it costs: when evaluated over the data, and at worst, from the limits in the schemas.
    Cost(Args),
}

/// Options of all of these.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The expression; `@FILE` reads it from a file, `-` from standard input.
    #[arg(value_name = "EXPRESSION", allow_hyphen_values = true)]
    expression: String,
    #[command(flatten)]
    options: Options,
    /// Stop when the evaluation has cost so many units.
    #[arg(long, value_name = "UNITS")]
    cost_limit: Option<u64>,
    /// How to print the answer.
    #[arg(short, long, value_enum, default_value_t)]
    output: Output,
}

/// How the answer is printed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
enum Output {
    /// As an expression, for people.
    #[default]
    Human,
    /// As one JSON object.
    Json,
}

/// Does it.
pub(crate) fn run(what: &What) -> anyhow::Result<ExitCode> {
    let args = match what {
        What::Repl(args) => return repl::run(args),
        What::Eval(args) | What::Check(args) | What::Fmt(args) | What::Ast(args) | What::Cost(args) => args,
    };
    let workspace = Workspace::new(&args.options)?;
    let text = workspace::text_of(&args.expression)?;
    let (ast, issues) = workspace.env.parse(&text);
    if !issues.is_empty() {
        return Ok(refused(args, &text, &issues));
    }
    if matches!(what, What::Fmt(_)) {
        let formatted = ast.unparse();
        answer(args, &formatted, &json!({ "expression": formatted }));
        return Ok(ExitCode::SUCCESS);
    }
    let checked = workspace.env.check(ast);
    if matches!(what, What::Ast(_)) {
        let tree = show::tree(&checked);
        answer(args, tree.trim_end(), &json!({ "tree": tree }));
    }
    if !checked.issues().is_empty() {
        return Ok(refused(args, &text, checked.issues()));
    }
    match what {
        What::Eval(_) => evaluate(args, &workspace, &text, &checked),
        What::Cost(_) => cost(args, &workspace, &text, &checked),
        What::Check(_) => {
            let ty = checked.result_type().to_string();
            answer(args, &ty, &json!({ "type": ty }));
            Ok(ExitCode::SUCCESS)
        }
        What::Fmt(_) | What::Ast(_) | What::Repl(_) => Ok(ExitCode::SUCCESS),
    }
}

/// Evaluates and prints the value.
fn evaluate(args: &Args, workspace: &Workspace, text: &str, checked: &Checked) -> anyhow::Result<ExitCode> {
    run_with(args, workspace, text, checked, |program, outcome| {
        let shown = show::value(&outcome.value);
        let ty = program.result_type().to_string();
        // What JSON has no form for is there as an expression.
        let object = json!({"value": outcome.value.to_json().ok(), "expression": shown, "type": ty, "cost": outcome.cost});
        answer(args, &shown, &object);
    })
}

/// Prints what the evaluation costs, when there is data for everything it names, and what it costs at worst.
fn cost(args: &Args, workspace: &Workspace, text: &str, checked: &Checked) -> anyhow::Result<ExitCode> {
    let most = workspace.most(checked);
    let at_worst = workspace::bound(most);
    if !workspace.has_data_for(checked) {
        answer(args, &at_worst, &json!({"most": most}));
        return Ok(ExitCode::SUCCESS);
    }
    run_with(args, workspace, text, checked, |_, outcome| {
        let human = format!("{}, {at_worst}", outcome.cost);
        answer(args, &human, &json!({"cost": outcome.cost, "most": most}));
    })
}

fn run_with(
    args: &Args,
    workspace: &Workspace,
    text: &str,
    checked: &Checked,
    print: impl FnOnce(&Program, &Outcome<'_>),
) -> anyhow::Result<ExitCode> {
    let program = match workspace.env.plan(checked) {
        Ok(program) => program,
        Err(issues) => return Ok(refused(args, text, &issues)),
    };
    let bindings = workspace.bindings()?;
    let limits = Limits { cost: args.cost_limit, ..Limits::default() };
    match program.eval(&Scope::new(&bindings), &limits) {
        Ok(outcome) => {
            print(&program, &outcome);
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => Ok(failed(args, text, &error)),
    }
}

fn answer(args: &Args, human: &str, object: &serde_json::Value) {
    match args.output {
        Output::Human => println!("{human}"),
        Output::Json => println!("{object:#}"),
    }
}

/// Prints what is wrong with an expression.
fn refused(args: &Args, text: &str, issues: &[Issue]) -> ExitCode {
    match args.output {
        Output::Human => anstream::eprint!("{}", show::issues(text, issues)),
        Output::Json => {
            println!("{:#}", json!({ "issues": issues.iter().map(show::issue).collect::<Vec<_>>() }));
        }
    }
    ExitCode::FAILURE
}

/// Prints why an evaluation failed.
fn failed(args: &Args, text: &str, error: &EvalError) -> ExitCode {
    match args.output {
        Output::Human => anstream::eprint!("{}", show::error(text, error)),
        Output::Json => {
            let kind = format!("{:?}", error.kind());
            println!(
                "{:#}",
                json!({"error": {"kind": kind, "message": error.message(), "span": error.span()}})
            );
        }
    }
    ExitCode::FAILURE
}
