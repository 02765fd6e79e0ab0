//! Every JSON output of a test is held against the schema of the repository.

use serde_json::{Value, json};

/// Holds a document or a line against the definition of this name.
#[track_caller]
pub(crate) fn assert_valid(definition: &str, document: &Value) {
    let mut schema: Value = serde_json::from_str(include_str!("../../schemas/output.json"))
        .expect("the schema is JSON");
    schema["oneOf"] = json!([{"$ref": format!("#/$defs/{definition}")}]);
    hold(&schema, definition, document);
}

/// Holds a file of evidence against its schema.
#[allow(dead_code, reason = "not every program of the tests writes evidence")]
#[track_caller]
pub(crate) fn assert_valid_evidence(document: &Value) {
    let read = |text| serde_json::from_str::<Value>(text).expect("the schema is JSON");
    let mut schema = read(include_str!("../../schemas/evidence.json"));
    // It refers to the other by its name.
    schema["$defs"]["output"] = read(include_str!("../../schemas/output.json"));
    hold(&schema, "file of evidence", document);
}

#[track_caller]
fn hold(schema: &Value, definition: &str, document: &Value) {
    let validator = jsonschema::validator_for(schema).expect("the schema is a schema");
    let errors: Vec<String> = validator
        .iter_errors(document)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "not a {definition}:\n{}\n{document:#}", errors.join("\n"));
}
