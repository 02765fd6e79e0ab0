//! What a policy sees of one URI: the plan as its JSON has it, secrets hidden.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use cel::common::types::{
    CelBool, CelDouble, CelInt, CelList, CelMap, CelMapKey, CelNull, CelString,
};
use cel::common::value::Val;
use cel::extractors::This;
use cel::{Context, Env, ExecutionError};
use regex::Regex;
use serde_json::Value;

use super::Standing;
use super::list::OpenList;
use super::part::Part;
use crate::plan::{Outcome, fields};
use crate::rules::Reading;
use crate::text::{Shown, Span, Veil};

/// The fields of `plan`. All of them are there: null where a document leaves one out.
pub(super) const FIELDS: &[&str] = &[
    "autostart",
    "client",
    "driver",
    "effective_host",
    "effective_port",
    "error",
    "hops",
    "host",
    "mode",
    "outcome",
    "parameters",
    "path",
    "port",
    "proxy",
    "readonly",
    "remote_name",
    "socket",
    "ssh",
    "tls",
    "transport",
    "uri",
    "user",
    "user_session",
];

/// What a condition may name.
pub(super) const VARIABLES: &[&str] =
    &["plan", "parameters", "uri", "file", "kind", "key", "context"];

/// More than this no URI has that anybody wrote. Beyond, a condition could take long.
const LONGEST_URI: usize = 16 * 1024;
pub(super) const MOST_PARAMETERS: usize = 100;

/// The variables of a condition with their values.
pub(super) struct Facts {
    context: Context<'static, 'static>,
    /// Whether any of it may not be known.
    has_holes: bool,
}

impl Facts {
    /// Why not: the URI is longer than any policy is asked about.
    pub(super) fn of(
        reading: &Reading<'_>,
        standing: Option<Standing<'_>>,
        veil: &Veil,
        patterns: &Arc<BTreeMap<String, Regex>>,
    ) -> Result<Self, String> {
        let text = reading.uri.text();
        if text.len() > LONGEST_URI {
            return Err(format!("it is longer than {LONGEST_URI} bytes"));
        }
        if reading.plan.parameters.len() > MOST_PARAMETERS {
            return Err(format!("it has more than {MOST_PARAMETERS} parameters"));
        }
        let value = fields(reading.plan, text, veil);
        let mut plan = Part::default();
        for field in FIELDS {
            let known = is_known(field, reading).then(|| cel(&value[*field]));
            plan.fields.insert((*field).to_owned(), known);
        }
        let (list, by_name) = parameters(&value["parameters"], reading);
        plan.fields.insert("parameters".to_owned(), Some(list));
        let mut context = Context::with_env(environment());
        let uri = plan.fields.get("uri").and_then(Option::as_ref).cloned();
        // Alone it cannot be unknown as a field is: then it is not there.
        if let Some(uri) = uri {
            context.add_variable_as_val("uri", uri);
        }
        context.add_variable_as_val("plan", Box::new(plan));
        context.add_variable_as_val("parameters", Box::new(by_name));
        let path = standing.map(|standing| Shown::path(standing.file).into_string());
        let standing = [
            ("file", path),
            ("kind", standing.map(|standing| standing.kind.to_owned())),
            ("key", standing.and_then(|standing| standing.key.map(str::to_owned))),
            ("context", standing.map(|standing| word(standing.context))),
        ];
        for (name, text) in standing {
            context.add_variable_as_val(name, cel(&Value::from(text)));
        }
        let patterns = Arc::clone(patterns);
        context
            .add_function("matches", move |This(text): This<Arc<String>>, pattern: Arc<String>| {
                let pattern = patterns.get(pattern.as_str());
                pattern
                    .map(|pattern| pattern.is_match(&text))
                    .ok_or_else(|| ExecutionError::function_error("matches", "no such pattern"))
            })
            .map_err(|error| error.to_string())?;
        Ok(Self { context, has_holes: reading.has_holes })
    }

    pub(super) fn context(&self) -> &Context<'static, 'static> {
        &self.context
    }

