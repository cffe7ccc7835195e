//! What is added to a definition after it was published: that the election was cancelled, or the lots that decided it.

use crate::{Election, ElectionDefinition};

impl ElectionDefinition {
    /// The key of its record in the topic. What was added to a definition has a key of its own: compaction keeps the last
    /// record of a key, and publishing an older form again must not take it back.
    pub fn key(&self) -> String {
        let addition = match (&self.cancelled, &self.lots) {
            (Some(_), _) => "/cancelled",
            (None, Some(_)) => "/lots",
            (None, None) => "",
        };
        format!("{}{addition}", self.id)
    }

    /// The same as it was defined, without what was added.
    #[must_use]
    pub fn as_defined(&self) -> Self {
        Self {
            cancelled: None,
            lots: None,
            ..self.clone()
        }
    }

    /// Whether something was added since it was defined.
    pub fn has_additions(&self) -> bool {
        self.cancelled.is_some() || self.lots.is_some()
    }

    /// This definition with what another record of the same election adds to it; none where that is nothing new.
    pub fn with_additions_of(&self, other: &Self) -> Option<Self> {
        let cancelled = self.cancelled.as_ref().or(other.cancelled.as_ref());
        let lots = self.lots.as_ref().or(other.lots.as_ref());
        let both = Self {
            cancelled: cancelled.cloned(),
            lots: lots.cloned(),
            ..self.clone()
        };
        (both != *self).then_some(both)
    }
}

impl Election {
    /// Whether votes are taken for it at this time (milliseconds since 1970): it is open, and not cancelled.
    pub fn takes_votes_at(&self, time_ms: i64) -> bool {
        self.definition().cancelled.is_none() && self.is_open_at(time_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Cancellation, Lots, PollNumber};

    fn sample() -> ElectionDefinition {
        serde_json::from_str(
            r#"{"id":7,"title":"T","created":"2026-06-16T14:00:00Z","start":"2026-06-16T13:00:00Z",
                "end":"2026-06-16T15:00:00Z","individual":false,
                "rules":{"method":"dhondt","seats":3,"tie":"ballot_order"},
                "participants":[{"poll_number":1,"name":"A"},{"poll_number":2,"name":"B"}]}"#,
        )
        .unwrap()
    }

    #[test]
    fn what_is_added_has_a_key_of_its_own_and_is_never_taken_back() {
        let defined = sample();
        let by = |who: &str| ElectionDefinition {
            cancelled: Some(Cancellation {
                at: defined.start,
                by: who.to_owned(),
            }),
            ..sample()
        };
        let cancelled = defined.with_additions_of(&by("a@b.cd")).unwrap();
        assert_eq!(cancelled, by("a@b.cd"));
        assert_eq!(
            (defined.key().as_str(), cancelled.key().as_str()),
            ("7", "7/cancelled")
        );
        assert_eq!(cancelled.as_defined(), defined);
        assert_eq!(cancelled.with_additions_of(&defined), None);
        assert_eq!(cancelled.with_additions_of(&by("c@d.ef")), None);
        let lots = |order: &[PollNumber]| ElectionDefinition {
            lots: Some(Lots {
                order: order.to_vec(),
                drawn_by: "The commission".to_owned(),
                drawn_at: defined.end,
            }),
            ..sample()
        };
        let decided = defined.with_additions_of(&lots(&[2, 1])).unwrap();
        assert_eq!(
            (decided.key().as_str(), decided.as_defined()),
            ("7/lots", sample())
        );
        assert_eq!(decided.with_additions_of(&lots(&[1, 2])), None);
        let json = serde_json::to_string(&cancelled).unwrap();
        assert_eq!(
            serde_json::from_str::<ElectionDefinition>(&json).unwrap(),
            cancelled
        );
        // It was open then for the count, which must come out the same however soon it heard.
        let open_ms = defined.end.as_millisecond() - 1;
        let [defined, cancelled] = [defined, cancelled].map(Election::new);
        assert!(defined.takes_votes_at(open_ms) && !cancelled.takes_votes_at(open_ms));
        assert!(defined.is_open_at(open_ms) && cancelled.is_open_at(open_ms));
    }
}
