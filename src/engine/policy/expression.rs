//! The condition of a policy: parsed and looked through once, held against many URIs.
//!
//! What it may say is little enough that it always ends soon: it compares what is there
//! and makes nothing new, so no value is ever larger than the URI, and how many steps a
//! loop takes is known before it runs.

use std::collections::BTreeMap;

use cel::common::ast::{CallExpr, ComprehensionExpr, Expr, LiteralValue, operators};
use cel::parser::{Expression, PrattParser};
use cel::{ExecutionError, Value};
use regex::{Regex, RegexBuilder};

use super::facts::{FIELDS, Facts, MOST_PARAMETERS, VARIABLES};
use crate::text::nearest;

/// A condition that may be asked.
#[derive(Debug)]
pub(super) struct When {
    expression: Expression,
    patterns: BTreeMap<String, Regex>,
}

/// What is wrong with a condition, and at which byte of it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) at: usize,
    pub(super) why: String,
}

/// In bytes. What is longer are several policies.
const LONGEST: usize = 4000;
/// Of what can nest, outside strings: every one may cost a frame of the stack.
const MOST_MARKS: usize = 250;
const DEEPEST: u16 = 24;
/// Of what was read: as many frames of CEL's evaluation, which are large.
const DEEPEST_TREE: usize = 32;
const LONGEST_LIST: usize = 250;
/// How many steps it may take for one URI.
const MOST_STEPS: usize = 100_000;
/// Of one compiled pattern, in bytes.
const LARGEST_PATTERN: usize = 1 << 18;

const FUNCTIONS: &[&str] =
    &["contains", "endsWith", "int", "matches", "size", "startsWith", "string"];
const MACROS: &[&str] = &["all", "exists", "exists_one", "filter", "has"];
const OPERATORS: &[&str] = &[
    operators::CONDITIONAL,
    operators::LOGICAL_AND,
    operators::LOGICAL_OR,
    operators::LOGICAL_NOT,
    operators::EQUALS,
    operators::NOT_EQUALS,
    operators::GREATER,
    operators::GREATER_EQUALS,
    operators::LESS,
    operators::LESS_EQUALS,
    operators::INDEX,
    operators::IN,
];

impl When {
    /// Reads a condition.
    pub(super) fn of(source: &str) -> Result<Self, Fault> {
        check_size(source)?;
        let parser = PrattParser::new()
            .max_recursion_depth(DEEPEST)
            .error_recovery_limit(8)
            .error_reporting_limit(4)
            .max_expression_node_count(LONGEST);
        let expression = parser.parse(source).map_err(|errors| {
            let first = errors.errors.first();
            let (line, column) = first.map_or((1, 1), |error| error.pos);
            let why = first.map_or("it cannot be read", |error| &error.msg);
            Fault { at: offset(source, line, column), why: in_our_words(why) }
        })?;
        let mut reader = Reader { source, patterns: BTreeMap::new(), scope: Vec::new(), depth: 0 };
        let steps = reader.steps(&expression)?;
        if steps > MOST_STEPS {
            let why = format!("it may take {steps} steps for one URI; {MOST_STEPS} are allowed");
            return Err(Fault { at: 0, why });
        }
        if !is_condition(&expression.expr) {
            return Err(Fault { at: 0, why: "it is no condition: neither true nor false".into() });
        }
        Ok(Self { expression, patterns: reader.patterns })
    }

    pub(super) fn patterns(&self) -> &BTreeMap<String, Regex> {
        &self.patterns
    }

    /// Whether it holds. Where a placeholder hides what it asks for, nobody knows: then
    /// it does not.
    pub(super) fn holds(&self, facts: &Facts) -> Result<bool, String> {
        match Value::resolve(&self.expression, facts.context()) {
            Ok(Value::Bool(holds)) => Ok(holds),
            _ if facts.has_holes() => Ok(false),
            Ok(value) => Err(format!("it gives {}, not true or false", value.type_of())),
            Err(error) => Err(why(&error)),
        }
    }
}

