/// A setting of a folder or of a mailbox. Some tools list settings among the items that they did not
/// copy; they are no mail, and nothing that anybody wrote is lost with them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SettingKind {
    /// Who may open a folder.
    FolderPermission,
    /// Who may open the whole mailbox.
    MailboxPermission,
    /// A rule that files or answers mail.
    Rule,
    /// How a folder is shown, or what it is searched by.
    View,
    /// A property of a folder, or the place where it stands.
    Folder,
    /// Any other setting of the mailbox.
    MailboxSetting,
}

/// Kinds by the words that tools have for them, without case and punctuation.
///
/// Exchange's are those of `BadItemKind` in `Microsoft.Exchange.MailboxReplicationService`, less
/// `CorruptItem`, `LargeItem` and `MissingItem`, which are mail; scripts for its skipped items name
/// `CorruptMailboxSecurityDescriptor` too. The plain words are assumed.
const WORDS: &[(&str, SettingKind)] = &[
    ("corruptfolderacl", SettingKind::FolderPermission),
    ("acl", SettingKind::FolderPermission),
    ("permission", SettingKind::FolderPermission),
    ("permissions", SettingKind::FolderPermission),
    ("folderpermission", SettingKind::FolderPermission),
    ("folderpermissions", SettingKind::FolderPermission),
    (
        "corruptmailboxsecuritydescriptor",
        SettingKind::MailboxPermission,
    ),
    ("mailboxpermission", SettingKind::MailboxPermission),
    ("mailboxpermissions", SettingKind::MailboxPermission),
    ("corruptfolderrule", SettingKind::Rule),
    ("rule", SettingKind::Rule),
    ("rules", SettingKind::Rule),
    ("inboxrule", SettingKind::Rule),
    ("inboxrules", SettingKind::Rule),
    ("folderrule", SettingKind::Rule),
    ("corruptsearchfoldercriteria", SettingKind::View),
    ("corruptfolderrestriction", SettingKind::View),
    ("view", SettingKind::View),
    ("views", SettingKind::View),
    ("folderview", SettingKind::View),
    ("missingfolder", SettingKind::Folder),
    ("misplacedfolder", SettingKind::Folder),
    ("corruptfolderproperty", SettingKind::Folder),
    ("folderpropertymismatch", SettingKind::Folder),
    ("folderproperty", SettingKind::Folder),
    ("corruptinferenceproperties", SettingKind::MailboxSetting),
    ("corruptmailboxsetting", SettingKind::MailboxSetting),
    ("mailboxsetting", SettingKind::MailboxSetting),
    ("mailboxsettings", SettingKind::MailboxSetting),
];

/// Beginnings of the message classes that Outlook and Exchange give to settings which they keep as
/// hidden messages of a folder ([MS-OXORULE], [MS-OXOCFG]).
const MESSAGE_CLASSES: &[(&str, SettingKind)] = &[
    ("IPM.Rule", SettingKind::Rule),
    ("IPM.ExtendedRule", SettingKind::Rule),
    ("IPM.Note.Rules.", SettingKind::Rule),
    ("IPM.Microsoft.FolderDesign.", SettingKind::View),
    ("IPM.Configuration.", SettingKind::MailboxSetting),
    ("IPM.Microsoft.WunderBar.", SettingKind::MailboxSetting),
];

impl SettingKind {
    /// The kind of setting that a tool's kind of item is; `None` for mail, and for what is not
    /// known.
    #[must_use]
    pub fn of_item_kind(kind: &str) -> Option<Self> {
        let letters = || {
            let letters = kind.bytes().filter(u8::is_ascii_alphanumeric);
            letters.map(|byte| byte.to_ascii_lowercase())
        };
        let begins = |class: &str| {
            let beginning = kind.as_bytes().get(..class.len());
            beginning.is_some_and(|beginning| beginning.eq_ignore_ascii_case(class.as_bytes()))
        };
        let by_word = WORDS.iter().find(|(word, _)| letters().eq(word.bytes()));
        by_word
            .or_else(|| MESSAGE_CLASSES.iter().find(|(class, _)| begins(class)))
            .map(|(_, setting)| *setting)
    }

    /// As reports print it.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::FolderPermission => "Folder permission",
            Self::MailboxPermission => "Mailbox permission",
            Self::Rule => "Rule",
            Self::View => "View or search folder",
            Self::Folder => "Property or place of a folder",
            Self::MailboxSetting => "Mailbox setting",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_told_from_mail_by_the_kind_of_item() {
        for (kind, setting) in [
            ("CorruptFolderACL", Some(SettingKind::FolderPermission)),
            ("corrupt folder acl", Some(SettingKind::FolderPermission)),
            ("Folder Permissions", Some(SettingKind::FolderPermission)),
            ("CorruptFolderRule", Some(SettingKind::Rule)),
            ("IPM.Rule.Version2.Message", Some(SettingKind::Rule)),
            ("ipm.extendedrule.message", Some(SettingKind::Rule)),
            ("MissingFolder", Some(SettingKind::Folder)),
            ("MisplacedFolder", Some(SettingKind::Folder)),
            ("FolderPropertyMismatch", Some(SettingKind::Folder)),
            ("CorruptFolderRestriction", Some(SettingKind::View)),
            (
                "IPM.Microsoft.FolderDesign.NamedView",
                Some(SettingKind::View),
            ),
            (
                "IPM.Configuration.CategoryList",
                Some(SettingKind::MailboxSetting),
            ),
            ("CorruptMailboxSetting", Some(SettingKind::MailboxSetting)),
            ("CorruptItem", None),
            ("LargeItem", None),
            ("MissingItem", None),
            ("IPM.Note", None),
            ("IPM.Appointment", None),
            ("IPM.Note.Ruleset", None),
            ("Email", None),
            ("Folder", None),
            ("", None),
            ("Ärger", None),
        ] {
            assert_eq!(SettingKind::of_item_kind(kind), setting, "{kind}");
        }
    }
}
