//! What a template is filled with, and a template of the settings' own folder.

use std::sync::LazyLock;

use migration_monitor::render::{TemplateText, Templates, words};
use migration_monitor::report::ReportModel;

/// Between a template and a model.
const NEXT: &str = "\n%%\n";
/// What no template of ours has, and no text of a model may bring in.
const ACTIVE: [&str; 3] = ["<script", "<iframe", "<object"];

static BUILT_IN: LazyLock<Templates> = LazyLock::new(|| Templates::new(&[]).unwrap());
static MODEL: LazyLock<ReportModel> =
    LazyLock::new(|| serde_json::from_str(include_str!("../seeds/model.json")).unwrap());

/// Fills the built-in templates with a model, or a template with a model, and asserts what must hold.
pub fn fill(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (template, model) = text.split_once(NEXT).unwrap_or(("", &text));
    let model = serde_json::from_str::<ReportModel>(model);
    if let Ok(model) = &model
        && let Ok((page, _)) = words(model, &BUILT_IN)
    {
        let page = page.to_ascii_lowercase();
        for active in ACTIVE {
            assert!(!page.contains(active), "{active} is in the page");
        }
        // Once read it is the same again.
        let written = serde_json::to_string(model).unwrap();
        let again: ReportModel = serde_json::from_str(&written).unwrap();
        assert_eq!(written, serde_json::to_string(&again).unwrap());
    }
    if !template.is_empty() {
        let own = TemplateText {
            name: "failed-item/report.html".to_owned(),
            text: template.to_owned(),
        };
        if let Ok(templates) = Templates::new(&[own]) {
            let _ = words(model.as_ref().unwrap_or(&MODEL), &templates);
        }
    }
}
