//! Days by token, of the program as a whole.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use super::{RSA_KEY, certificate};
use crate::support::morning::{DATE, Morning, Said, files_below};
use crate::support::smtp_server::Misbehaviour::{Say, Silence};
use crate::support::smtp_server::{RunningServer, ScriptedServer, Step};
use crate::support::token_endpoint::{Answer, TokenEndpoint};

/// The sample's day by three accounts that log in by token, with a certificate that ends soon.
fn morning_by_token(endpoint: &TokenEndpoint, server: &RunningServer, days: i64) -> Morning {
    let morning = Morning::of_the_sample();
    let folder = morning.folder.path();
    certificate(folder, days);
    let server_authority = std::fs::read_to_string(&server.ca_file).unwrap();
    std::fs::write(
        folder.join("ca.pem"),
        format!("{server_authority}\n{}", endpoint.authority),
    )
    .unwrap();
    morning.edit("migration-monitor.toml", |settings| {
        let settings = settings
            .replace("transport = \"outbox\"", "transport = \"smtp\"")
            .replace("messages_per_minute = 30", "messages_per_minute = 60000");
        format!(
            "{settings}\n[mail.smtp]\nhost = \"localhost\"\nport = {}\nsecurity = \
             \"starttls\"\nusername = \"migration.reports@nhs.example\"\nca_file = \
             \"ca.pem\"\n[mail.smtp.oauth]\ntoken_url = \"{}\"\nclient_id = \
             \"the-client\"\ncertificate_file = \"certificate.pem\"\nkey_file = \
             \"key.pem\"\n[[mail.smtp.account]]\nfrom = \
             \"migration.reports2@nhs.example\"\n[[mail.smtp.account]]\nfrom = \
             \"migration.reports3@nhs.example\"\nmessages_per_minute = 50000\n",
            server.port,
            endpoint.url()
        )
    });
    morning
}

#[test]
fn a_day_goes_by_three_accounts_and_leaves_no_secret_anywhere() {
    let endpoint = TokenEndpoint::start([Answer::Token(3_600)]);
    let server = ScriptedServer::new()
        .starttls()
        .tokens(&endpoint.tokens)
        .start();
    let morning = morning_by_token(&endpoint, &server, 20);
    let checked = morning.say(&["check"]);
    assert_eq!(checked.exit_code, 0, "{}", checked.all());
    assert!(
        checked
            .stdout
            .matches("good  mail: the server takes")
            .count()
            == 3
            && checked.stdout.contains("WARN  mail: the certificate")
            && checked.stdout.contains("Sent Items"),
        "{}",
        checked.all()
    );
    let run = morning.say(&["run"]);
    assert_eq!(run.exit_code, 0, "{}", run.all());
    assert!(run.stderr.contains("expires in"), "{}", run.stderr);
    let received = server.received();
    assert!(received.len() > 21, "reports and Run Summaries");
    let mut senders: Vec<&str> = received.iter().map(|one| one.from.as_str()).collect();
    for message in &received {
        let text = String::from_utf8_lossy(&message.bytes);
        assert!(
            text.contains(&format!("<{}>\r\n", message.from)),
            "From is the account"
        );
    }
    senders.sort_unstable();
    senders.dedup();
    assert_eq!(senders.len(), 3, "{senders:?}");
    let summary = received
        .iter()
        .find(|one| String::from_utf8_lossy(&one.bytes).contains("Run Summary"))
        .unwrap();
    let parsed = mail_parser::MessageParser::new()
        .parse(&summary.bytes)
        .unwrap();
    let text = parsed.body_text(0).unwrap().replace('\n', " ");
    assert!(text.contains("certificate that logs in"), "{text}");

    let mut said = format!("{}{}", checked.all(), run.all()).into_bytes();
    for (file, bytes) in files_below(morning.folder.path()) {
        if file != "key.pem" && file != "certificate.pem" {
            said.extend(bytes);
        }
    }
    for message in &received {
        said.extend(&message.bytes);
    }
    let key = RSA_KEY.lines().nth(1).unwrap().to_owned();
    let assertion = endpoint.questions()[0]["client_assertion"].clone();
    let mut secrets = vec![key, assertion];
    secrets.extend(endpoint.tokens.lock().unwrap().iter().cloned());
    for secret in secrets {
        let found = memchr::memmem::find(&said, secret.as_bytes());
        assert!(found.is_none(), "{secret}");
    }
}

