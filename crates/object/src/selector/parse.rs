//! The text form of label selectors: `env in (dev,prod),tier=web,!legacy`.
//! Grammar of `k8s.io/apimachinery/pkg/labels`: values may be empty, `in` and `notin` are also names.

use super::{Operator, ParseSelectorError, Requirement, Selector};
use std::{collections::BTreeSet, str::FromStr};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token<'t> {
    Name(&'t str),
    Symbol(&'static str),
    End,
}

const SYMBOLS: [&str; 9] = ["==", "!=", "=", "!", "(", ")", ",", ">", "<"];

struct Parser<'t> {
    rest: &'t str,
}

impl FromStr for Selector {
    type Err = ParseSelectorError;

    fn from_str(text: &str) -> Result<Self, ParseSelectorError> {
        let mut parser = Parser { rest: text };
        let mut requirements = Vec::new();
        if parser.peek() == Token::End {
            return Ok(Self::everything());
        }
        loop {
            requirements.push(parser.requirement()?);
            match parser.next() {
                Token::End => return Self::new(requirements),
                Token::Symbol(",") => {}
                found => return unexpected(found, "',' or 'end of string'"),
            }
        }
    }
}

impl<'t> Parser<'t> {
    fn requirement(&mut self) -> Result<Requirement, ParseSelectorError> {
        let negated = self.accept("!");
        let key = self.name("!, identifier, or 'end of string'")?;
        if negated {
            return Ok(requirement(key, Operator::DoesNotExist, []));
        }
        let operator = match self.peek() {
            Token::End | Token::Symbol(",") => return Ok(requirement(key, Operator::Exists, [])),
            Token::Name("in") => Operator::In,
            Token::Name("notin") => Operator::NotIn,
            Token::Symbol("=") => Operator::Equals,
            Token::Symbol("==") => Operator::DoubleEquals,
            Token::Symbol("!=") => Operator::NotEquals,
            Token::Symbol(">") => Operator::GreaterThan,
            Token::Symbol("<") => Operator::LessThan,
            found => return unexpected(found, "in, notin, =, ==, !=, gt, lt"),
        };
        self.next();
        if matches!(operator, Operator::In | Operator::NotIn) {
            return Ok(requirement(key, operator, self.values()?));
        }
        let value = match self.peek() {
            Token::End | Token::Symbol(",") => "",
            _ => self.name("identifier")?,
        };
        Ok(requirement(key, operator, [value]))
    }

    /// `(a,b)`: an element may be empty, duplicates count once.
    fn values(&mut self) -> Result<BTreeSet<&'t str>, ParseSelectorError> {
        match self.next() {
            Token::Symbol("(") => {}
            found => return unexpected(found, "'('"),
        }
        let mut values = BTreeSet::new();
        loop {
            values.insert(if let Token::Name(name) = self.peek() {
                self.next();
                name
            } else {
                ""
            });
            match self.next() {
                Token::Symbol(")") => return Ok(values),
                Token::Symbol(",") => {}
                found => return unexpected(found, "',' or ')'"),
            }
        }
    }

    fn name(&mut self, expected: &'static str) -> Result<&'t str, ParseSelectorError> {
        match self.next() {
            Token::Name(name) => Ok(name),
            found => unexpected(found, expected),
        }
    }

    fn accept(&mut self, symbol: &'static str) -> bool {
        let found = self.peek() == Token::Symbol(symbol);
        if found {
            self.next();
        }
        found
    }

    fn peek(&self) -> Token<'t> {
        self.scan().0
    }

    fn next(&mut self) -> Token<'t> {
        let (token, rest) = self.scan();
        self.rest = rest;
        token
    }

    fn scan(&self) -> (Token<'t>, &'t str) {
        let rest = self.rest.trim_start_matches([' ', '\t', '\r', '\n']);
        if rest.is_empty() {
            return (Token::End, rest);
        }
        if let Some(symbol) = SYMBOLS.into_iter().find(|symbol| rest.starts_with(symbol)) {
            return (Token::Symbol(symbol), &rest[symbol.len()..]);
        }
        let length = rest.find(|c| " \t\r\n=!(),><".contains(c)).unwrap_or(rest.len());
        (Token::Name(&rest[..length]), &rest[length..])
    }
}

fn requirement<'t>(key: &str, operator: Operator, values: impl IntoIterator<Item = &'t str>) -> Requirement {
    Requirement { key: key.into(), operator, values: values.into_iter().map(Box::from).collect() }
}

fn unexpected<T>(found: Token<'_>, expected: &'static str) -> Result<T, ParseSelectorError> {
    let found = match found {
        Token::Name(text) | Token::Symbol(text) => text,
        Token::End => "",
    };
    Err(ParseSelectorError::Unexpected { found: found.to_owned(), expected })
}
