//! Tables of text.

use std::fmt;

/// Columns of text, aligned to the right.
pub(super) struct Table<const COLUMNS: usize> {
    widths: [usize; COLUMNS],
    rows: Vec<[String; COLUMNS]>,
}

impl<const COLUMNS: usize> Table<COLUMNS> {
    pub(super) fn new(header: [&str; COLUMNS]) -> Self {
        let mut table = Self {
            widths: [0; COLUMNS],
            rows: Vec::new(),
        };
        table.row(header.map(str::to_owned));
        table
    }

    pub(super) fn row(&mut self, cells: [String; COLUMNS]) {
        for (width, cell) in self.widths.iter_mut().zip(&cells) {
            *width = (*width).max(cell.chars().count());
        }
        self.rows.push(cells);
    }
}

impl<const COLUMNS: usize> fmt::Display for Table<COLUMNS> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for cells in &self.rows {
            let aligned = cells
                .iter()
                .zip(&self.widths)
                .map(|(cell, &width)| format!("{cell:>width$}"));
            let line = aligned.collect::<Vec<_>>().join("  ");
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}
