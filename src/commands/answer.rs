//! What commands give as JSON: one object, whose fields are those of the types here. The schemas in
//! `docs/schemas/` are made of the same types, and a test holds both together.

use serde::Serialize;
use serde_json::{Value, json};

use super::failure::ExitCode;
use crate::domain::{DeliveryCounts, FindingCode, OrganisationCode, ReportDate};
use crate::settings::TransportKind;

/// The version of every object: the next one takes a field away, or gives one another meaning.
const VERSION: u32 = 1;

/// What a command finds.
pub(super) trait Answer: Serialize {}

/// Declares the answer of a command, or a part of one: always serialised, and with a schema in
/// tests.
macro_rules! answers {
    ($($(#[doc = $doc:literal])+ $name:ident {
        $($(#[doc = $of_field:literal])+ $(#[schema($($schema:tt)+)])? $field:ident: $type:ty,)+
    })+) => {$(
        $(#[doc = $doc])+
        #[derive(Debug, Clone, Serialize)]
        #[cfg_attr(test, derive(schemars::JsonSchema))]
        pub(super) struct $name {
            $($(#[doc = $of_field])+ $(#[cfg_attr(test, schemars($($schema)+))])? pub(super) $field: $type,)+
        }
    )+};
}

answers! {
    /// What every object begins with. Where `error` is null, all other fields are there too.
    AnswerHeader {
        /// The command that was asked.
        command: String,
        /// The version of this form. A field may be added without a new one.
        version: u32,
        /// The exit code.
        exit_code: u8,
        /// Why the command ended early; null where it did not.
        error: Option<String>,
    }
    /// `run`: what came of each day.
    RunAnswer {
        /// The days, in their order.
        days: Vec<RunDay>,
    }
    /// A day that was run.
    RunDay {
        /// The day that it is about.
        #[schema(with = "String")] report_date: ReportDate,
        /// The exit code of this day.
        exit_code: u8,
        /// Whether its reports were mailed; false where only its figures were kept.
        is_mailed: bool,
        /// Messages that a server took over in this run.
        sent_now: u64,
        /// Messages that this run put into the outbox: they have not left this machine.
        put_into_outbox_now: u64,
        /// All messages of the day, by the state of their delivery.
        #[schema(with = "tests::ByState")] deliveries: DeliveryCounts,
        /// Each organisation that was asked for and is not closed.
        organisations: Vec<RunOrganisation>,
        /// Mistakes in the register.
        register_mistakes: Vec<String>,
        /// What a run prints at its end, with what is to be done.
        conclusion: Vec<String>,
        /// Where everything of the day lies.
        archive: String,
    }
    /// What came of an organisation.
    RunOrganisation {
        /// The organisation's code.
        #[schema(with = "String")] organisation: OrganisationCode,
        /// The organisation's name.
        name: String,
        /// Why nothing is sent of it; empty where it is not held.
        held: Vec<String>,
        /// What changed since its reports were made, which stand as they are; empty where nothing did.
        changed: Vec<String>,
        /// Its messages, by the state of their delivery.
        #[schema(with = "tests::ByState")] deliveries: DeliveryCounts,
    }
    /// `plan`: what a run would do on each day.
    PlanAnswer {
        /// The days, in their order.
        days: Vec<PlanDay>,
    }
    /// A day that would be run.
    PlanDay {
        /// The day that it is about.
        #[schema(with = "String")] report_date: ReportDate,
        /// How messages would leave.
        #[schema(extend("enum" = TransportKind::ALL.map(TransportKind::name)), with = "String")] transport: TransportKind,
        /// So many messages would be sent.
        to_send: u64,
        /// Mistakes in the register.
        register_mistakes: Vec<String>,
        /// Exports that no organisation of the register has.
        unclaimed: Vec<String>,
        /// Each organisation that was asked for and is not closed.
        organisations: Vec<PlanOrganisation>,
    }
    /// What would be done for an organisation.
    PlanOrganisation {
        /// The organisation's code.
        #[schema(with = "String")] organisation: OrganisationCode,
        /// The organisation's name.
        name: String,
        /// Whether nothing would be sent of it.
        is_held: bool,
        /// What would be done, line by line.
        steps: Vec<PlanStep>,
    }
    /// Why an organisation is held, what is said of a report, or what would be done with a message.
    PlanStep {
        /// The report; null where it is about the organisation.
        report: Option<String>,
        /// The edition of the report; null where it has none.
        edition: Option<u32>,
        /// Who gets the message; null where it is about the report.
        recipient: Option<String>,
        /// What the message holds.
        holds: Option<String>,
        /// What would be done, or why nothing would.
        what: String,
        /// Whether this message would be sent.
        is_due: bool,
    }
    /// `status`: whether the day's run finished, and where its deliveries are.
    StatusAnswer {
        /// The day that it is about.
        #[schema(with = "String")] report_date: ReportDate,
        /// When the last run of all organisations finished; null where none did.
        finished: Option<String>,
        /// Who is at work now, where no run has finished, or waits still for exports; null where nobody
        /// is.
        at_work: Option<String>,
        /// All messages of the day, by the state of their delivery.
        #[schema(with = "tests::ByState")] deliveries: DeliveryCounts,
        /// How many organisations that run held.
        organisations_held: u64,
        /// The codes of those.
        held: Vec<String>,
        /// How many mistakes in the register that run found.
        register_mistakes: u64,
        /// How many organisations the register has more than that run knew.
        organisations_added: u64,
        /// How many recipients the register has more than got a message.
        recipients_added: u64,
        /// What the last run said of itself, where it was killed or the machine stopped; else null.
        interrupted: Option<String>,
    }
    /// `check`: everything that was tried.
    CheckAnswer {
        /// The day whose exports were looked at.
        #[schema(with = "String")] report_date: ReportDate,
        /// What was tried, in its order.
        lines: Vec<CheckLine>,
    }
    /// One thing that was tried.
    CheckLine {
        /// What was found: good, note, warning or bad.
        #[schema(extend("enum" = ["good", "note", "warning", "bad"]))] mark: String,
        /// What was tried, such as exports or mail.
        about: String,
        /// The organisation, where it is about one.
        #[schema(with = "Option<String>")] organisation: Option<OrganisationCode>,
        /// The kind of finding, where it is one of an export.
        #[schema(with = "Option<String>")] code: Option<FindingCode>,
        /// What was found, and what to do; empty where there is nothing to say.
        text: String,
    }
    /// `layouts detect`: what the tables of a file are.
    DetectAnswer {
        /// The file that was looked at.
        file: String,
        /// Why it cannot be read; null where it can.
        reason: Option<String>,
        /// The tables that it holds.
        tables: Vec<DetectedTable>,
    }
    /// A table of a file, and what its layout reads of it.
    DetectedTable {
        /// The file, with the worksheet where it has several.
        name: String,
        /// How it is written.
        form: String,
        /// Why no layout fits; null where one does.
        reason: Option<String>,
        /// The name of the layout; null where none fits.
        layout: Option<String>,
        /// What it is an export of; null where no layout fits.
        input: Option<String>,
        /// Each field of this program, and the columns that it is read from.
        fields: Vec<DetectedField>,
        /// Columns that the state rests on too.
        beside_state: Vec<String>,
        /// Columns that are not added, since another has their sum.
        in_a_sum: Vec<String>,
        /// Columns that are known and not needed.
        not_needed: Vec<String>,
        /// Columns that are not used.
        not_used: Vec<String>,
        /// Words for states that the layout does not have, and how many mailboxes have each.
        unknown_states: Vec<String>,
        /// Its headings, where no layout fits.
        headings: Vec<String>,
        /// What the nearest layout of each input lacks, where none fits.
        nearest: Vec<String>,
    }
    /// A field, and where it comes from.
    DetectedField {
        /// The field of the layout.
        field: String,
        /// Its column or columns, in words.
        from: String,
    }
    /// `deliveries`: what was sent to whom.
    DeliveriesAnswer {
        /// By date, organisation, report, edition and recipient.
        deliveries: Vec<DeliveryLine>,
    }
    /// A delivery, as the ledger has it.
    DeliveryLine {
        /// Its number: what `deliveries resolve` and `deliveries resend` take.
        id: i64,
        /// The day of the report.
        report_date: String,
        /// The organisation's code.
        organisation: String,
        /// The kind of the report, by its name.
        report: String,
        /// The edition of the report.
        edition: u32,
        /// Who gets it.
        recipient: String,
        /// Where the delivery is.
        #[schema(extend("enum" = crate::domain::DeliveryState::ALL.map(|state| state.name())))] state: String,
        /// How often it was handed to a server.
        attempts: u32,
        /// When its state last changed.
        changed_at: String,
        /// When it is due again; null where it is not.
        due_again_at: Option<String>,
        /// Why it is where it is.
        because: Option<String>,
        /// The Message-ID header.
        message_id: String,
    }
    /// `deliveries verify`: archive, ledger and audit log held against each other.
    VerifyAnswer {
        /// The day; null where it is about all.
        #[schema(with = "Option<String>")] report_date: Option<ReportDate>,
        /// The number of the newest entry of the audit log; null where it has none.
        newest_entry: Option<i64>,
        /// The digest of that entry, and so of all before.
        newest_digest: Option<String>,
        /// What the ledger has.
        deliveries: Vec<DeliveryLine>,
        /// What persons decided, in words.
        decisions: Vec<String>,
        /// What is not as it was written; empty where everything is.
        faults: Vec<String>,
    }
    /// `summary`: the Run Summary of a day.
    SummaryAnswer {
        /// The day that it is about.
        #[schema(with = "String")] report_date: ReportDate,
        /// Whether it is of today; where no day is asked for, it is of the newest that has one.
        is_of_today: bool,
        /// How many days it is before today; negative where it is of a day to come.
        age_days: i64,
        /// The edition of the Run Summary, from 1.
        edition: u32,
        /// The lines of its text, as it was sent.
        text: Vec<String>,
        /// Its model: every figure and every list of it, as in `model.json` of its folder.
        model: Value,
    }
}

/// The answers, with the names of their commands.
macro_rules! commands {
    ($($command:literal: $answer:ident;)+) => {
        $(impl Answer for $answer {})+

        /// The schema of each command's object.
        #[cfg(test)]
        fn schemas() -> Vec<(&'static str, Value)> {
            vec![$(($command, tests::schema_of::<$answer>($command)),)+]
        }
    };
}

commands! {
    "run": RunAnswer;
    "plan": PlanAnswer;
    "status": StatusAnswer;
    "check": CheckAnswer;
    "layouts detect": DetectAnswer;
    "deliveries": DeliveriesAnswer;
    "deliveries verify": VerifyAnswer;
    "summary": SummaryAnswer;
}

/// The object of a command: what each begins with, then its answer.
pub(super) fn document(
    command: &str,
    exit_code: ExitCode,
    error: Option<&str>,
    answer: Value,
) -> Value {
    let header = AnswerHeader {
        command: command.to_owned(),
        version: VERSION,
        exit_code: exit_code.number(),
        error: error.map(str::to_owned),
    };
    let mut object = json!(header);
    if let (Some(object), Value::Object(answer)) = (object.as_object_mut(), answer) {
        object.extend(answer);
    }
    object
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use schemars::{JsonSchema, schema_for};

    use super::*;

    /// How many deliveries are in each state, by its name.
    pub(super) struct ByState;

    impl JsonSchema for ByState {
        fn schema_name() -> std::borrow::Cow<'static, str> {
            "ByState".into()
        }

        fn inline_schema() -> bool {
            true
        }

        fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
            let states = crate::domain::DeliveryState::ALL.map(|state| state.name());
            schemars::json_schema!({
                "type": "object",
                "propertyNames": { "enum": states },
                "additionalProperties": { "type": "integer", "minimum": 1 },
            })
        }
    }

    /// The fields of an object, less those of another.
    fn names_in(object: &Value, less: &Value) -> Vec<String> {
        let names = |of: &Value| -> Vec<String> {
            let properties = of["properties"].as_object().into_iter().flatten();
            properties.map(|(name, _)| name.clone()).collect()
        };
        let less = names(less);
        let mut names = names(object);
        names.retain(|name| !less.contains(name));
        names
    }

    /// The schema of an object: the fields of every one, and those of the answer, which are all there
    /// where there is no error.
    pub(super) fn schema_of<T: JsonSchema>(command: &str) -> Value {
        let mut schema = schema_for!(T).to_value();
        let header = schema_for!(AnswerHeader).to_value();
        for (name, property) in header["properties"].as_object().unwrap() {
            schema["properties"][name] = property.clone();
        }
        schema["properties"]["command"]["const"] = json!(command);
        schema["properties"]["version"]["const"] = json!(VERSION);
        schema["required"] = header["required"].clone();
        schema["if"] = json!({ "properties": { "error": { "type": "null" } } });
        schema["then"] = json!({ "required": names_in(&schema, &header) });
        let parts = schema.get_mut("$defs").and_then(Value::as_object_mut);
        for (_, part) in parts.into_iter().flatten() {
            // What is null is there too.
            part["required"] = json!(names_in(part, &json!({})));
        }
        schema["title"] = json!(format!("migration-monitor {command} --format json"));
        schema
    }

    #[test]
    fn the_schemas_are_those_of_the_types_that_are_printed() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schemas");
        for (command, schema) in schemas() {
            let path = folder.join(format!("{}.json", command.replace(' ', "-")));
            let made = format!("{schema:#}\n");
            if std::env::var_os("INSTA_UPDATE").is_some_and(|how| how == "always") {
                std::fs::write(&path, &made).unwrap();
            }
            let kept = std::fs::read_to_string(&path).unwrap_or_default();
            assert_eq!(kept, made, "INSTA_UPDATE=always writes {}", path.display());
        }
    }
}
