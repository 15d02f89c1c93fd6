use super::super::cells::{Place, Span, offset};
use super::super::{Limits, MisshapenRow, Row, RowFault, SheetError};
use super::TYPE_LINE;
use super::splitter::{Met, RowEnd, Splitter};

/// Text for which it is worth to split another piece at the same time, and the most pieces.
pub(super) const BYTES_A_PIECE: usize = 2 * 1024 * 1024;
const MOST_PIECES: usize = 8;

/// What is below the headings of a text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Body<'a> {
    pub(super) text: &'a str,
    pub(super) delimiter: u8,
    /// The headings, without blanks round them.
    pub(super) headings: &'a [&'a str],
    pub(super) limits: Limits,
    pub(super) bytes_a_piece: usize,
}

/// Rows of a text that follow each other.
#[derive(Debug, Default)]
pub(super) struct Piece {
    pub(super) rows: Vec<Row>,
    pub(super) kept_cells: Vec<Span>,
    /// Cells that held doubled quotation marks; their spans start behind the end of the text.
    pub(super) unescaped: String,
    pub(super) repeated_headings: Vec<u32>,
    pub(super) misshapen: Vec<MisshapenRow>,
    pub(super) cut_off_at: Option<u32>,
    /// The line on which the last row starts, and whether that row lacks a line end; `None` where
    /// there is no row.
    pub(super) last: Option<(u32, bool)>,
    /// Where the text after it starts, and on which line.
    pub(super) end: usize,
    pub(super) line: u32,
    rows_read: u64,
}

impl Body<'_> {
    /// Splits what starts at `start`, on line `line`, into rows.
    ///
    /// A long text is split in pieces at the same time, each from a line end on. That a row starts
    /// there is a guess until the piece before has come to its end: where it ends elsewhere, since
    /// a quoted cell goes over the line end, the next piece is split again.
    pub(super) fn split(self, start: usize, line: u32) -> Result<Piece, SheetError> {
        let starts = self.starts_of_pieces(start);
        let [_, others @ ..] = starts.as_slice() else {
            return self.piece(start, self.text.len(), line);
        };
        let end_of = |piece: usize| starts.get(piece + 1).copied().unwrap_or(self.text.len());
        std::thread::scope(|scope| {
            let guesses: Vec<_> = others
                .iter()
                .enumerate()
                .map(|(place, from)| scope.spawn(move || self.piece(*from, end_of(place + 1), 0)))
                .collect();
            let mut whole = self.piece(start, end_of(0), line)?;
            for (place, (from, guess)) in others.iter().zip(guesses).enumerate() {
                let guess = guess
                    .join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
                if whole.end == *from {
                    let line = whole.line;
                    whole.append(guess.map_err(|error| error.further_down(line))?, line, self)?;
                } else if whole.end < end_of(place + 1) {
                    whole.append(
                        self.piece(whole.end, end_of(place + 1), whole.line)?,
                        0,
                        self,
                    )?;
                }
            }
            Ok(whole)
        })
    }

    fn starts_of_pieces(self, start: usize) -> Vec<usize> {
        let length = self.text.len() - start;
        let pieces = (length / self.bytes_a_piece).clamp(1, MOST_PIECES);
        let mut starts = vec![start];
        for piece in 1..pieces {
            let from = start + length / pieces * piece;
            let line_end = self
                .text
                .as_bytes()
                .get(from..)
                .and_then(|rest| memchr::memchr(b'\n', rest));
            starts.extend(
                line_end
                    .map(|at| from + at + 1)
                    .filter(|at| *at < self.text.len()),
            );
        }
        starts.dedup();
        starts
    }

    /// Splits the rows that start from `start` on and before `end`.
    fn piece(self, start: usize, end: usize, line: u32) -> Result<Piece, SheetError> {
        let Self { text, headings, .. } = self;
        let width = headings.len();
        let mut splitter = Splitter::new(text, self.delimiter, start, line);
        let mut cells = Vec::new();
        let mut piece = Piece::default();
        while splitter.at < end {
            let Met {
                line,
                mut place,
                width: cells_met,
                is_blank,
                end,
            } = splitter.next_row(headings, &mut cells)?;
            let lacks_line_end = !matches!(end, RowEnd::Line | RowEnd::TextAfterQuote { .. });
            piece.last = Some((line, lacks_line_end));
            let is_whole = matches!(end, RowEnd::Line)
                || (matches!(end, RowEnd::File) && (cells_met == 1 || cells_met >= width));
            // A blank line, and the rows of delimiters that Excel leaves where rows were deleted,
            // are no rows.
            if is_whole && width > 1 && is_blank {
                continue;
            }
            if matches!(place, Place::Kept(_)) {
                place = Place::Kept(offset(piece.kept_cells.len()));
                piece.kept_cells.extend_from_slice(&cells);
            }
            match end {
                RowEnd::InsideQuotes => piece.cut_off_at = Some(line),
                RowEnd::TextAfterQuote { cell } => {
                    piece.misshapen.push(MisshapenRow {
                        line,
                        fault: RowFault::TextAfterQuote(cell),
                        place,
                    });
                }
                RowEnd::File if cells_met < width => piece.cut_off_at = Some(line),
                RowEnd::Line | RowEnd::File if cells_met == width => {
                    if splitter.are_same(&cells, headings) {
                        piece.repeated_headings.push(line);
                    } else {
                        piece.rows.push(Row { line, place });
                    }
                }
                // In the middle too, where exports were joined; the headings that follow it are
                // counted.
                RowEnd::Line | RowEnd::File
                    if cells
                        .first()
                        .is_some_and(|span| splitter.slice(*span).starts_with(TYPE_LINE)) => {}
                RowEnd::Line | RowEnd::File => piece.misshapen.push(MisshapenRow {
                    line,
                    fault: RowFault::Cells(cells_met),
                    place,
                }),
            }
            piece.rows_read += 1;
            self.check(piece.rows_read, splitter.unescaped.len())?;
        }
        Ok(Piece {
            unescaped: splitter.unescaped,
            end: splitter.at,
            line: splitter.line,
            ..piece
        })
    }

    fn check(self, rows_read: u64, unescaped: usize) -> Result<(), SheetError> {
        if rows_read > self.limits.max_rows(self.headings.len()) {
            return Err(self.limits.too_many_cells());
        }
        // Offsets of 32 bits reach the text and the unescaped cells behind it.
        if self.text.len() + unescaped > u32::MAX as usize {
            return Err(self.limits.too_large());
        }
        Ok(())
    }
}

