use std::iter::Peekable;
use std::vec::IntoIter;

use super::row_reader::RowReader;
use crate::exports::{Export, Field, Input};

/// The titles above the rows of one file. They are the collections of the rows where nothing else
/// is, and the first stands above the first mailbox.
pub(super) struct Sections<'a> {
    /// Titles that stand on rows of another width, with their lines.
    titles: Peekable<IntoIter<(u32, &'a str)>>,
    present: Option<&'a str>,
    may_be_collections: bool,
    has_rows: bool,
}

/// Characters that the name of a collection has at the most.
const LONGEST: usize = 80;

impl<'a> Sections<'a> {
    /// `titles` are those on rows of another width than the headings.
    pub(super) fn new(export: &Export, titles: Vec<(u32, &'a str)>) -> Self {
        // A column of collections that is blank beside every mailbox holds the titles.
        let mailbox = export.column(Field::SourceMailbox);
        let is_filled = |column: usize| {
            export.rows().any(|row| {
                let has_mailbox =
                    mailbox.is_some_and(|at| export.sheet.cell(row, at).contains('@'));
                has_mailbox && !export.sheet.cell(row, column).is_empty()
            })
        };
        let has_collections = export.column(Field::Collection).is_some_and(is_filled);
        Self {
            titles: titles.into_iter().peekable(),
            present: None,
            may_be_collections: !has_collections && export.layout.input != Input::FailedItems,
            has_rows: false,
        }
    }

    /// The title above the present row.
    pub(super) fn of_row(&mut self, reader: &RowReader<'a>) -> Option<&'a str> {
        if !self.may_be_collections {
            return None;
        }
        let line = reader.origin().line;
        while let Some((_, title)) = self.titles.next_if(|(title_line, _)| *title_line < line) {
            self.present = Some(title);
        }
        match reader.other_row() {
            Some(other) => self.present = other.title().or(self.present),
            None => {
                self.has_rows = true;
                let is_name = |title: &str| title.chars().count() <= LONGEST;
                self.may_be_collections = self.present.is_some_and(is_name);
            }
        }
        self.present.filter(|_| self.may_be_collections)
    }

    /// Whether they were taken as collections.
    pub(super) fn are_collections(&self) -> bool {
        self.may_be_collections && self.has_rows && self.present.is_some()
    }
}
