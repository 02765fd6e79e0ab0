//! Every JSON output of a test is held against the schema of the repository.

use serde_json::{Value, json};

/// Holds a document or a line against the definition of this name.
#[track_caller]
pub(crate) fn assert_valid(definition: &str, document: &Value) {
    let mut schema: Value = serde_json::from_str(include_str!("../../schemas/output.json"))
        .expect("the schema is JSON");
    schema["oneOf"] = json!([{"$ref": format!("#/$defs/{definition}")}]);
    let validator = jsonschema::validator_for(&schema).expect("the schema is a schema");
    let errors: Vec<String> = validator
        .iter_errors(document)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "not a {definition}:\n{}\n{document:#}", errors.join("\n"));
}
