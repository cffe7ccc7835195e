//! Receiving the file of a form.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use actix_multipart::{Field, Multipart};
use actix_web::web::Bytes;
use ballot_log::record::District;
use futures_util::TryStreamExt as _;
use tokio::sync::mpsc;
use tokio::time::timeout;
use utoipa::ToSchema;

use crate::answer::UploadError;
use crate::file::{self, Inspected, Limits};

/// The form's field that holds the file.
const FIELD: &str = "file";

/// The form's field that holds the constituency.
const CONSTITUENCY: &str = "constituency";

/// A number of a constituency has no more bytes, white space included.
const CONSTITUENCY_BYTES: usize = 32;

/// Pieces of a file that may wait for being checked.
const PIECES: usize = 8;

/// Maximum size of all other fields in the form, in bytes.
const OTHER_FIELDS_BYTES: usize = 1024 * 1024;

/// The form that `POST /vote` takes.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only described")]
pub(crate) struct VoteForm {
    /// A CSV file without a header, one ballot per line: `<ballot GUID>,<poll number>`. At most 50 MB and a
    /// million lines.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
    /// The constituency of all ballots in the file, from 1; none where the election has only one.
    constituency: Option<District>,
}

/// A form that has arrived.
pub(crate) struct Received {
    pub(crate) file: Inspected,
    /// The constituency of its ballots, 0 for none.
    pub(crate) constituency: District,
}

/// How long a file may arrive as slowly as it likes: connections take time to gain speed.
const UNHURRIED: Duration = Duration::from_secs(10);

/// How files are received.
#[derive(Clone, Debug)]
pub(crate) struct Receiving {
    pub(crate) limits: Limits,
    /// Where ballots wait until the whole file has been checked.
    pub(crate) directory: PathBuf,
    /// How long a form may take to arrive.
    pub(crate) longest: Duration,
    /// The longest time without data.
    pub(crate) longest_pause: Duration,
    /// How fast a file must arrive on average, once it has been arriving for [`UNHURRIED`].
    pub(crate) min_bytes_per_s: u64,
}

impl Receiving {
    /// Receives a form and checks the file in it. Of several fields with that name, the first one counts.
    ///
    /// # Errors
    /// Where the form has no file, the file does not arrive, or cannot be kept.
    pub(crate) async fn receive(&self, form: Multipart) -> Result<Received, UploadError> {
        timeout(self.longest, self.read(form))
            .await
            .unwrap_or(Err(UploadError::TooSlow(self.longest.as_secs())))
    }

    async fn read(&self, mut form: Multipart) -> Result<Received, UploadError> {
        let (mut inspected, mut constituency) = (None, None);
        let mut other_bytes = 0;
        loop {
            // An unreadable form has no file; a form that is cut off after its file has one.
            let mut field = match self.in_time(form.try_next()).await? {
                Ok(Some(field)) => field,
                Ok(None) => break,
                Err(error) => {
                    tracing::debug!(%error, "a form cannot be read");
                    break;
                }
            };
            if inspected.is_none() && field.name() == Some(FIELD) {
                inspected = self.file(&mut field).await?;
                if inspected.as_ref().is_some_and(|file| file.sha256.is_none()) {
                    // A limit was exceeded: the rest is not read.
                    break;
                }
                continue;
            }
            if constituency.is_none() && field.name() == Some(CONSTITUENCY) {
                constituency = Some(self.constituency(&mut field).await?);
                continue;
            }
            while let Ok(Some(piece)) = self.in_time(field.try_next()).await? {
                other_bytes += piece.len();
                if other_bytes > OTHER_FIELDS_BYTES {
                    return Err(UploadError::TooLarge(self.limits.bytes));
                }
            }
        }
        Ok(Received {
            file: inspected.ok_or(UploadError::FileMissing)?,
            constituency: constituency.unwrap_or_default(),
        })
    }

