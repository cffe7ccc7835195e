//! The location of this checkout.

use std::path::{Path, PathBuf};

/// The root of the checkout that this program was built from.
pub(crate) fn root() -> &'static Path {
    let this_crate = Path::new(env!("CARGO_MANIFEST_DIR"));
    this_crate.parent().unwrap_or(this_crate)
}

/// Its `target/`.
pub(crate) fn target() -> PathBuf {
    root().join("target")
}
