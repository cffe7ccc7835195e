//! The policy that all services follow.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix_web::{App, HttpResponse, HttpServer, web};
use service_kit::health::{self, Readiness};
use service_kit::server;
use service_kit::service::{Running, Service, Step};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const ANY_PORT: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
const SOON: Duration = Duration::from_millis(5);

fn service() -> Service {
    Service::new("test", ANY_PORT, Readiness::new())
}

/// The status of a health check, over a new connection.
async fn status(address: SocketAddr, path: &str) -> u16 {
    let mut connection = tokio::net::TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n");
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.unwrap();
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}

async fn why_it_failed(service: Service) -> String {
    let mut running = service.start().unwrap();
    let error = running.failed().await;
    running.stop().await;
    format!("{error:#}")
}

#[tokio::test]
async fn a_task_that_ends_fails_or_panics_is_a_failure_with_its_name() {
    let forever = std::future::pending::<()>;
    for (service, why) in [
        (service().task("clock", async {}), "clock ended"),
        (
            service().task("clock", async {
                anyhow::Result::<()>::Err(anyhow::anyhow!("it is broken"))
            }),
            "clock failed: it is broken",
        ),
        (
            service().task::<()>("clock", async { panic!("out of {}", "time") }),
            "clock panicked: out of time",
        ),
    ] {
        let service = service.task("another", forever());
        assert_eq!(why_it_failed(service).await, why);
    }
}

#[tokio::test]
async fn a_failure_ends_the_run_and_a_stop_ends_it_well() {
    let broken = service().task("clock", async {}).start().unwrap();
    let never = std::future::pending::<std::io::Result<()>>();
    let error = broken.run_until(never).await.unwrap_err();
    assert_eq!(error.to_string(), "clock ended");

    let sound = service().task("clock", std::future::pending::<()>());
    let running = sound.start().unwrap();
    running.run_until(async { Ok(()) }).await.unwrap();
}

#[tokio::test]
async fn health_is_answered_at_once_while_servers_are_waited_for() {
    let is_there = Arc::new(Mutex::new(false));
    let asked = is_there.clone();
    let check = move || {
        let is_there = *asked.lock().unwrap();
        async move {
            anyhow::ensure!(is_there, "it does not answer");
            Ok(())
        }
    };
    let hangs = || std::future::pending::<anyhow::Result<()>>();
    let running = service()
        .ready_when("kafka", SOON, Duration::from_mins(1), check.clone())
        .ready_after("redis", SOON, Duration::from_mins(1), check)
        .start()
        .unwrap();
    let health = running.admin_address;
    let missing = health::ask(health).await.unwrap_err().to_string();
    assert!(missing.contains("503") && missing.contains("kafka") && missing.contains("redis"));

    // An orchestrator waits for the start, and is not told later of servers that are away.
    let started = async || status(health, "/health/started").await;
    assert_eq!(started().await, 503);
    *is_there.lock().unwrap() = true;
    until_ready(&running).await;
    assert_eq!(started().await, 200);
    // A part checked only once stays ready; a part checked repeatedly is noticed.
    *is_there.lock().unwrap() = false;
    let missing = until_not_ready(&running).await;
    assert!(missing.contains("kafka: it does not answer"), "{missing}");
    assert!(!missing.contains("redis"), "{missing}");
    assert_eq!(started().await, 200);
    running.stop().await;

    let silent = service().ready_when("redis", SOON, SOON, hangs);
    let silent = silent.start().unwrap();
    let missing = until_missing(&silent, "no answer within").await;
    assert!(
        missing.contains("redis: no answer within 0.005 s"),
        "{missing}"
    );
}

#[tokio::test]
async fn clients_cannot_ask_after_health_and_operators_are_told_when_it_stops() {
    let listener = server::listen(ANY_PORT, "--listen").unwrap();
    let address = listener.local_addr().unwrap();
    let hello = || App::new().route("/", web::get().to(HttpResponse::Ok));
    let public = HttpServer::new(hello)
        .workers(1)
        .disable_signals()
        .listen(listener)
        .unwrap()
        .run();
    let (stopping, stopped) = tokio::sync::oneshot::channel::<()>();
    let (at_work, release) = tokio::sync::oneshot::channel::<()>();
    let order = Arc::new(Mutex::new(Vec::new()));
    let (first, second) = (order.clone(), order.clone());
    let running = service()
        .http((address, public))
        .on_stop([
            Step::new("streams", async move {
                first.lock().unwrap().push("streams");
                stopping.send(()).unwrap();
                release.await.unwrap();
            }),
            Step::http(),
            Step::new("files", async move { second.lock().unwrap().push("files") }),
        ])
        .start()
        .unwrap();
    assert_eq!(running.address, address);
    let admin = running.admin_address;
    health::ask(admin).await.unwrap();
    let on_the_public_port = health::ask(address).await.unwrap_err().to_string();
    assert!(on_the_public_port.contains("404"), "{on_the_public_port}");

    let stop = tokio::spawn(running.stop());
    stopped.await.unwrap();
    let not_ready = health::ask(admin).await.unwrap_err().to_string();
    assert!(not_ready.contains("service: stopping"), "{not_ready}");
    at_work.send(()).unwrap();
    stop.await.unwrap();
    assert_eq!(*order.lock().unwrap(), ["streams", "files"]);
    assert!(health::ask(address).await.is_err());
    assert!(health::ask(admin).await.is_err());
}

#[tokio::test]
async fn what_does_not_stop_holds_up_nobody_for_longer_than_the_limit() {
    let is_dropped = Arc::new(());
    let held = Arc::downgrade(&is_dropped);
    let running = service()
        .task("holder", async move {
            std::future::pending::<()>().await;
            drop(is_dropped);
        })
        .on_stop([Step::new("stuck", std::future::pending())])
        .stop_within(SOON)
        .start()
        .unwrap();
    running.stop().await;
    // Its tasks are gone, too.
    while held.upgrade().is_some() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn services_that_start_and_stop_all_the_time_always_stop() {
    let start_and_stop = || async {
        for _ in 0..100 {
            let running = service().task("clock", std::future::pending::<()>());
            running.start().unwrap().stop().await;
        }
    };
    futures_util::future::join_all((0..4).map(|_| tokio::spawn(start_and_stop())))
        .await
        .into_iter()
        .for_each(Result::unwrap);
}

async fn until_ready(running: &Running) {
    while health::ask(running.admin_address).await.is_err() {
        tokio::task::yield_now().await;
    }
}

async fn until_not_ready(running: &Running) -> String {
    until_missing(running, "").await
}

async fn until_missing(running: &Running, what: &str) -> String {
    loop {
        if let Err(error) = health::ask(running.admin_address).await
            && error.to_string().contains(what)
        {
            return error.to_string();
        }
        tokio::task::yield_now().await;
    }
}
