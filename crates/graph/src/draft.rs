//! Expressions on their way through the stages: read from a text, linked to names, checked against types. A draft
//! that was reported once is broken and stays silent.

use crate::{
    Expression, Name, Phase, Reference, explain,
    template::{self, Lowered, Text},
    typing::Typing,
};
use kro_cel::{Ast, Env, Issue, Mistake, References, Type};
use kro_diagnostic::{Diagnostic, Locus, codes};
use kro_object::FieldPath;
use std::{collections::BTreeSet, ops::Range, sync::Arc};

/// One expression that was read.
#[derive(Debug)]
pub(crate) struct Draft {
    /// The CEL text.
    pub(crate) cel: Arc<str>,
    /// The author's text.
    pub(crate) source: Arc<str>,
    /// Where the author's text stands.
    pub(crate) path: FieldPath,
    /// The tree, with holes where the syntax is wrong, until it is compiled.
    ast: Option<Ast>,
    /// Free names and functions.
    pub(crate) uses: References,
    /// The names by what they stand for; filled when the draft is linked.
    pub(crate) references: Vec<Reference>,
    /// Whether something was reported about it.
    pub(crate) broken: bool,
    lowered: Option<Lowered>,
}

impl Draft {
    /// Reads any text; `None` when it holds no expression.
    pub(crate) fn read(text: &str, path: &FieldPath, env: &Env, found: &mut Vec<Diagnostic>) -> Option<Self> {
        match template::read(text) {
            Ok(Text::Plain) => None,
            Ok(Text::Whole(cel)) => Some(Self::parse(cel.into(), None, text, path, env, found)),
            Ok(Text::Mixed(mixed)) => {
                let lowered = mixed.lower();
                Some(Self::parse(lowered.cel.as_str().into(), Some(lowered), text, path, env, found))
            }
            Err(nested) => {
                let at = nested.at as u32;
                let locus = Locus::value(path.clone()).with_range(at..at + 2);
                found.push(
                    Diagnostic::error(codes::NESTED_EXPRESSION, locus, nested.to_string())
                        .with_help("remove the inner `${` and `}`"),
                );
                None
            }
        }
    }

    /// Reads a text that has to be one expression and nothing else.
    pub(crate) fn read_whole(
        text: &str,
        path: &FieldPath,
        env: &Env,
        found: &mut Vec<Diagnostic>,
    ) -> Option<Self> {
        match template::read(text) {
            Ok(Text::Plain | Text::Mixed(_)) => {
                let help = match template::read(text.trim()) {
                    Ok(Text::Whole(_)) => {
                        "remove the space around it; in YAML, use `|-` or `>-` instead of `|` or `>`"
                    }
                    _ => "write `${` expression `}` and nothing else",
                };
                let message = "only standalone expressions are allowed";
                let locus = Locus::value(path.clone());
                found.push(Diagnostic::error(codes::NOT_ONE_EXPRESSION, locus, message).with_help(help));
                None
            }
            _ => Self::read(text, path, env, found),
        }
    }

    fn parse(
        cel: Arc<str>,
        lowered: Option<Lowered>,
        source: &str,
        path: &FieldPath,
        env: &Env,
        found: &mut Vec<Diagnostic>,
    ) -> Self {
        let (ast, issues) = env.parse(&cel);
        let uses = env.references(&ast);
        let mut draft = Self {
            cel,
            source: source.into(),
            path: path.clone(),
            ast: Some(ast),
            uses,
            references: Vec::new(),
            broken: false,
            lowered,
        };
        draft.report_syntax(&issues, found);
        draft
    }

    /// Reports the first finding of each `${…}`: what follows it is the parser's guess.
    fn report_syntax(&mut self, issues: &[Issue], found: &mut Vec<Diagnostic>) {
        let mut reported = BTreeSet::new();
        for issue in issues {
            let whole = 0..self.cel.len() as u32;
            let (piece, range) = match &self.lowered {
                Some(lowered) => lowered.piece(issue.span.start).unwrap_or((usize::MAX, whole)),
                None => (0, whole),
            };
            if reported.insert(piece) {
                let text = self.cel.get(range.start as usize..range.end as usize).unwrap_or_default();
                let ends = self.lowered.is_some() && issue.span.start >= range.end;
                let explained = explain::syntax(&issue.mistake, text, ends);
                self.report_explained(codes::CEL_SYNTAX, issue, explained, found);
            }
        }
    }

