use super::*;
use crate::domain::OrganisationCode;

const WHOLE: &str = include_str!("whole.toml");

fn mistake(text: &str) -> String {
    Settings::parse(text, Path::new("monitor.toml"))
        .unwrap_err()
        .to_string()
}

#[test]
fn every_key_of_the_contract_is_read() {
    let settings = Settings::parse(WHOLE, Path::new("monitor.toml"))
        .unwrap()
        .with_paths_below(Path::new("/srv"));
    assert_eq!(
        settings.programme.register,
        Path::new("/srv/organisations.csv")
    );
    assert_eq!(
        &*settings.mail.smtp.unwrap().password_file.unwrap(),
        Path::new("/run/credentials/smtp-password")
    );
    assert_eq!(settings.exports.max_bad_rows.fraction(), 0.01);
    let returns = settings.mail.returns.unwrap();
    assert_eq!(returns.folder.unwrap(), Path::new("/srv/returns"));
}

#[test]
fn a_mistake_is_told_with_line_and_key() {
    let cases = [
        (
            "register = ",
            "regster = ",
            "monitor.toml, line 8, key regster: unknown key `regster`",
        ),
        (
            "0.0001",
            "1.5",
            "monitor.toml, line 7, key expected_failure_rate: the expected failure rate is a \
             fraction between 0 and 1",
        ),
        (
            "Europe/London",
            "Europe/Londinium",
            "monitor.toml, line 6, key time_zone: “Europe/Londinium” is no time zone: write its region \
             and city, as \"Europe/London\"",
        ),
        (
            "Europe/London",
            "new york",
            "line 6, key time_zone: “new york” is no time zone: write its region and city, as \
             \"America/New_York\"",
        ),
        (
            "0.0001",
            "0.01%   # of items",
            "line 7, key expected_failure_rate: a share is a fraction: write 0.0001 for 0.01%",
        ),
        (
            "0.0001",
            "\"0.07 %\"",
            "line 7, key expected_failure_rate: a share is a fraction: write 0.0007 for 0.07 %",
        ),
        (
            "{organisation}/{date}/sync-state*",
            "{organization}/{date}/sync-state*",
            "key sync_state: “{organization}” stands for nothing: what stands in braces is \
             {organisation} or {date}",
        ),
        (
            "\"smtp\"",
            "\"pigeon\"",
            "monitor.toml, line 23, key transport: unknown variant `pigeon`",
        ),
        (
            "contact = \"central.team@nhs.example\"",
            "contact = \"Central Team\"",
            "line 3, key contact: not an email address",
        ),
        (
            "contact = \"central.team@nhs.example\"",
            "contact = \"a@elsewhere.invalid\"",
            "line 3, key contact: the domain elsewhere.invalid is not one of",
        ),
        (
            "name = \"Example migration programme\"\n",
            "",
            "line 1, key programme: missing key `name`",
        ),
        (
            "{organisation}/{date}/sync-state*",
            "{organisation}/sync-state*",
            "key sync_state: the pattern must contain {date}",
        ),
        (
            "{organisation}/{date}/failed-items*",
            "../{organisation}/{date}",
            "key failed_items: the pattern must stay below",
        ),
        (
            "\"starttls\"",
            "\"none\"",
            "key security: plain text is only for a server on this machine",
        ),
        ("[mail.smtp]", "[mail.smpt]", "unknown key `smpt`"),
        (
            "folder = \"returns\"\nmessage_trace = \"returns/trace*.csv\"\n",
            "",
            "key mail.returns: the section names neither folder nor message_trace",
        ),
        (
            "returns/trace*",
            "returns/*/trace*",
            "key mail.returns: in message_trace a * may stand in the name of a file",
        ),
        ("port = 587", "port = 587000", "key port: "),
        (
            "port = 587",
            "port = 587\nconnections = 4",
            "key connections: this version sends over one connection",
        ),
        (
            "tls = true",
            "tls = false",
            "key tls: without encryption only a database on this machine may be reached",
        ),
        (
            "messages_per_minute = 30",
            "expires_after_hours = 0",
            "key expires_after_hours: ",
        ),
        ("time_zone = ", "time_zone ", "monitor.toml, line 6"),
    ];
    for (right, wrong, message) in cases {
        assert!(WHOLE.contains(right), "{right}");
        let told = mistake(&WHOLE.replacen(right, wrong, 1));
        assert!(told.contains(message), "{wrong}: {told}");
    }
}

#[test]
fn confidential_mail_goes_where_somebody_logs_in_or_to_this_machine() {
    let is_protected = |text: &str| {
        Settings::parse(text, Path::new("monitor.toml"))
            .unwrap()
            .mail
            .may_be_confidential()
    };
    let username = WHOLE
        .lines()
        .find(|line| line.starts_with("username"))
        .unwrap();
    let open = WHOLE.replace(username, "");
    assert!(is_protected(WHOLE) && !is_protected(&open));
    assert!(is_protected(
        &open.replace("transport = \"smtp\"", "transport = \"outbox\"")
    ));
    let host = open.lines().find(|line| line.starts_with("host")).unwrap();
    for (name, is_here) in [
        ("127.0.0.1", true),
        ("::1", true),
        ("localhost", true),
        ("10.0.0.1", false),
        ("localhost.nhs.example", false),
    ] {
        assert_eq!(
            is_protected(&open.replace(host, &format!("host = \"{name}\""))),
            is_here,
            "{name}"
        );
    }
}

