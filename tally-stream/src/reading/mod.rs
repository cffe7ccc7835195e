//! Reading the log: what the count needs from Kafka's messages, and whether it is still the log that was counted.

mod gaps;
mod log_check;

use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, Message, Timestamp};

use crate::count::LogRecord;

pub(crate) use gaps::Gaps;
pub(crate) use log_check::{LogCheck, LogCheckError};

/// What the count needs from a message; `None` if Kafka does not stamp records with its append time.
pub(crate) fn log_record<'m>(message: &'m BorrowedMessage<'_>) -> Option<LogRecord<'m>> {
    match message.timestamp() {
        Timestamp::LogAppendTime(time_ms) => Some(LogRecord {
            offset: message.offset(),
            time_ms,
            payload: message.payload().unwrap_or_default(),
        }),
        _ => None,
    }
}

/// Whether Kafka has no record where reading should go on.
pub(crate) fn lost_its_place(error: &KafkaError) -> bool {
    let lost = RDKafkaErrorCode::AutoOffsetReset;
    *error == KafkaError::MessageConsumption(lost)
}

/// Errors from which librdkafka recovers on its own.
pub(crate) fn is_passing(error: &KafkaError) -> bool {
    let fatal = matches!(
        error,
        KafkaError::MessageConsumptionFatal(_)
            | KafkaError::MessageConsumption(RDKafkaErrorCode::AutoOffsetReset)
    );
    if !fatal {
        tracing::warn!(%error, "Kafka consumer; trying again");
    }
    !fatal
}
