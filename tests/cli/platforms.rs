//! What this repository gives to other tools: the hook for pre-commit, the action for GitHub.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

const MISTAKE: &str = "a: qemu:///sytem\n";
/// Behind the folder of the binary.
const PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// As pre-commit and GitHub read YAML: by a real reader.
fn yaml(file: &str) -> Value {
    let program =
        "import json, sys, yaml; json.dump(yaml.safe_load(open(sys.argv[1])), sys.stdout)";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let output = Command::new("/usr/bin/python3").args(["-c", program]).arg(path).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

fn call(folder: &Path, program: &str, arguments: &[&str]) -> (Option<i32>, String) {
    let binaries = Path::new(env!("CARGO_BIN_EXE_virt-doctor")).parent().unwrap();
    let output = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("HOME", folder)
        .env("PRE_COMMIT_HOME", folder.join("cache"))
        .env("PATH", format!("{}:{PATH}", binaries.display()))
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8_lossy(&said).into_owned())
}

/// The real pre-commit with the hook as it is, but for the language: cargo builds what
/// stands here already.
#[test]
fn the_hook_for_pre_commit() {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join(".pre-commit-hooks.yaml");
    let folder = folder(&[("a b.yml", MISTAKE), ("no.yml", "x: 1\n"), ("binary", "\0\x7f")]);
    let path = folder.path();
    let (code, said) = call(path, "pre-commit", &["validate-manifest", manifest.to_str().unwrap()]);
    assert_eq!(code, Some(0), "{said}");
    let mut hooks = yaml(".pre-commit-hooks.yaml");
    for hook in hooks.as_array_mut().unwrap() {
        assert_eq!(hook["language"], "rust");
        hook["language"] = json!("system");
    }
    // JSON is YAML.
    let config = json!({"repos": [{"repo": "local", "hooks": hooks}]}).to_string();
    fs::write(path.join(".pre-commit-config.yaml"), config).unwrap();
    assert_eq!(call(path, "git", &["init", "-q"]).0, Some(0));
    let commit = |name: &str| {
        assert_eq!(call(path, "git", &["add", name]).0, Some(0));
        call(path, "pre-commit", &["run"])
    };
    assert_eq!(commit("binary").0, Some(0));
    let (code, said) = commit("no.yml");
    assert_eq!((code, said.contains("Passed")), (Some(0), true), "no URI is no mistake: {said}");
    let (code, said) = commit("a b.yml");
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("a b.yml:1:11") && said.contains("error[misspelt-path]"), "{said}");
    assert!(said.contains("1 error in 1 URI of 2 files"), "{said}");
    fs::write(path.join("a b.yml"), "a: qemu:///system\n").unwrap();
    assert_eq!(commit("a b.yml").0, Some(0));
}

/// A step of the action, as GitHub's runner would start it.
struct Step {
    folder: tempfile::TempDir,
    script: String,
    /// Inputs in the order of the action, with their defaults.
    inputs: Vec<(String, String)>,
}

impl Step {
    fn new(files: &[(&str, &str)]) -> Self {
        let action = yaml("action.yml");
        let steps = action["runs"]["steps"].as_array().unwrap();
        let lint = steps.iter().find(|step| step["id"] == "lint").unwrap();
        assert_eq!(lint["shell"], "bash");
        let inputs = lint["env"].as_object().unwrap().iter().map(|(variable, expression)| {
            let name = expression.as_str().unwrap().trim_start_matches("${{ inputs.");
            let input = &action["inputs"][name.trim_end_matches(" }}")];
            (variable.clone(), input["default"].as_str().unwrap().to_owned())
        });
        let inputs: Vec<_> = inputs.collect();
        assert_eq!(inputs.len(), action["inputs"].as_object().unwrap().len(), "each has its use");
        let folder = folder(files);
        let binaries = folder.path().join(".runner/virt-doctor/bin");
        fs::create_dir_all(&binaries).unwrap();
        symlink(env!("CARGO_BIN_EXE_virt-doctor"), binaries.join("virt-doctor")).unwrap();
        Self { folder, script: lint["run"].as_str().unwrap().to_owned(), inputs }
    }