#[test]
fn a_mistake_shows_nothing_that_hides() {
    let wrong = WHOLE.replacen("contact", "con\0\u{202E}tact", 1);
    let told = Settings::parse(&wrong, Path::new("monitor.toml")).unwrap_err();
    let told = told.to_string();
    let hides = crate::domain::invisible::is_invisible;
    assert!(
        told.contains(", line ") && !told.contains(hides),
        "{told:?}"
    );
}

#[test]
fn a_transport_needs_its_section() {
    let text = WHOLE.replace("transport = \"smtp\"", "transport = \"sendmail\"");
    assert!(mistake(&text).contains("there is no section [mail.sendmail]"));
    let text = WHOLE
        .replace("transport = \"smtp\"", "transport = \"outbox\"")
        .replace("[mail.outbox]\nfolder = \"outbox\"\n", "");
    assert!(mistake(&text).contains(
        "key transport: the transport is \"outbox\", but there is no section [mail.outbox]"
    ));
}

/// The whole of the settings, with tokens in place of the password, and two more accounts.
fn by_token(oauth: &str) -> String {
    let password = WHOLE
        .lines()
        .find(|line| line.starts_with("password_file") && line.contains("smtp"))
        .unwrap();
    WHOLE.replace(
        password,
        &format!(
            "[mail.smtp.oauth]\ntoken_url = \"https://login.example/t/token\"\nclient_id = \"a\"\n\
             {oauth}\n[[mail.smtp.account]]\nfrom = \"second@nhs.example\"\n\
             [[mail.smtp.account]]\nfrom = \"third@nhs.example\"\nusername = \"upn@nhs.example\"\n\
             messages_per_minute = 10"
        ),
    )
}

#[test]
fn tokens_and_accounts_are_read() {
    let settings = Settings::parse(
        &by_token("certificate_file = \"c.pem\"\nkey_file = \"k.pem\""),
        Path::new("monitor.toml"),
    )
    .unwrap()
    .with_paths_below(Path::new("/srv"));
    let mail = &settings.mail;
    let oauth = mail.smtp.as_ref().unwrap().oauth.as_ref().unwrap();
    assert_eq!(
        oauth.certificate_file.as_deref(),
        Some(Path::new("/srv/c.pem"))
    );
    assert_eq!(oauth.key_file.as_deref(), Some(Path::new("/srv/k.pem")));
    assert_eq!(oauth.scope, "https://outlook.office365.com/.default");
    let accounts: Vec<_> = mail
        .accounts()
        .into_iter()
        .map(|account| {
            assert!(account.password().unwrap().is_none());
            let another = account.sends_as_another();
            (
                account.username.unwrap(),
                account.messages_per_minute.get(),
                another,
            )
        })
        .collect();
    assert_eq!(
        accounts,
        [
            ("migration.reports@nhs.example".to_owned(), 30, false),
            ("second@nhs.example".to_owned(), 30, false),
            ("upn@nhs.example".to_owned(), 10, true),
        ]
    );
    // Each organisation has its account, whatever others there are, and each account has many.
    let mut shares = [0; 3];
    for number in 0..600 {
        let code = OrganisationCode::parse(&format!("Z{number:03}")).unwrap();
        let account = mail.account_of(&code);
        assert_eq!(mail.sender_of(&code), &mail.accounts()[account].from);
        shares[account] += 1;
    }
    assert!(
        shares.iter().all(|share| (150..=250).contains(share)),
        "{shares:?}"
    );
}

#[test]
fn a_log_in_that_contradicts_itself_is_told() {
    let certified = "certificate_file = \"c.pem\"";
    let whole = by_token(certified);
    assert!(Settings::parse(&whole, Path::new("monitor.toml")).is_ok());
    for (right, wrong, message) in [
        (
            "[mail.smtp.oauth]",
            "password_file = \"p\"\n[mail.smtp.oauth]",
            "key password_file: with [mail.smtp.oauth] there is no password",
        ),
        (
            "https://login",
            "http://login",
            "key token_url: it must begin with https://",
        ),
        (
            certified,
            "certificate_file = \"c.pem\"\nsecret_file = \"s\"",
            "key secret_file: a certificate or a secret",
        ),
        (
            certified,
            "key_file = \"k.pem\"",
            "key key_file: a key belongs to a certificate",
        ),
        (
            certified,
            "secret_file = \"s\"\nrefresh_token_file = \"r\"",
            "key refresh_token_file: a refresh token logs in the one account",
        ),
        (
            certified,
            "secret_expires = \"soon\"",
            "key secret_expires: a day is written as in",
        ),
        (
            "username = \"migration.reports@nhs.example\"\n",
            "",
            "a token logs an account in: name it as username",
        ),
        (
            "from = \"second@nhs.example\"",
            "from = \"third@nhs.example\"",
            "each account under [[mail.smtp.account]] has an address of its own",
        ),
        (
            "from = \"second@nhs.example\"",
            "from = \"second@elsewhere.invalid\"",
            "the domain elsewhere.invalid is not one of mail.allowed_domains",
        ),
        (
            "messages_per_minute = 30",
            "messages_per_minute = 0",
            "key messages_per_minute: ",
        ),
        (
            "messages_per_minute = 10",
            "messages_per_minute = 0",
            "key messages_per_minute: ",
        ),
    ] {
        assert!(whole.contains(right), "{right}");
        let told = mistake(&whole.replacen(right, wrong, 1));
        assert!(told.contains(message), "{wrong}: {told}");
    }
}
