//! What files are that are no tables, and what is said of each.

/// How whoever has PowerShell exports a table.
macro_rules! export_csv {
    () => {
        "`… | Export-Csv -NoTypeInformation -Encoding utf8`"
    };
}

/// What a file is that is no table that can be read, whatever its name says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)] // the messages say it
pub enum Format {
    #[error("this is an old Excel workbook (.xls): save it as .xlsx")]
    OldWorkbook,
    #[error("this is a binary Excel workbook (.xlsb): save it as .xlsx")]
    BinaryWorkbook,
    #[error("this is an OpenDocument file (.ods): save it as .xlsx")]
    OpenDocument,
    #[error("the workbook is protected by a password: save it without one")]
    Protected,
    #[error("this is a workbook (.xlsx) under another name: let its name end in .xlsx")]
    Workbook,
    #[error("this is a packed file under another name: let its name end in .zip")]
    Zip,
    #[error("this is a packed file under another name: let its name end in .gz")]
    Gzip,
    #[error("this is an archive of another kind (.7z, .rar): pack the export as .zip or .gz")]
    OtherArchive,
    #[error("this is a PDF: export the table itself, as .csv or .xlsx")]
    Pdf,
    #[error("this is a picture: export the table itself, as .csv or .xlsx")]
    Picture,
    #[error("this is a document of a word processor: export the table itself, as .csv or .xlsx")]
    Document,
    #[error("this is an email: save the table that is in it or attached to it, as .csv or .xlsx")]
    Email,
    #[error(
        "this is a web page, whatever its name says: open it in Excel and save it as .xlsx, or \
         export it as .csv"
    )]
    WebPage,
    #[error(
        "this is XML, whatever its name says: open it in Excel and save it as .xlsx, or export it \
         as .csv"
    )]
    Xml,
    #[error(
        "this is PowerShell's own XML (CLIXML, of Export-Clixml): export the table instead, with {}",
        export_csv!()
    )]
    CliXml,
    #[error(
        "this is JSON: export the table instead, as .csv, in PowerShell with {}",
        export_csv!()
    )]
    Json,
    #[error(
        "this is a table as the screen shows it (Format-Table, or what was copied from the \
         console), whose cells may be cut off: export its data, in PowerShell with {}",
        export_csv!()
    )]
    ScreenTable,
    #[error(
        "this is a list as the screen shows it (Format-List), and no table: export its data, in \
         PowerShell with {}",
        export_csv!()
    )]
    ScreenList,
    #[error(
        "this is text without columns: none of its first 20 lines has a comma, a semicolon, a tab or \
         a vertical bar. Export the table itself, in PowerShell with {}",
        export_csv!()
    )]
    Prose,
    #[error("this is text, not a workbook: let its name end in .csv")]
    Text,
    #[error("this is text in UTF-32, which cannot be read: export it as UTF-8")]
    Utf32,
}
