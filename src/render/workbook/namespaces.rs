//! How the parts of a workbook begin (ECMA-376, part 1).

pub(super) const DECLARATION: &str =
    "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
pub(super) const SPREADSHEET: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
pub(super) const RELATIONS: &str =
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
