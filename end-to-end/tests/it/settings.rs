//! `.env.example` is the list of all settings.

use tokio::process::Command;

use end_to_end::night::program;

const COMMANDS: [(&str, &str); 8] = [
    ("vote-ingest", "run"),
    ("tally-stream", "run"),
    ("dashboard-feed", "run"),
    ("access-control", "run"),
    ("election-admin", "run"),
    ("election-admin", "topics"),
    ("ballot-station", "run"),
    ("voter-roll", "load"),
];

/// A variable of the help, with its default if it has one: `… [env: NAME=] [default: VALUE]`.
fn setting(line: &str) -> Option<(&str, Option<&str>)> {
    let (_, rest) = line.split_once("[env: ")?;
    let (name, rest) = rest.split_at(rest.find(['=', ']'])?);
    let default = rest.split_once("[default: ").and_then(|(_, default)| {
        let (default, _) = default.split_once(']')?;
        Some(default)
    });
    Some((name, default))
}

#[tokio::test]
async fn the_example_lists_every_setting_with_its_default() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../.env.example");
    let example = std::fs::read_to_string(path).unwrap();
    let mut settings = 0;
    for (name, command) in COMMANDS {
        let mut help = Command::new(program(name));
        // One line per option, and without any value set in this environment.
        let help = help
            .args([command, "-h"])
            .env_clear()
            .env("COLUMNS", "1000");
        let help = String::from_utf8(help.output().await.unwrap().stdout).unwrap();
        for (variable, default) in help.lines().filter_map(setting) {
            settings += 1;
            let Some(default) = default else {
                assert!(example.contains(variable), "{name}: {variable}");
                continue;
            };
            let listed = format!("{variable}={default}");
            let is_listed = example.lines().any(|line| {
                let rest = line.trim_start_matches(['#', ' ']).strip_prefix(&listed);
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
            });
            assert!(is_listed, "{name}: {listed}");
        }
    }
    assert!(settings > 50, "the help could be read: {settings}");
}