    /// Exit code, what was said, the outputs.
    fn run(&self, with: &[(&str, &str)]) -> (Option<i32>, String, String) {
        let path = self.folder.path();
        let script = path.join(".runner/script.sh");
        fs::write(&script, &self.script).unwrap();
        let output = path.join(".runner/output");
        fs::write(&output, "").unwrap();
        let mut bash = Command::new("bash");
        bash.args(["--noprofile", "--norc", "-eo", "pipefail"])
            .arg(script)
            .current_dir(path)
            .env_clear()
            .env("PATH", PATH)
            .env("RUNNER_TEMP", path.join(".runner"))
            .env("GITHUB_WORKSPACE", path)
            .env("GITHUB_OUTPUT", &output)
            .envs(self.inputs.iter().map(|(name, value)| (name, value)))
            .envs(with.iter().copied());
        let done = bash.output().unwrap();
        let said = [done.stdout, done.stderr].concat();
        let said = String::from_utf8_lossy(&said).into_owned();
        (done.status.code(), said, fs::read_to_string(output).unwrap())
    }
}

#[test]
fn no_script_of_an_action_or_a_job_takes_expressions() {
    for file in ["action.yml", ".github/workflows/ci.yml"] {
        let document = yaml(file);
        let mut open = vec![&document];
        let mut scripts = 0;
        while let Some(value) = open.pop() {
            match value {
                Value::Object(fields) => {
                    for (name, value) in fields {
                        if let (true, Some(script)) = (name == "run", value.as_str()) {
                            scripts += 1;
                            assert!(!script.contains("${{"), "{file}: {script}");
                            let checked = Command::new("bash").args(["-n", "-c", script]).status();
                            assert!(checked.unwrap().success(), "{file}: {script}");
                        }
                        open.push(value);
                    }
                }
                Value::Array(values) => open.extend(values),
                _ => {}
            }
        }
        assert!(scripts > 1, "{file}");
    }
}

/// The blocks of YAML in the README's section on CI, in its order: the configurations of
/// pre-commit, GitHub and GitLab.
fn examples() -> Vec<Value> {
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md"));
    let readme = readme.unwrap();
    let section = readme.split("\n## ").find(|section| section.starts_with("In CI\n")).unwrap();
    let blocks = section.split("```yaml\n").skip(1);
    let folder = tempfile::tempdir().unwrap();
    let read = |block: &str| {
        let file = folder.path().join("block.yml");
        fs::write(&file, block.split("```").next().unwrap()).unwrap();
        yaml(file.to_str().unwrap())
    };
    blocks.map(read).collect()
}

#[test]
fn the_examples_of_the_readme_are_right() {
    let [pre_commit, github, gitlab] = <[Value; 3]>::try_from(examples()).unwrap();
    let hook = &pre_commit["repos"][0]["hooks"][0];
    assert_eq!(hook["id"], yaml(".pre-commit-hooks.yaml")[0]["id"]);
    let entry = yaml(".pre-commit-hooks.yaml")[0]["entry"].as_str().unwrap().to_owned();
    let steps = github["jobs"]["inventory"]["steps"].as_array().unwrap();
    let lint = steps.iter().find(|step| step["id"] == "lint").unwrap();
    let action = yaml("action.yml");
    let inputs = lint["with"].as_object().unwrap();
    assert!(inputs.keys().all(|name| action["inputs"][name].is_object()), "{inputs:?}");
    assert!(action["outputs"]["sarif"].is_object());

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    fs::create_dir(path.join("inventory")).unwrap();
    fs::write(path.join("inventory/a.yml"), MISTAKE).unwrap();
    let list = "virt-doctor lint --baseline virt-doctor-baseline.toml --update-baseline inventory/";
    assert_eq!(call(path, "bash", &["-ec", list]).0, Some(0));
    let mut commands = vec![gitlab["inventory"]["script"][0].as_str().unwrap().to_owned()];
    let arguments = hook["args"].as_array().unwrap().iter().map(|word| word.as_str().unwrap());
    commands.push(format!("{entry} {} inventory/a.yml", arguments.collect::<Vec<_>>().join(" ")));
    for (text, code) in [(MISTAKE.to_owned(), 0), (format!("{MISTAKE}b: qemu:///sytem\n"), 1)] {
        fs::write(path.join("inventory/a.yml"), text).unwrap();
        for command in &commands {
            let (ended, said) = call(path, "bash", &["-ec", command]);
            assert_eq!(ended, Some(code), "{command}: {said}");
        }
    }
    for report in gitlab["inventory"]["artifacts"]["reports"].as_object().unwrap().values() {
        assert!(path.join(report.as_str().unwrap()).exists(), "{report}");
    }
}