/// An error while it was held against a URI.
fn why(error: &ExecutionError) -> String {
    match error {
        ExecutionError::NoSuchOverload(overload)
            if overload.argument_types().iter().any(|kind| kind == "null_type") =>
        {
            format!(
                "`{}` is asked of a part that is not there; ask for that first, as in `plan.host != null && …`",
                function_name(overload.function())
            )
        }
        ExecutionError::NoSuchOverload(overload) => format!(
            "`{}` cannot be asked of {}",
            function_name(overload.function()),
            overload.argument_types().join(" and ")
        ),
        ExecutionError::NoSuchKey(name) => {
            format!("there is no `{name}`; ask for it first, as in `has(parameters.{name}) && …`")
        }
        other => other.to_string(),
    }
}

/// An operator as it is written.
fn function_name(name: &str) -> &str {
    match name {
        "_[_]" => "[ ]",
        "@in" => "in",
        _ => name.trim_matches('_'),
    }
}

/// What could fill the stack is refused before anything reads it.
fn check_size(source: &str) -> Result<(), Fault> {
    if source.len() > LONGEST {
        return Err(Fault { at: 0, why: format!("it is longer than {LONGEST} bytes") });
    }
    let mut quote = None;
    let mut marks = 0;
    let mut bytes = source.bytes().enumerate();
    while let Some((at, byte)) = bytes.next() {
        match (quote, byte) {
            (Some(_), b'\\') => drop(bytes.next()),
            (Some(open), _) if open == byte => quote = None,
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, byte) if byte.is_ascii_punctuation() && !b",_".contains(&byte) => {
                marks += 1;
                if marks > MOST_MARKS {
                    let why = "it says too much at once; make several policies of it";
                    return Err(Fault { at, why: why.into() });
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// The byte of a line and column of the parser, which counts bytes.
fn offset(source: &str, line: isize, column: isize) -> usize {
    let line = usize::try_from(line - 1).unwrap_or_default();
    let before: usize = source.split_inclusive('\n').take(line).map(str::len).sum();
    let at = before + usize::try_from(column - 1).unwrap_or_default();
    crate::text::boundary(source.as_bytes(), at.min(source.len()))
}

fn in_our_words(message: &str) -> String {
    let message = message.trim_start_matches("Syntax error: ");
    if message.contains("input '='") {
        return "one `=` compares nothing; write `==`".to_owned();
    }
    message
        .replace("mismatched input '<EOF>' expecting", "it ends; expected")
        .replace("<EOF>", "its end")
}

/// Looks through a condition: what it names, and how many steps it takes.
struct Reader<'s> {
    source: &'s str,
    patterns: BTreeMap<String, Regex>,
    /// The names that loops around gave.
    scope: Vec<String>,
    depth: usize,
}

impl Reader<'_> {
    fn fault(&self, word: &str, why: impl Into<String>) -> Fault {
        Fault { at: place(self.source, word), why: why.into() }
    }

    /// How many steps an expression takes at most.
    fn steps(&mut self, expression: &Expression) -> Result<usize, Fault> {
        if self.depth == DEEPEST_TREE {
            let why = "it is nested too deeply; make several policies of it";
            return Err(Fault { at: 0, why: why.into() });
        }
        self.depth += 1;
        let steps = self.steps_of(&expression.expr);
        self.depth -= 1;
        steps
    }

    fn steps_of(&mut self, expression: &Expr) -> Result<usize, Fault> {
        match expression {
            Expr::Literal(_) => Ok(1),
            Expr::Ident(name) => self.name(name),
            Expr::Select(select) => {
                let field = &select.field;
                if let Expr::Ident(name) = &select.operand.expr {
                    if name == "plan" && !self.scope.contains(name) {
                        return self.field(field, select.test);
                    }
                    if name == "parameters" {
                        return Ok(1);
                    }
                }
                Ok(1 + self.steps(&select.operand)?)
            }
            Expr::Call(call) => self.call(call),
            Expr::List(list) => {
                let plain = |one: &Expression| matches!(one.expr, Expr::Literal(_));
                if !list.elements.iter().all(plain) {
                    return Err(self.fault("[", "a list may hold fixed values only"));
                }
                if list.elements.len() > LONGEST_LIST {
                    let why = format!("a list may hold {LONGEST_LIST} values");
                    return Err(self.fault("[", why));
                }
                Ok(1 + list.elements.len())
            }
            Expr::Comprehension(each) => self.each(each),
            Expr::Map(_) | Expr::Struct(_) | Expr::Unspecified => {
                Err(self.fault("{", "a condition compares what is there and makes nothing new"))
            }
        }
    }

    fn name(&self, name: &str) -> Result<usize, Fault> {
        if self.scope.iter().any(|known| known == name) {
            return Ok(1);
        }
        match name {
            "plan" => Err(self.fault(name, "say which part of the plan, as in `plan.host`")),
            "parameters" => {
                let why = "say which parameter, as in `parameters.no_verify`; all of them are `plan.parameters`";
                Err(self.fault(name, why))
            }
            _ if VARIABLES.contains(&name) => Ok(1),
            _ => Err(self.unknown(name, "there is nothing called", VARIABLES)),
        }
    }

    fn field(&self, field: &str, is_has: bool) -> Result<usize, Fault> {
        if !FIELDS.contains(&field) {
            return Err(self.unknown(field, "a plan has no", FIELDS));
        }
        if is_has {
            let why = format!("every field of a plan is there; ask `plan.{field} != null`");
            return Err(self.fault(field, why));
        }
        Ok(1)
    }

    fn unknown(&self, word: &str, what: &str, known: &'static [&'static str]) -> Fault {
        let near = nearest(word, known.iter().copied());
        let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        self.fault(word, format!("{what} `{word}`{near}"))
    }

    fn call(&mut self, call: &CallExpr) -> Result<usize, Fault> {
        let name = call.func_name.as_str();
        if !OPERATORS.contains(&name) && !FUNCTIONS.contains(&name) {
            let written = function_name(name);
            let why = if MACROS.contains(&name) {
                format!("`{written}` is not used like this")
            } else if written == name {
                format!("there is no function `{written}`; there are {}", FUNCTIONS.join(", "))
            } else {
                format!("`{written}`: a condition compares what is there and makes nothing new")
            };
            return Err(self.fault(written, why));
        }
        if name == "matches" {
            self.pattern(call)?;
        }
        let mut steps = 1;
        for part in call.target.as_deref().into_iter().chain(&call.args) {
            if is_all_parameters(part) && matches!(name, operators::EQUALS | operators::NOT_EQUALS)
            {
                let why = "compare the parameters one by one, as in `plan.parameters.exists(p, p.name == \"…\")`";
                return Err(self.fault("parameters", why));
            }
            let is_map = matches!(&part.expr, Expr::Ident(name) if name == "parameters");
            let asks_by_name = match name {
                operators::INDEX => {
                    call.args.first().is_some_and(|first| std::ptr::eq(first, part))
                }
                operators::IN => call.args.last().is_some_and(|last| std::ptr::eq(last, part)),
                _ => false,
            };
            steps += if is_map && asks_by_name { 1 } else { self.steps(part)? };
        }
        Ok(steps)
    }

    /// A pattern is fixed, so that it is compiled once and its mistakes are told at once.
    fn pattern(&mut self, call: &CallExpr) -> Result<(), Fault> {
        let (Some(_), [Expression { expr: Expr::Literal(LiteralValue::String(text)), .. }]) =
            (&call.target, call.args.as_slice())
        else {
            let why = "write the pattern itself, as in `plan.host.matches(\"^kvm[0-9]+$\")`";
            return Err(self.fault("matches", why));
        };
        let text = text.inner();
        let pattern = RegexBuilder::new(text).size_limit(LARGEST_PATTERN).build();
        let pattern = pattern.map_err(|error| {
            let error = error.to_string();
            let why = error.lines().last().unwrap_or_default().trim_start_matches("error: ");
            self.fault("matches", format!("its pattern cannot be used: {why}"))
        })?;
        self.patterns.insert(text.to_owned(), pattern);
        Ok(())
    }

    /// `all`, `exists`, `exists_one` and `filter`.
    fn each(&mut self, each: &ComprehensionExpr) -> Result<usize, Fault> {
        let condition = condition_of(each).ok_or_else(|| {
            self.fault("map", "`map` makes a new list; use exists, all or filter")
        })?;
        if VARIABLES.contains(&each.iter_var.as_str()) || self.scope.contains(&each.iter_var) {
            let why = format!("`{}` is the name of something else", each.iter_var);
            return Err(self.fault(&each.iter_var, why));
        }
        let range = self.steps(&each.iter_range)?;
        let times = match &each.iter_range.expr {
            Expr::List(list) => list.elements.len(),
            _ => MOST_PARAMETERS.max(LONGEST_LIST),
        };
        self.scope.push(each.iter_var.clone());
        let step = self.steps(condition);
        self.scope.pop();
        Ok(range + times * (2 + step?))
    }
}

/// The condition within a loop, as the parser's macros write it out; none for `map`.
fn condition_of(each: &ComprehensionExpr) -> Option<&Expression> {
    let is_so_far =
        |one: &Expression| matches!(&one.expr, Expr::Ident(name) if *name == each.accu_var);
    let Expr::Call(step) = &each.loop_step.expr else { return None };
    match (step.func_name.as_str(), step.args.as_slice()) {
        (operators::LOGICAL_AND | operators::LOGICAL_OR, [so_far, condition]) => {
            is_so_far(so_far).then_some(condition)
        }
        (operators::CONDITIONAL, [condition, more, so_far]) if is_so_far(so_far) => {
            let Expr::Call(more) = &more.expr else { return None };
            let keeps = match &more.args.last()?.expr {
                Expr::Literal(_) => true,
                Expr::List(list) => list
                    .elements
                    .iter()
                    .all(|one| matches!(&one.expr, Expr::Ident(name) if *name == each.iter_var)),
                _ => false,
            };
            keeps.then_some(condition)
        }
        _ => None,
    }
}

fn is_all_parameters(expression: &Expression) -> bool {
    match &expression.expr {
        Expr::Select(select) => {
            select.field == "parameters"
                && matches!(&select.operand.expr, Expr::Ident(name) if name == "plan")
        }
        _ => false,
    }
}

/// Whether it can give true or false, as far as that is seen from outside.
fn is_condition(expression: &Expr) -> bool {
    match expression {
        Expr::Call(call) if call.func_name == operators::CONDITIONAL => {
            call.args.iter().skip(1).all(|one| is_condition(&one.expr))
        }
        Expr::Call(call) => {
            !matches!(call.func_name.as_str(), "size" | "int" | "string" | operators::INDEX)
        }
        Expr::Comprehension(each) => !matches!(each.accu_init.expr, Expr::List(_)),
        Expr::Select(select) => {
            let is_plan = matches!(&select.operand.expr, Expr::Ident(name) if name == "plan");
            select.test || !is_plan || matches!(select.field.as_str(), "readonly" | "user_session")
        }
        Expr::Literal(LiteralValue::Boolean(_)) => true,
        _ => false,
    }
}

/// Where a word stands first, outside strings; else the beginning.
fn place(source: &str, word: &str) -> usize {
    let bytes = source.as_bytes();
    let is_letter =
        |at: Option<&u8>| at.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    let is_word = word.bytes().all(|byte| is_letter(Some(&byte)));
    let mut quote = None;
    let mut at = 0;
    while at < bytes.len() {
        match (quote, bytes[at]) {
            (Some(_), b'\\') => at += 1,
            (Some(open), byte) if open == byte => quote = None,
            (None, byte @ (b'"' | b'\'')) => quote = Some(byte),
            (None, _) if bytes[at..].starts_with(word.as_bytes()) => {
                let before = at.checked_sub(1).and_then(|before| bytes.get(before));
                let alone = !is_letter(before) && !is_letter(bytes.get(at + word.len()));
                if !is_word || alone {
                    return at;
                }
            }
            _ => {}
        }
        at += 1;
    }
    0
}
