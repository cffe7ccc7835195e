//! The page is embedded in the binary, so it must have been built.

fn main() {
    println!("cargo::rerun-if-changed=web/dist");
    if !std::path::Path::new("web/dist/index.html").is_file() {
        println!(
            "cargo::error=the page is not built: run script/setup (or `npm ci && npm run build` in dashboard-feed/web)"
        );
    }
}