#[test]
fn the_action_shows_findings_and_ends_as_lint_does() {
    let step = Step::new(&[("a.yml", MISTAKE), ("good.yml", "a: qemu:///system\n")]);
    let (code, said, outputs) = step.run(&[]);
    assert_eq!((code, outputs.as_str()), (Some(1), ""), "{said}");
    assert!(said.starts_with("::error file=a.yml,line=1,"), "{said}");
    let (code, said, _) = step.run(&[("PATHS", "good.yml")]);
    assert_eq!((code, said.as_str()), (Some(0), ""));
    let (code, said, _) = step.run(&[("PATHS", "missing.yml")]);
    assert_eq!(code, Some(2), "{said}");
    assert_eq!(step.run(&[("FAIL_ON", "never")]).0, Some(0));
    assert_eq!(step.run(&[("FAIL_ON", "sometimes"), ("SARIF", "x.sarif")]).0, Some(2));
    let (code, said, outputs) = step.run(&[("SARIF", "out put.sarif")]);
    assert_eq!((code, outputs.as_str()), (Some(1), "sarif=out put.sarif\n"), "{said}");
    let sarif = fs::read_to_string(step.folder.path().join("out put.sarif")).unwrap();
    let log: Value = serde_json::from_str(&sarif).unwrap();
    assert_eq!(log["runs"][0]["results"][0]["ruleId"], "misspelt-path");
    // Nothing to lint is an error, as everywhere, unless it is allowed.
    fs::write(step.folder.path().join("none.yml"), "x: 1\n").unwrap();
    assert_eq!(step.run(&[("PATHS", "none.yml")]).0, Some(3));
    let empty = [("PATHS", "none.yml"), ("ARGUMENTS", "--allow-empty\n--select\nuri,driver\n")];
    assert_eq!(step.run(&empty).0, Some(0));
}

#[test]
fn inputs_of_the_action_are_words_and_never_shell() {
    let name = "$(touch pwned) \"'`; touch pwned;.yml";
    let step =
        Step::new(&[(name, MISTAKE), ("-x.yml", MISTAKE), ("c d.toml", "fail-on = \"never\"\n")]);
    let paths = format!("{name}\n\n-x.yml\n");
    let (code, said, _) = step.run(&[("PATHS", &paths)]);
    assert_eq!((code, said.lines().count()), (Some(1), 2), "{said}");
    assert_eq!(step.run(&[("PATHS", &paths), ("CONFIG", "c d.toml")]).0, Some(0));
    let baseline = [("PATHS", paths.as_str()), ("BASELINE", "known list.toml")];
    let update = [&baseline[..], &[("ARGUMENTS", "--update-baseline")]].concat();
    assert_eq!(step.run(&update).0, Some(0));
    assert_eq!(step.run(&baseline).0, Some(0));
    assert_eq!(step.run(&[("ARGUMENTS", "$(touch pwned)"), ("PATHS", "-x.yml")]).0, Some(1));
    let (code, said, outputs) = step.run(&[("SARIF", "a\nother=1")]);
    assert_eq!((code, outputs.as_str()), (Some(2), ""), "{said}");
    assert!(!step.folder.path().join("pwned").exists());
}
