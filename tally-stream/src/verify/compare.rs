//! How what the log says compares with what is stored, field by field.

use serde::Serialize;
use serde_json::Value;

/// One comparison of the log with something that is stored or shown.
#[derive(Clone, Debug, Serialize)]
pub struct Comparison {
    /// What was compared.
    pub compared: &'static str,
    /// Of one partition.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partition: Option<i32>,
    /// The offset of the first record that is not in it; of all partitions, the sum of theirs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<i64>,
    /// `same`, or `DIFFERENT`.
    pub verdict: &'static str,
    /// Each field that is not the same.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub differences: Vec<Difference>,
}

/// A field with two values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Its place, such as `tally.votes`; empty where the whole is another.
    pub field: String,
    /// What follows from the log.
    pub log: Value,
    /// What is stored or shown.
    pub stored: Value,
}

impl Comparison {
    pub(super) fn of(compared: &'static str, differences: Vec<Difference>) -> Self {
        Self {
            compared,
            partition: None,
            offset: None,
            verdict: if differences.is_empty() {
                "same"
            } else {
                "DIFFERENT"
            },
            differences,
        }
    }

    pub(super) fn at(self, partition: Option<i32>, offset: i64) -> Self {
        Self {
            partition,
            offset: Some(offset),
            ..self
        }
    }

    /// Whether nothing differs.
    pub fn is_same(&self) -> bool {
        self.differences.is_empty()
    }
}

impl Difference {
    pub(super) fn of(field: &str, log: impl Into<Value>, stored: impl Into<Value>) -> Vec<Self> {
        let (log, stored) = (log.into(), stored.into());
        let mut found = Vec::new();
        add(field, &log, &stored, &mut found);
        found
    }
}

/// Adds what differs within a field. Lists are compared as a whole, unless they hold the same number of objects.
fn add(field: &str, log: &Value, stored: &Value, found: &mut Vec<Difference>) {
    let within = |name: &str| {
        if field.is_empty() {
            name.to_owned()
        } else {
            format!("{field}.{name}")
        }
    };
    match (log, stored) {
        (Value::Object(log), Value::Object(stored)) => {
            for (name, value) in log {
                let other = stored.get(name).unwrap_or(&Value::Null);
                add(&within(name), value, other, found);
            }
            for (name, other) in stored.iter().filter(|(name, _)| !log.contains_key(*name)) {
                add(&within(name), &Value::Null, other, found);
            }
        }
        (Value::Array(log), Value::Array(stored))
            if log.len() == stored.len() && log.iter().chain(stored).all(Value::is_object) =>
        {
            for (index, (log, stored)) in log.iter().zip(stored).enumerate() {
                add(&format!("{field}[{index}]"), log, stored, found);
            }
        }
        _ if log == stored => {}
        _ => found.push(Difference {
            field: field.to_owned(),
            log: log.clone(),
            stored: stored.clone(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_field_that_differs_is_named_with_both_values() {
        let log = json!({"tally": {"votes": [[0, 1, 5]], "closed": true}, "list": [{"n": 1}, {"n": 2}], "gone": 1});
        let stored = json!({"tally": {"votes": [[0, 1, 6]], "closed": true}, "list": [{"n": 1}, {"n": 3}], "new": 2});
        let found = Difference::of("", log.clone(), stored);
        let mut fields: Vec<_> = found.iter().map(|one| one.field.as_str()).collect();
        fields.sort_unstable();
        assert_eq!(fields, ["gone", "list[1].n", "new", "tally.votes"]);
        assert_eq!(Difference::of("", log.clone(), log.clone()), []);
        let whole = Difference::of("result", log, Value::Null);
        assert_eq!((whole.len(), whole[0].field.as_str()), (1, "result"));
    }
}
