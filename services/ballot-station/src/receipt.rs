//! What is said of a file that nothing is wrong with.

use actix_web::HttpResponse;
use jiff::Timestamp;

use crate::recording::Recorded;

/// What happened to a file that nothing is wrong with.
#[derive(Debug)]
pub(crate) struct Receipt {
    /// SHA-256 of the file, in hex.
    pub(crate) sha256: String,
    pub(crate) lines: u32,
    /// The batch, what became of its lines, and when: unless it was discarded.
    pub(crate) recorded: Option<(String, Recorded, Timestamp)>,
    /// Why nothing was recorded.
    pub(crate) discarded: Option<&'static str>,
}

impl Receipt {
    /// `200` without a body, as clients expect: what there is to say is in the headers.
    pub(crate) fn answer(&self) -> HttpResponse {
        let mut answer = HttpResponse::Ok();
        answer.insert_header(("urna-file-sha256", self.sha256.as_str()));
        answer.insert_header(("urna-lines", self.lines));
        if let Some((batch, recorded, at)) = &self.recorded {
            answer.insert_header(("urna-batch", batch.as_str()));
            answer.insert_header(("urna-lines-too-early", recorded.early));
            answer.insert_header(("urna-lines-too-late", recorded.late));
            answer.insert_header(("urna-recorded-at", at.to_string()));
        }
        if let Some(why) = self.discarded {
            answer.insert_header(("urna-discarded", why));
        }
        answer.finish()
    }
}
