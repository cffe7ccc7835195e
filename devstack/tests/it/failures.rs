//! Each failure at startup is reported on one clear line.

use std::net::TcpListener;
use std::os::unix::fs::symlink;
use std::process::Output;

use tokio::time::timeout;

use crate::command::{TIMEOUT, devstack};

fn only_line(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1));
    let stderr = String::from_utf8(output.stderr.clone()).unwrap();
    let lines: Vec<&str> = stderr.lines().collect();
    let [line] = lines.as_slice() else {
        panic!("not one line: {stderr}")
    };
    (*line).to_owned()
}

#[tokio::test]
async fn a_port_in_use_is_named_with_the_way_out() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let running = devstack()
        .args(["up", "--dashboard-feed-port", "0"])
        .env("VOTE_INGEST_PORT", port.to_string())
        .output();
    let output = timeout(TIMEOUT, running).await.unwrap().unwrap();
    let expected = format!(
        "devstack: port {port} is in use: stop what listens there, or choose another one with VOTE_INGEST_PORT=…"
    );
    assert_eq!(only_line(&output), expected);
}

#[tokio::test]
async fn a_missing_program_is_named_with_the_way_to_get_it() {
    let path = tempfile::tempdir().unwrap();
    for program in ["setpriv", "sh"] {
        let found =
            ["/usr/bin", "/bin"].map(|directory| std::path::Path::new(directory).join(program));
        symlink(
            found.iter().find(|file| file.exists()).unwrap(),
            path.path().join(program),
        )
        .unwrap();
    }
    let output = timeout(
        TIMEOUT,
        devstack().arg("servers").env("PATH", path.path()).output(),
    )
    .await
    .unwrap()
    .unwrap();
    assert_eq!(
        only_line(&output),
        "devstack: java not found; run script/setup"
    );
}

#[tokio::test]
async fn a_failed_start_is_told_with_the_last_of_its_log() {
    let path = tempfile::tempdir().unwrap();
    let java = path.path().join("java");
    std::fs::write(
        &java,
        "#!/bin/sh\necho starting\necho 'Error: could not create the virtual machine'\nexit 3\n",
    )
    .unwrap();
    std::fs::set_permissions(&java, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let inherited = std::env::var("PATH").unwrap();
    let running = devstack()
        .arg("servers")
        .env("PATH", format!("{}:{inherited}", path.path().display()))
        .output();
    let output = timeout(TIMEOUT, running).await.unwrap().unwrap();
    let line = only_line(&output);
    let expected = "devstack: kafka-format failed (exit status 3): Error: could not create the virtual machine; its log is /";
    assert!(line.starts_with(expected), "{line}");
}

#[tokio::test]
async fn a_server_named_in_the_environment_that_does_not_answer_is_an_error() {
    let running = devstack()
        .arg("servers")
        .env("REDIS_URL", "redis://127.0.0.1:1")
        .output();
    let output = timeout(TIMEOUT, running).await.unwrap().unwrap();
    let line = only_line(&output);
    assert!(
        line.starts_with(
            "devstack: REDIS_URL is set, but its server cannot be reached: start it, or unset"
        ),
        "{line}"
    );
}