    pub(super) fn has_holes(&self) -> bool {
        self.has_holes
    }
}

/// The functions of CEL, the same for every condition.
fn environment() -> Arc<Env> {
    static ENVIRONMENT: std::sync::LazyLock<Arc<Env>> =
        std::sync::LazyLock::new(|| Arc::new(Env::stdlib()));
    Arc::clone(&ENVIRONMENT)
}

fn word(context: crate::inventory::Context) -> String {
    let word = serde_json::to_value(context).ok();
    word.and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
}

/// Whether a field is what it will be, whatever the placeholders stand for. What stands
/// in the URI is so where it is all there; what the client makes of it, only where the
/// whole URI is.
fn is_known(field: &str, reading: &Reading<'_>) -> bool {
    if !reading.has_holes {
        return true;
    }
    let uri = reading.uri;
    // What is not written may yet come with a placeholder before the path.
    let is_there = |span: Option<Span>| match span {
        Some(span) => reading.is_certain(span),
        None => reading.has_certain_place(),
    };
    match field {
        "client" | "readonly" | "parameters" => true,
        "driver" => is_there(uri.scheme_span()),
        "transport" => {
            uri.transport_span().is_some()
                && is_there(uri.scheme_span())
                && reading.plan.outcome == Outcome::Daemon
        }
        "user" => is_there(uri.user_span()),
        "host" => is_there(uri.host_span()),
        "port" => is_there(uri.written_port().map(|port| port.span)),
        "path" => is_there(Some(uri.path_span()).filter(|path| !path.is_empty())),
        _ => false,
    }
}

/// The parameters as a list, and by name; of several the last one counts.
fn parameters(values: &Value, reading: &Reading<'_>) -> (Box<dyn Val>, Part) {
    let path = reading.uri.path_span();
    let start = if path.is_empty() { 0 } else { path.start };
    let is_open = !reading.is_certain(Span { start, end: reading.uri.span().end });
    let mut list: Vec<Box<dyn Val>> = Vec::new();
    let mut by_name = Part { is_open, ..Part::default() };
    let values = values.as_array().map_or(&[][..], Vec::as_slice);
    for (planned, value) in reading.plan.parameters.iter().zip(values) {
        let name = reading.is_certain(planned.name_span);
        let whole = name && reading.is_certain(planned.value_span);
        let known = [("name", name), ("value", whole), ("effect", !reading.has_holes)];
        let fields = known.map(|(field, known)| {
            (field.to_owned(), known.then(|| cel(value.get(field).unwrap_or(&Value::Null))))
        });
        list.push(Box::new(Part { fields: fields.into(), is_open: false }));
        if name {
            let value = whole.then(|| cel(&value["value"]));
            let name = value_text(&planned.name);
            by_name.fields.insert(name, value);
        }
    }
    let list: Box<dyn Val> =
        if is_open { Box::new(OpenList::new(list)) } else { Box::new(CelList::from(list)) };
    (list, by_name)
}

fn value_text(name: &[u8]) -> String {
    String::from_utf8_lossy(name).into_owned()
}

/// A JSON value as one of CEL's.
fn cel(value: &Value) -> Box<dyn Val> {
    match value {
        Value::Null => Box::new(CelNull),
        Value::Bool(value) => Box::new(CelBool::from(*value)),
        Value::Number(number) => match number.as_i64() {
            Some(number) => Box::new(CelInt::from(number)),
            None => Box::new(CelDouble::from(number.as_f64().unwrap_or_default())),
        },
        Value::String(text) => Box::new(CelString::from(text.clone())),
        Value::Array(values) => {
            Box::new(CelList::from(values.iter().map(cel).collect::<Vec<Box<dyn Val>>>()))
        }
        Value::Object(fields) => {
            let fields =
                fields.iter().map(|(name, value)| (CelMapKey::from(name.clone()), cel(value)));
            Box::new(CelMap::from(fields.collect::<HashMap<_, _>>()))
        }
    }
}
