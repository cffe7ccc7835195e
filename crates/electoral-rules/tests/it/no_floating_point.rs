//! Floating point decides nothing here, because there is none.

use std::{fs, path::Path};

fn search(directory: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            search(&path, found);
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let words = text.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
        let floats = words.filter(|word| word.ends_with("f32") || word.ends_with("f64"));
        found.extend(floats.map(|word| format!("{} in {}", word, path.display())));
    }
}

#[test]
fn there_is_no_floating_point_type_in_the_sources() {
    let mut found = Vec::new();
    search(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        &mut found,
    );
    assert!(found.is_empty(), "{found:?}");
}