impl Piece {
    /// Adds the piece that follows, whose lines are counted from `line` on.
    fn append(&mut self, next: Self, line: u32, body: Body<'_>) -> Result<(), SheetError> {
        self.rows_read += next.rows_read;
        body.check(self.rows_read, self.unescaped.len() + next.unescaped.len())?;
        let (kept, unescaped) = (offset(self.kept_cells.len()), offset(self.unescaped.len()));
        let moved = |place: Place| match place {
            Place::Plain { .. } | Place::Quoted(_) => place,
            Place::Kept(first) => Place::Kept(first + kept),
        };
        self.rows.extend(next.rows.into_iter().map(|row| Row {
            line: row.line + line,
            place: moved(row.place),
        }));
        let misshapen = next.misshapen.into_iter();
        self.misshapen.extend(misshapen.map(|row| MisshapenRow {
            line: row.line + line,
            place: moved(row.place),
            ..row
        }));
        let end_of_text = offset(body.text.len());
        // A blank cell at the very end of the text is not behind it.
        self.kept_cells
            .extend(next.kept_cells.into_iter().map(|span| {
                match span.start >= end_of_text && span.start < span.end {
                    true => Span {
                        start: span.start + unescaped,
                        end: span.end + unescaped,
                    },
                    false => span,
                }
            }));
        self.unescaped.push_str(&next.unescaped);
        self.repeated_headings.extend(
            next.repeated_headings
                .into_iter()
                .map(|heading| heading + line),
        );
        self.cut_off_at = next
            .cut_off_at
            .map(|cut_off| cut_off + line)
            .or(self.cut_off_at);
        self.last = next
            .last
            .map(|(last, lacks_line_end)| (last + line, lacks_line_end))
            .or(self.last);
        self.end = next.end;
        self.line = next.line + line;
        Ok(())
    }
}
