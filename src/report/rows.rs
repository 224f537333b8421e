//! Comma-separated values.

use std::io::{self, Write};

/// Writes rows; an error of the writer below stays what it is (a closed pipe is none for the
/// command line).
pub(super) struct Rows<'w>(csv::Writer<&'w mut dyn Write>);

impl<'w> Rows<'w> {
    pub(super) fn new(out: &'w mut dyn Write) -> Self {
        Self(csv::Writer::from_writer(out))
    }

    pub(super) fn row<R>(&mut self, fields: R) -> io::Result<()>
    where
        R: IntoIterator,
        R::Item: AsRef<[u8]>,
    {
        self.0.write_record(fields).map_err(|error| match error.into_kind() {
            csv::ErrorKind::Io(error) => error,
            other => io::Error::other(format!("{other:?}")),
        })
    }

    pub(super) fn finish(mut self) -> io::Result<()> {
        self.0.flush()
    }
}
