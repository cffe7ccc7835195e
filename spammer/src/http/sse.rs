//! Server-sent events, as the HTML standard defines the stream
//! (<https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation>).

/// An event of a stream.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Event {
    /// The last id in the stream, which may be from an earlier event.
    pub id: String,
    /// The kind of event; empty for the default one.
    pub name: String,
    /// The lines of data, joined by line feeds.
    pub data: String,
}

/// Assembles events from bytes that arrive in pieces of any size.
#[derive(Debug, Default)]
pub struct EventParser {
    /// The beginning of a line that is not complete yet.
    line: Vec<u8>,
    /// The last byte was a carriage return: a line feed that follows is part of the same line end.
    after_return: bool,
    /// The first line has been read; only that line may begin with a byte order mark.
    begun: bool,
    event: Event,
    has_data: bool,
}

impl EventParser {
    /// Takes the next bytes of the stream and gives every event that they complete to `on_event`.
    pub fn push(&mut self, bytes: &[u8], mut on_event: impl FnMut(Event)) {
        let mut rest = bytes;
        if self.after_return && !rest.is_empty() {
            self.after_return = false;
            rest = rest.strip_prefix(b"\n").unwrap_or(rest);
        }
        while let Some(end) = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
            self.line.extend_from_slice(&rest[..end]);
            let ending = rest[end];
            rest = &rest[end + 1..];
            if ending == b'\r' {
                self.after_return = rest.is_empty();
                rest = rest.strip_prefix(b"\n").unwrap_or(rest);
            }
            let line = std::mem::take(&mut self.line);
            if let Some(event) = self.take_line(&line) {
                on_event(event);
            }
            self.line = line;
            self.line.clear();
        }
        self.line.extend_from_slice(rest);
    }

    fn take_line(&mut self, line: &[u8]) -> Option<Event> {
        let line = String::from_utf8_lossy(line);
        let first = !std::mem::replace(&mut self.begun, true);
        let line = line
            .strip_prefix('\u{feff}')
            .filter(|_| first)
            .unwrap_or(&line);
        if line.is_empty() {
            return self.dispatch();
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "data" => {
                if self.has_data {
                    self.event.data.push('\n');
                }
                self.has_data = true;
                self.event.data.push_str(value);
            }
            "event" => value.clone_into(&mut self.event.name),
            "id" if !value.contains('\0') => value.clone_into(&mut self.event.id),
            // A comment (the field's name is empty), `retry`, or an unknown field.
            _ => {}
        }
        None
    }

    fn dispatch(&mut self) -> Option<Event> {
        let event = Event {
            id: self.event.id.clone(),
            name: std::mem::take(&mut self.event.name),
            data: std::mem::take(&mut self.event.data),
        };
        std::mem::take(&mut self.has_data).then_some(event)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<Event> {
        let mut parser = EventParser::default();
        let mut events = Vec::new();
        for piece in pieces {
            parser.push(piece, |event| events.push(event));
        }
        events
    }

    fn event(id: &str, name: &str, data: &str) -> Event {
        Event {
            id: id.to_owned(),
            name: name.to_owned(),
            data: data.to_owned(),
        }
    }

    const STREAM: &str = "\u{feff}retry: 1000\n: hello\n\nid: 5\ndata: {\"a\":\"č\"}\n\n\
        :keep-alive\n\nevent: other\ndata:two\ndata:  lines\n\nid\ndata\n\nid: 9\n\ndata: cut off";

    fn expected() -> Vec<Event> {
        vec![
            event("5", "", "{\"a\":\"č\"}"),
            event("5", "other", "two\n lines"),
            event("", "", ""),
        ]
    }

    #[test]
    fn events_are_what_the_standard_says() {
        assert_eq!(parse([STREAM.as_bytes()]), expected());
    }

    #[test]
    fn all_three_line_endings_are_read() {
        for ending in ["\r\n", "\r"] {
            let stream = STREAM.replace('\n', ending);
            assert_eq!(parse([stream.as_bytes()]), expected());
            assert_eq!(parse(stream.as_bytes().chunks(1)), expected());
        }
    }

    proptest! {
        #[test]
        fn pieces_make_no_difference(
            stream in "(data|id|event|x|:|: |\r|\n|\r\n|č|\u{feff}){0,60}",
            cuts in proptest::collection::vec(0..400usize, 0..8),
        ) {
            let bytes = stream.as_bytes();
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            let pieces = cuts.windows(2).map(|cut| &bytes[cut[0]..cut[1]]);
            prop_assert_eq!(parse(pieces), parse([bytes]));
        }
    }
}