    fn report_explained(
        &mut self,
        code: kro_diagnostic::Code,
        issue: &Issue,
        explained: explain::Explained,
        found: &mut Vec<Diagnostic>,
    ) {
        let mut diagnostic = Diagnostic::error(code, self.locus(issue.span.clone()), explained.message);
        diagnostic.help = explained.help;
        if let Some(name) = issue.suggestions.first() {
            diagnostic = diagnostic.with_suggestion(self.last_name(&issue.span), name);
        }
        self.report(diagnostic, found);
    }

    /// Reports what the checker found, without what only follows from another finding.
    fn report_types(&mut self, issues: &[Issue], typing: &Typing, found: &mut Vec<Diagnostic>) {
        let has_cause = issues.iter().any(|issue| !issue.mistake.is_consequence());
        for issue in issues.iter().filter(|issue| !has_cause || !issue.mistake.is_consequence()) {
            let explained = match &issue.mistake {
                Mistake::NoField { ty, field } => typing.no_field(ty, field),
                mistake => explain::types(mistake),
            };
            self.report_explained(codes::CEL_TYPE, issue, explained, found);
        }
    }

    /// The tree.
    pub(crate) fn ast(&self) -> Option<&Ast> {
        self.ast.as_ref()
    }

    /// The tree alone.
    pub(crate) fn into_ast(self) -> Option<Ast> {
        self.ast
    }

    /// A place in the author's text for a place in the CEL text.
    pub(crate) fn locus(&self, range: Range<u32>) -> Locus {
        let range = match &self.lowered {
            Some(lowered) => lowered.locate(range),
            // Behind `${`.
            None => range.start + 2..range.end + 2,
        };
        Locus::value(self.path.clone()).with_range(range)
    }

    /// The whole of the CEL text.
    pub(crate) fn whole(&self) -> Locus {
        self.locus(0..self.cel.len() as u32)
    }

    /// Reports a finding about the draft, which then counts as broken.
    pub(crate) fn report(&mut self, diagnostic: Diagnostic, found: &mut Vec<Diagnostic>) {
        self.broken = true;
        found.push(diagnostic);
    }

    /// The name that a part of the CEL text ends with: of `a.b.c` it is `c`.
    fn last_name(&self, range: &Range<u32>) -> Locus {
        let text = self.cel.get(range.start as usize..range.end as usize).unwrap_or_default();
        let name = text.rfind(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).map_or(0, |at| at + 1);
        self.locus(range.start + name as u32..range.end)
    }

    /// Whether `omit()` is called anywhere in it.
    pub(crate) fn omits(&self) -> Option<Range<u32>> {
        let omit = |function: &&kro_cel::FunctionUse| function.name == "omit" && !function.member;
        self.uses.functions.iter().find(omit).map(|function| function.span.clone())
    }

    /// Checks the draft, with local names besides those of the definition, and makes its program. `judge` looks at the result's type; its complaint is about the whole.
    pub(crate) fn compile(
        mut self,
        typing: &Typing,
        local: &[(Arc<str>, Type)],
        judge: impl FnOnce(&Type) -> Option<Diagnostic>,
        found: &mut Vec<Diagnostic>,
    ) -> Option<Expression> {
        if self.broken {
            return None;
        }
        let env = typing.env(&self, local);
        let checked = env.check(self.ast.take()?);
        if !checked.issues().is_empty() {
            self.report_types(checked.issues(), typing, found);
            return None;
        }
        if let Some(mut complaint) = judge(checked.result_type()) {
            complaint.primary = self.whole();
            found.push(complaint);
            return None;
        }
        match env.plan(&checked) {
            Ok(program) => Some(Expression {
                phase: self.phase(),
                locus: Locus::value(self.path),
                cel: self.cel,
                source: self.source,
                references: self.references,
                program,
            }),
            Err(issues) => {
                for issue in issues {
                    self.report_explained(codes::CEL_TYPE, &issue, explain::types(&issue.mistake), found);
                }
                None
            }
        }
    }

    fn phase(&self) -> Phase {
        let of = |reference: &Reference| match reference.name {
            Name::Iterator(_) | Name::Each => Phase::Iteration,
            Name::Node(_) => Phase::Dynamic,
            Name::Schema | Name::Runtime => Phase::Static,
        };
        self.references.iter().map(of).max().unwrap_or(Phase::Static)
    }
}
