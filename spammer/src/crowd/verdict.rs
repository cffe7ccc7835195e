//! What an answer means for the attempt.

use super::Attempt;
use crate::http::{Answer, NoAnswer};

/// The end of one attempt, however often it was sent.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) last: Result<Answer, NoAnswer>,
    /// How often it was sent again.
    pub(crate) retried: u32,
    /// How often it was sent and may have put a record in the log, without an answer that says so.
    pub(crate) uncertain: u32,
}

impl Reply {
    /// The end of one vote that was sent twice at the same moment: what tells its voter most.
    pub(crate) fn of_both(one: Self, other: Self) -> Self {
        let rank = |reply: &Self| match &reply.last {
            Ok(answer) if answer.status == 202 => 2,
            Ok(answer) if !is_indefinite(answer) => 1,
            _ => 0,
        };
        let (retried, uncertain) = (one.retried + other.retried, one.uncertain + other.uncertain);
        let told = if rank(&one) < rank(&other) {
            other
        } else {
            one
        };
        Self {
            last: told.last,
            retried,
            uncertain,
        }
    }
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Verdict {
    /// The vote is in the log.
    Accepted,
    /// Refused, or accepted although it was not a valid vote; the latter is never expected.
    Refused { kind: String, expected: bool },
    /// No definite answer. If `uncertain`, the vote may have been counted anyway.
    Failed { uncertain: bool },
}

/// Not known to be recorded, and safe to send again. The contract says this about 503; other server errors are
/// no more definite.
pub(crate) fn is_indefinite(answer: &Answer) -> bool {
    answer.status >= 500
}

/// Whether to try again later.
pub(crate) fn is_for_later(answer: &Answer) -> bool {
    is_indefinite(answer) || answer.status == 429
}

pub(crate) fn judge(attempt: Attempt, reply: &Reply) -> Verdict {
    let answer = match &reply.last {
        Ok(answer) if is_indefinite(answer) => return Verdict::Failed { uncertain: true },
        Ok(answer) => answer,
        Err(_) => {
            return Verdict::Failed {
                uncertain: reply.uncertain > 0,
            };
        }
    };
    let refused = |kind: &str, expected| Verdict::Refused {
        kind: kind.to_owned(),
        expected,
    };
    let kind = answer.kind.as_deref();
    match (attempt, answer.status, kind) {
        (Attempt::Vote { .. }, 202, _) => Verdict::Accepted,
        // This same vote arrived earlier, but its answer did not.
        (Attempt::Vote { .. }, 409, Some("already-voted")) if reply.uncertain > 0 => {
            Verdict::Accepted
        }
        // Refused now, but an earlier attempt may be in the log.
        (Attempt::Vote { .. }, ..) if reply.uncertain > 0 => Verdict::Failed { uncertain: true },
        (Attempt::Duplicate { .. }, 409, Some(kind @ "already-voted"))
        | (Attempt::Unknown { .. }, 403, Some(kind @ "not-on-the-roll"))
        | (Attempt::Malformed { .. }, 400, Some(kind)) => refused(kind, true),
        (Attempt::Malformed { .. }, 400, None) => refused("http-400", true),
        (Attempt::Duplicate { .. }, 202, _) => refused("accepted-duplicate", false),
        (Attempt::Unknown { .. }, 202, _) => refused("accepted-unknown", false),
        (Attempt::Malformed { .. }, 202, _) => refused("accepted-malformed", false),
        (_, _, Some(kind)) => refused(kind, false),
        (_, status, None) => refused(&format!("http-{status}"), false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VOTE: Attempt = Attempt::Vote { voter: 0 };
    const AGAIN: Attempt = Attempt::Duplicate {
        voter: 0,
        other_choice: true,
    };
    const UNKNOWN: Attempt = Attempt::Unknown { number: 0 };
    const MALFORMED: Attempt = Attempt::Malformed { number: 0 };

    fn answered(attempt: Attempt, status: u16, kind: &str, uncertain: u32) -> Verdict {
        let kind = (!kind.is_empty()).then(|| kind.to_owned());
        let last = Ok(Answer {
            status,
            kind,
            retry_after: None,
        });
        judge(
            attempt,
            &Reply {
                last,
                retried: uncertain,
                uncertain,
            },
        )
    }

    fn unanswered(uncertain: u32) -> Verdict {
        let reason = "refused".to_owned();
        let last = Err(NoAnswer {
            sent: false,
            reason,
        });
        judge(
            VOTE,
            &Reply {
                last,
                retried: 0,
                uncertain,
            },
        )
    }

    fn refused(kind: &str, expected: bool) -> Verdict {
        Verdict::Refused {
            kind: kind.to_owned(),
            expected,
        }
    }

    #[test]
    fn a_vote_is_accepted_by_a_202() {
        assert_eq!(answered(VOTE, 202, "", 0), Verdict::Accepted);
        assert_eq!(answered(VOTE, 202, "", 3), Verdict::Accepted);
    }

    #[test]
    fn already_voted_means_accepted_only_after_an_attempt_without_answer() {
        assert_eq!(answered(VOTE, 409, "already-voted", 1), Verdict::Accepted);
        assert_eq!(
            answered(VOTE, 409, "already-voted", 0),
            refused("already-voted", false)
        );
    }

    #[test]
    fn a_refusal_after_an_attempt_without_answer_is_uncertain() {
        let verdict = answered(VOTE, 409, "no-open-election", 1);
        assert_eq!(verdict, Verdict::Failed { uncertain: true });
    }

    #[test]
    fn a_vote_sent_twice_at_once_is_accepted_once() {
        let reply = |last: Option<(u16, &str)>, uncertain| Reply {
            last: last.map_or_else(
                || {
                    Err(NoAnswer {
                        sent: true,
                        reason: "reset".to_owned(),
                    })
                },
                |(status, kind)| {
                    Ok(Answer {
                        status,
                        kind: Some(kind.to_owned()),
                        retry_after: None,
                    })
                },
            ),
            retried: uncertain,
            uncertain,
        };
        let (accepted, voted) = (Some((202, "")), Some((409, "already-voted")));
        for (one, other, verdict) in [
            ((accepted, 0), (voted, 0), Verdict::Accepted),
            ((accepted, 0), (accepted, 0), Verdict::Accepted),
            ((None, 1), (accepted, 0), Verdict::Accepted),
            ((None, 1), (voted, 0), Verdict::Accepted),
            ((voted, 1), (voted, 0), Verdict::Accepted),
            // Neither of them was in doubt: somebody else has voted.
            ((voted, 0), (voted, 0), refused("already-voted", false)),
            ((None, 1), (None, 1), Verdict::Failed { uncertain: true }),
        ] {
            let both = |one: (_, u32), other: (_, u32)| {
                Reply::of_both(reply(one.0, one.1), reply(other.0, other.1))
            };
            assert_eq!(judge(VOTE, &both(one, other)), verdict, "{one:?} {other:?}");
            assert_eq!(judge(VOTE, &both(other, one)), verdict, "{other:?} {one:?}");
        }
    }

    #[test]
    fn no_definite_answer_is_a_failure() {
        assert_eq!(
            answered(VOTE, 503, "unavailable", 1),
            Verdict::Failed { uncertain: true }
        );
        assert_eq!(unanswered(0), Verdict::Failed { uncertain: false });
        assert_eq!(unanswered(1), Verdict::Failed { uncertain: true });
    }

    #[test]
    fn others_are_turned_away_and_for_the_right_reason() {
        assert_eq!(
            answered(AGAIN, 409, "already-voted", 0),
            refused("already-voted", true)
        );
        assert_eq!(
            answered(AGAIN, 409, "other-choice-pending", 0),
            refused("other-choice-pending", false)
        );
        assert_eq!(
            answered(UNKNOWN, 403, "not-on-the-roll", 0),
            refused("not-on-the-roll", true)
        );
        assert_eq!(answered(UNKNOWN, 403, "", 0), refused("http-403", false));
        assert_eq!(
            answered(MALFORMED, 400, "malformed", 0),
            refused("malformed", true)
        );
        assert_eq!(answered(MALFORMED, 400, "", 0), refused("http-400", true));
        assert_eq!(
            answered(MALFORMED, 403, "not-on-the-roll", 0),
            refused("not-on-the-roll", false)
        );
    }

    #[test]
    fn a_vote_of_no_voter_must_not_be_accepted() {
        assert_eq!(
            answered(AGAIN, 202, "", 0),
            refused("accepted-duplicate", false)
        );
        assert_eq!(
            answered(UNKNOWN, 202, "", 0),
            refused("accepted-unknown", false)
        );
        assert_eq!(
            answered(MALFORMED, 202, "", 0),
            refused("accepted-malformed", false)
        );
    }
}