#[test]
fn a_certificate_that_has_expired_or_soon_will_is_told_ever_louder() {
    let endpoint = TokenEndpoint::start([Answer::Token(3_600)]);
    let server = ScriptedServer::new()
        .starttls()
        .tokens(&endpoint.tokens)
        .start();
    for (days, words) in [
        (-2, Some("has expired on")),
        (4, Some("URGENT: the certificate")),
        (20, Some("WARN  mail: the certificate that logs in")),
        (40, None),
    ] {
        let morning = morning_by_token(&endpoint, &server, days);
        let checked = morning.say(&["check"]);
        assert_eq!(
            checked.stdout.contains("the certificate that logs in"),
            words.is_some(),
            "{}",
            checked.all()
        );
        if let Some(words) = words {
            assert!(checked.stdout.contains(words), "{}", checked.all());
        }
    }
}

/// As the kernel knows it: what others read of a process, and what a crash leaves of it.
#[cfg(target_os = "linux")]
#[test]
fn a_run_that_crashes_leaves_no_secret_in_its_core_nor_in_the_list_of_processes() {
    let endpoint = TokenEndpoint::start([Answer::Token(3_600)]);
    let server = ScriptedServer::new()
        .starttls()
        .tokens(&endpoint.tokens)
        .at(Step::Recipient, Silence)
        .start();
    let morning = morning_by_token(&endpoint, &server, 40);
    let folder = morning.folder.path();
    let script = format!(
        "ulimit -c unlimited; exec '{}' run --send-late --date {DATE} --settings \
         migration-monitor.toml",
        env!("CARGO_BIN_EXE_migration-monitor")
    );
    let mut program = Command::new("bash")
        .args(["-c", &script])
        .current_dir(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // The program waits for an answer, and has token and key in its memory.
    let began = Instant::now();
    while !server.commands().contains(&"RCPT".to_owned()) {
        assert!(
            began.elapsed() < Duration::from_secs(300),
            "nothing is sent"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
    let process = PathBuf::from(format!("/proc/{}", program.id()));
    let filter = std::fs::read_to_string(process.join("coredump_filter")).unwrap();
    assert_eq!(
        u32::from_str_radix(filter.trim(), 16).unwrap(),
        0,
        "{filter}"
    );
    let mut seen = Vec::new();
    for file in ["cmdline", "environ", "status"] {
        seen.extend(std::fs::read(process.join(file)).unwrap());
    }
    let aborted = Command::new("kill")
        .args(["-ABRT", &program.id().to_string()])
        .status()
        .unwrap();
    assert!(aborted.success() && !program.wait().unwrap().success());
    // Where the system hands cores to a program, there is none here.
    for (file, bytes) in files_below(folder) {
        if file.starts_with("core") || file.starts_with("data/") {
            seen.extend(bytes);
        }
    }
    let assertion = endpoint.questions()[0]["client_assertion"].clone();
    let mut secrets = vec![RSA_KEY.lines().nth(1).unwrap().to_owned(), assertion];
    secrets.extend(endpoint.tokens.lock().unwrap().iter().cloned());
    for secret in secrets {
        assert!(memchr::memmem::find(&seen, secret.as_bytes()).is_none());
    }
}

const TENANT: &str = "11111111-2222-3333-4444-555555555555";

/// A token that says this of itself, as Microsoft's do.
fn token(audience: &str, tenant: &str, roles: &str) -> Answer {
    let claims = format!(
        r#"{{"aud":"{audience}","tid":"{tenant}","appid":"app","oid":"enterprise","roles":[{roles}]}}"#
    );
    Answer::This(format!("e30.{}.x", BASE64_URL_SAFE_NO_PAD.encode(claims)))
}

fn refusal(code: &str) -> Answer {
    let body = format!(r#"{{"error":"invalid_client","error_description":"{code}: no."}}"#);
    Answer::Say(401, "", body)
}

/// What `check` says of an endpoint that answers so, and of a server that believes no token, or says
/// something at a step.
fn checked(answer: Answer, said: Option<(Step, &'static str)>) -> Said {
    let endpoint = TokenEndpoint::start([answer]);
    let nobody = Arc::default();
    let server = ScriptedServer::new().starttls();
    let server = match said {
        Some((step, words)) => server.tokens(&endpoint.tokens).at(step, Say(words)),
        None => server.tokens(&nobody),
    };
    let server = server.start();
    let morning = morning_by_token(&endpoint, &server, 100);
    morning.edit("migration-monitor.toml", |settings| {
        settings.replace("/tenant/oauth2", &format!("/{TENANT}/oauth2"))
    });
    morning.say(&["check"])
}

/// Each line of the guide's table that needs an endpoint or a server.
#[test]
fn check_names_each_mistake_of_the_set_up_in_the_words_of_the_guide() {
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/oauth.md");
    let guide = std::fs::read_to_string(guide).unwrap();
    let (exchange, role) = ("https://outlook.office365.com", "\"SMTP.SendAsApp\"");
    let whole = || token(exchange, TENANT, role);
    let at = |step, words| Some((step, words));
    for (answer, said, exit_code, words, advice) in [
        (
            Answer::Say(503, "Retry-After: 0\r\n", String::new()),
            None,
            8,
            "no token from",
            "HTTPS_PROXY",
        ),
        (
            refusal("AADSTS700016"),
            None,
            9,
            "AADSTS700016",
            "client_id",
        ),
        (refusal("AADSTS90002"), None, 9, "AADSTS90002", "token_url"),
        (
            refusal("AADSTS700027"),
            None,
            9,
            "AADSTS700027",
            "upload it",
        ),
        (
            refusal("AADSTS7000215"),
            None,
            9,
            "AADSTS7000215",
            "not its ID",
        ),
        (
            refusal("AADSTS7000222"),
            None,
            9,
            "AADSTS7000222",
            "has expired",
        ),
        (
            token("https://graph.microsoft.com", TENANT, role),
            None,
            9,
            "the token is for",
            "scope =",
        ),
        (
            token(exchange, TENANT, ""),
            None,
            9,
            "the token does not carry SMTP.SendAsApp",
            "consent",
        ),
        (
            token(exchange, "another", role),
            None,
            9,
            "the token is of the tenant",
            "check token_url",
        ),
        (
            whole(),
            None,
            9,
            "the token is as it must be",
            "-AppId app -ObjectId enterprise",
        ),
        (
            whole(),
            at(
                Step::LogIn,
                "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant",
            ),
            9,
            "5.7.139",
            "policy",
        ),
        (
            whole(),
            at(
                Step::LogIn,
                "550 5.7.30 Basic authentication is not supported for Client Submission",
            ),
            9,
            "5.7.30",
            "[mail.smtp.oauth]",
        ),
        (
            whole(),
            at(
                Step::Sender,
                "550 5.7.60 SMTP; Client does not have permissions to send as this sender",
            ),
            9,
            "5.7.60",
            "SendAs",
        ),
    ] {
        let checked = checked(answer, said);
        assert_eq!(checked.exit_code, exit_code, "{words}: {}", checked.all());
        let mut lines = checked.stdout.lines();
        assert!(
            lines.any(|line| line.starts_with("BAD   mail:")
                && line.contains(words)
                && line.contains(advice)),
            "{words}: {}",
            checked.all()
        );
        assert!(guide.contains(words), "the guide has no “{words}”");
    }
}
