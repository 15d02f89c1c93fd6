use super::*;

#[test]
fn the_first_rule_that_matches_gives_the_cause() {
    let rules = CauseRules::built_in().unwrap();
    for (code, text, cause) in [
        (
            Some("0x80040305"),
            Some("Message size exceeds the maximum allowed (66.2 MB of 40 MB)"),
            "Item too large",
        ),
        (
            None,
            Some("MAILBOX QUOTA exceeded on target"),
            "Mailbox over its size limit",
        ),
        (Some("0x80070005"), None, "Permission or folder setting"),
        (None, Some("Connection timed out"), "Temporary fault"),
        (
            None,
            Some("The item is corrupted and cannot be read"),
            "Item corrupted",
        ),
        (
            Some("0x80040115"),
            Some("The item is corrupted"),
            "Item corrupted",
        ),
        (Some("0x80040115"), Some("Fault 7"), "Temporary fault"),
        (Some("42"), Some("An unheard-of thing"), "Other"),
        (None, None, "Other"),
        (Some("-2147220731"), None, "Item too large"),
        (
            None,
            Some("Unable to copy (hr=0x8004011b)"),
            "Item corrupted",
        ),
        (
            Some("ErrorQuotaExceeded"),
            None,
            "Mailbox over its size limit",
        ),
        (
            None,
            Some("MapiExceptionNoAccess"),
            "Permission or folder setting",
        ),
    ] {
        assert_eq!(
            rules.cause(Some("IPM.Note"), code, text).name,
            cause,
            "{code:?} {text:?}"
        );
    }
    for kind in [
        "CorruptFolderACL",
        "CorruptFolderRule",
        "CorruptMailboxSecurityDescriptor",
        "CorruptSearchFolderCriteria",
        "CorruptFolderProperty",
        "CorruptInferenceProperties",
        "CorruptMailboxSetting",
        "FolderPropertyMismatch",
    ] {
        assert_eq!(
            rules
                .cause(Some(kind), Some(kind), Some("The item is corrupt"))
                .name,
            "Permission or folder setting",
            "{kind}"
        );
    }
    assert_eq!(
        rules.cause(Some("CorruptItem"), None, None).name,
        "Item corrupted"
    );
    assert_eq!(
        rules.cause(Some("LargeItem"), None, None).name,
        "Item too large"
    );
}

#[test]
fn what_an_item_is_called_does_not_decide_its_cause() {
    let rules = CauseRules::built_in().unwrap();
    let mut classify = rules.classifier();
    let known = [
        "Quota exceeded by Dr Ash",
        "Inbox/Access denied",
        "Ada Corrupt",
    ];
    for (text, cause) in [
        (
            "Copying Quota exceeded by Dr Ash of Ada Corrupt failed",
            "Other",
        ),
        (
            "Inbox/Access denied: the network is down",
            "Temporary fault",
        ),
        ("Quota exceeded by Dr Ash", "Mailbox over its size limit"),
        ("Corrupt", "Item corrupted"),
    ] {
        assert_eq!(
            classify([None, None, Some(text.into())], &known).name,
            cause,
            "{text}"
        );
    }
}

#[test]
fn each_line_of_a_pattern_may_match_unless_what_a_rule_is_not_about_does() {
    let pattern = "pattern = '''\n quota\n\n is full$\n'''\nunless = 'bandwidth'";
    let rules = OWN.replace("pattern = \"journal\"", pattern);
    let rules = CauseRules::parse(&rules.replace("0x8BAD", "-2147219956")).unwrap();
    for (code, text, cause) in [
        (None, "Over quota", "Journal too old"),
        (None, "It is full", "Journal too old"),
        (None, "It is full of it", "Unexplained"),
        (None, "Over the bandwidth quota", "Unexplained"),
        (
            Some("0x8004060C"),
            "Over the bandwidth quota",
            "Local fault",
        ),
    ] {
        assert_eq!(rules.cause(None, code, Some(text)).name, cause, "{text}");
    }
}

const OWN: &str = r#"[[rule]]
name = "Journal too old"
pattern = "journal"
owner = "organisation"
action = "Ask the user to export it."

[[rule]]
name = "Local fault"
codes = ["0x8BAD"]
owner = "migration-team"
action = "We ask the tool's makers"

[other]
name = "Unexplained"
owner = "migration-team"
action = "We look into these"
"#;

#[test]
fn own_rules_replace_the_built_in_ones() {
    let rules = CauseRules::parse(OWN).unwrap();
    let cause = |code, text| rules.cause(None, code, text);
    assert_eq!(
        cause(None, Some("A Journal entry")).action,
        "Ask the user to export it",
        "the report ends the sentence"
    );
    assert_eq!(cause(Some("0x8bad"), Some("Anything")).name, "Local fault");
    assert_eq!(cause(None, Some("Message too large")).name, "Unexplained");
}

#[test]
fn a_mistake_is_told_with_line_and_column() {
    for (right, wrong, told) in [
        (
            "\"journal\"",
            "\"(\"",
            "line 3, column 11: the pattern is not a regular expression: unclosed group",
        ),
        (
            "\"journal\"",
            "\".*\"",
            "line 3, column 11: the pattern matches everything",
        ),
        (
            "\"organisation\"",
            "\"nobody\"",
            "line 4, column 9: unknown variant `nobody`",
        ),
        (
            "codes = [\"0x8BAD\"]\n",
            "",
            "line 8, column 8: the rule applies to nothing",
        ),
        (
            "\"Local fault\"",
            "\"journal TOO old\"",
            "line 8, column 8: two causes are called “journal TOO old”",
        ),
        (
            "\"Local fault\"",
            "\" \"",
            "line 8, column 8: the name stands in reports",
        ),
        (
            "\"We look into these\"",
            "\"a\\nb\"",
            "line 16, column 10: the action stands in reports",
        ),
        (
            "\"We ask the tool's makers\"",
            "\"We ask\"\naction_at_closing = \"\"",
            "line 12, column 21: the action at closing stands in reports",
        ),
        (
            "codes = ",
            "code = ",
            "line 9, column 1: unknown key `code`",
        ),
        (
            "[other]",
            "[others]",
            "line 13, column 2: unknown key `others`",
        ),
        (
            "pattern = \"journal\"",
            "pattern \"journal\"",
            "line 3, column 9: ",
        ),
    ] {
        assert!(OWN.contains(right), "{right}");
        let error = CauseRules::parse(&OWN.replacen(right, wrong, 1))
            .unwrap_err()
            .to_string();
        assert!(error.starts_with(told), "{wrong}: {error}");
    }
}

#[test]
fn every_built_in_cause_says_what_a_user_is_told_and_what_is_done_at_closing() {
    let rules = CauseRules::built_in().unwrap();
    let causes = rules.rules.iter().map(|rule| &rule.cause);
    for cause in causes.chain([&rules.other]) {
        let told = cause.told.as_deref().unwrap();
        assert!(told.ends_with('.') && !told.ends_with(".."), "{told}");
        let is_asked = cause.owner == Owner::Organisation;
        assert_eq!(told.contains("Please "), is_asked, "{told}");
        let at_closing = cause.action_at_closing.as_deref().unwrap();
        assert_eq!(at_closing.starts_with("We "), !is_asked, "{at_closing}");
    }
}