    /// The number in this field; 0 where the field is empty: a form in which none was typed.
    async fn constituency(&self, field: &mut Field) -> Result<District, UploadError> {
        let mut digits = Vec::new();
        while let Ok(Some(piece)) = self.in_time(field.try_next()).await? {
            digits.extend_from_slice(&piece);
            if digits.len() > CONSTITUENCY_BYTES {
                return Err(UploadError::Constituency);
            }
        }
        let digits = digits.trim_ascii();
        if digits.is_empty() {
            return Ok(0);
        }
        // Unlike `parse`, no leading `+`.
        let text = std::str::from_utf8(digits).ok();
        let text = text.filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
        let number = text.and_then(|text| text.parse().ok());
        number
            .filter(|number| *number != 0)
            .ok_or(UploadError::Constituency)
    }

    /// The file of this field, unless the field is empty: a form in which no file was chosen.
    async fn file(&self, field: &mut Field) -> Result<Option<Inspected>, UploadError> {
        let named = field
            .content_disposition()
            .and_then(|disposition| disposition.get_filename())
            .is_some_and(|name| !name.is_empty());
        let (pieces, arriving) = mpsc::channel(PIECES);
        let (limits, directory) = (self.limits, self.directory.clone());
        let inspecting =
            tokio::task::spawn_blocking(move || file::inspect(arriving, limits, &directory));
        let empty = self.pass_on(field, pieces).await?;
        let inspected = match inspecting.await {
            Ok(Ok(inspected)) => inspected,
            Ok(Err(error)) => {
                tracing::error!(%error, directory = %self.directory.display(), "a file cannot be kept until it is checked");
                return Err(UploadError::Unavailable("The file could not be kept."));
            }
            Err(error) => {
                tracing::error!(%error, "a file was not checked");
                return Err(UploadError::Unavailable("The file could not be checked."));
            }
        };
        Ok((named || !empty).then_some(inspected))
    }

    /// Passes a field on while the reader wants it; returns whether it was empty.
    async fn pass_on(
        &self,
        field: &mut Field,
        pieces: mpsc::Sender<Bytes>,
    ) -> Result<bool, UploadError> {
        let (begun, mut bytes) = (Instant::now(), 0);
        let mut empty = true;
        loop {
            match self.in_time(field.try_next()).await? {
                Ok(Some(piece)) => {
                    empty &= piece.is_empty();
                    bytes += piece.len() as u64;
                    if self.is_too_slow(bytes, begun.elapsed()) {
                        return Err(UploadError::Crawling(self.min_bytes_per_s));
                    }
                    if pieces.send(piece).await.is_err() {
                        return Ok(empty);
                    }
                }
                Ok(None) => return Ok(empty),
                Err(error) => {
                    // Only a part of the file has arrived, which must not be taken for the whole file.
                    tracing::debug!(%error, "a file broke off");
                    return Err(UploadError::FileMissing);
                }
            }
        }
    }

    fn is_too_slow(&self, bytes: u64, after: Duration) -> bool {
        after > UNHURRIED && bytes < after.as_secs().saturating_mul(self.min_bytes_per_s)
    }

    /// The next data, if any arrives in time.
    async fn in_time<T>(&self, next: impl Future<Output = T>) -> Result<T, UploadError> {
        timeout(self.longest_pause, next)
            .await
            .map_err(|_| UploadError::Stalled(self.longest_pause.as_secs()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_sender_is_given_up_after_ten_seconds() {
        let receiving = Receiving {
            limits: Limits { bytes: 1, lines: 1 },
            directory: PathBuf::new(),
            longest: Duration::MAX,
            longest_pause: Duration::MAX,
            min_bytes_per_s: 1_000,
        };
        let is_too_slow =
            |bytes, seconds| receiving.is_too_slow(bytes, Duration::from_secs(seconds));
        assert!(!is_too_slow(0, 10));
        assert!(is_too_slow(10_999, 11));
        assert!(!is_too_slow(11_000, 11));
        assert!(is_too_slow(11_000, 12));
    }
}
