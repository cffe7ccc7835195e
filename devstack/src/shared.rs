//! One stack for all tests of a binary.

use tokio::sync::OnceCell;

use crate::{Stack, StackOptions};

static SHARED: OnceCell<Stack> = OnceCell::const_new();

/// The stack of this test binary, started on first use. It ends with the process.
///
/// No part of it belongs to the runtime of the test that started it, so all tests can use it.
///
/// # Panics
/// If it cannot be started: a test without its servers can only fail.
#[expect(clippy::panic, reason = "for tests, where a panic is a failure")]
pub async fn shared() -> &'static Stack {
    match SHARED
        .get_or_try_init(|| Stack::start_with(StackOptions::default()))
        .await
    {
        Ok(stack) => stack,
        Err(error) => panic!("{error:#}"),
    }
}
