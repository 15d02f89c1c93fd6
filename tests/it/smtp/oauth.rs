//! Log-ins by token: a fake endpoint with TLS, and a mail server that takes nothing else.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::{Datelike, TimeDelta, Utc};
use migration_monitor::delivery::{
    ClientProof, Deferral, InvalidOauth, OauthClient, SendOutcome, Smtp, SmtpServer, TokenSource,
    Transport,
};
use migration_monitor::settings::Security;
use rcgen::{CertificateParams, KeyPair};
use serde_json::Value;
use x509_cert::der::Decode as _;

use super::{AMINA, Becomes, became, message, settings};
use crate::support::morning::{Morning, files_below};
use crate::support::smtp_server::Misbehaviour::{Cut, Say};
use crate::support::smtp_server::{RunningServer, ScriptedServer, Step};
use crate::support::token_endpoint::{Answer, TokenEndpoint};

const SECRET: &str = "a-secret~that.nobody_may-see";
/// A key of nobody, made for these tests: ring makes none of this kind.
const RSA_KEY: &str = include_str!("../support/rsa-key.pem");

fn tokens(endpoint: &TokenEndpoint, folder: &Path, proof: ClientProof) -> TokenSource {
    let ca_file = folder.join("endpoint.pem");
    std::fs::write(&ca_file, &endpoint.authority).unwrap();
    TokenSource::new(OauthClient {
        token_url: endpoint.url(),
        client_id: "the-client".to_owned(),
        scope: "https://outlook.office365.com/.default".to_owned(),
        proof,
        ca_file: Some(ca_file),
        patience: Duration::from_secs(2),
    })
    .unwrap()
}

fn smtp(server: &RunningServer, tokens: TokenSource) -> Smtp {
    Smtp::new(SmtpServer {
        username: Some("reports@nhs.example".to_owned()),
        tokens: Some(Arc::new(tokens)),
        ..settings(server, Security::StartTls)
    })
    .unwrap()
}

/// An endpoint with a script, a server that believes its tokens, and what logs in to it by secret.
fn with_secret(script: &[Answer]) -> (TokenEndpoint, RunningServer, Smtp) {
    let endpoint = TokenEndpoint::start(script.to_vec());
    let server = ScriptedServer::new()
        .starttls()
        .tokens(&endpoint.tokens)
        .start();
    let folder = tempfile::tempdir().unwrap();
    let source = tokens(&endpoint, folder.path(), ClientProof::Secret(SECRET.into()));
    let smtp = smtp(&server, source);
    (endpoint, server, smtp)
}

/// A certificate of the key, good until so many days from now, and the files of both.
fn certificate(folder: &Path, days: i64) -> (PathBuf, PathBuf) {
    let key = KeyPair::from_pem(RSA_KEY).unwrap();
    let mut parameters = CertificateParams::new(Vec::new()).unwrap();
    let end = Utc::now() + TimeDelta::days(days);
    parameters.not_before = rcgen::date_time_ymd(2020, 1, 1);
    parameters.not_after = rcgen::date_time_ymd(
        end.year(),
        u8::try_from(end.month()).unwrap(),
        u8::try_from(end.day()).unwrap(),
    );
    let certificate = parameters.self_signed(&key).unwrap();
    let files = (folder.join("certificate.pem"), folder.join("key.pem"));
    std::fs::write(&files.0, certificate.pem()).unwrap();
    std::fs::write(&files.1, RSA_KEY).unwrap();
    files
}

#[test]
fn one_token_serves_as_long_as_it_is_good() {
    let (endpoint, server, mut smtp) = with_secret(&[Answer::Token(3_600)]);
    for _ in 0..3 {
        assert_eq!(became(&smtp.send(&message(AMINA))), Becomes::Accepted);
        smtp.finish();
    }
    assert_eq!((server.received().len(), server.connections()), (3, 3));
    let questions = endpoint.questions();
    assert_eq!(questions.len(), 1);
    let field = |name: &str| questions[0].get(name).map(String::as_str);
    assert_eq!(field("grant_type"), Some("client_credentials"));
    assert_eq!(field("client_id"), Some("the-client"));
    assert_eq!(field("client_secret"), Some(SECRET));
    assert_eq!(
        field("scope"),
        Some("https://outlook.office365.com/.default")
    );
}

#[test]
fn a_token_is_renewed_before_it_ends() {
    let (endpoint, _server, mut smtp) = with_secret(&[Answer::Token(1), Answer::Token(3_600)]);
    assert_eq!(became(&smtp.send(&message(AMINA))), Becomes::Accepted);
    smtp.finish();
    std::thread::sleep(Duration::from_millis(900));
    for _ in 0..2 {
        assert_eq!(became(&smtp.send(&message(AMINA))), Becomes::Accepted);
        smtp.finish();
    }
    assert_eq!(endpoint.questions().len(), 2);
}

#[test]
fn a_token_that_is_withdrawn_in_the_middle_is_renewed_once() {
    let endpoint = TokenEndpoint::start([Answer::Token(3_600)]);
    let server = ScriptedServer::new()
        .starttls()
        .tokens(&endpoint.tokens)
        .once_at(Step::Reset, Cut)
        .for_recipient(
            "bronwen.price@nhs.example",
            Step::Recipient,
            Say("550 5.1.1 unknown"),
        )
        .start();
    let folder = tempfile::tempdir().unwrap();
    let source = tokens(&endpoint, folder.path(), ClientProof::Secret(SECRET.into()));
    let mut smtp = smtp(&server, source);
    let refused = smtp.send(&message("bronwen.price@nhs.example"));
    assert_eq!(became(&refused), Becomes::Refused);
    // The connection breaks at the next message, and the first token is believed no more.
    endpoint.tokens.lock().unwrap().clear();
    assert_eq!(became(&smtp.send(&message(AMINA))), Becomes::Accepted);
    assert_eq!(endpoint.questions().len(), 2);
    let tries = server.commands();
    let tries = tries.iter().filter(|command| *command == "AUTH");
    assert_eq!(tries.count(), 3);
}

#[test]
fn an_endpoint_that_asks_for_time_gets_it() {
    let busy = |wait| Answer::Say(429, wait, String::new());
    let (endpoint, _server, mut smtp) =
        with_secret(&[busy("Retry-After: 1\r\n"), Answer::Token(3_600)]);
    let began = Instant::now();
    assert_eq!(became(&smtp.send(&message(AMINA))), Becomes::Accepted);
    assert!(began.elapsed() >= Duration::from_secs(1));
    assert_eq!(endpoint.questions().len(), 2);
    let (endpoint, _server, mut smtp) = with_secret(&[busy("Retry-After: 86400\r\n")]);
    assert_eq!(
        became(&smtp.send(&message(AMINA))),
        Becomes::Deferred(Deferral::Unreachable),
        "a day is too long"
    );
    assert_eq!(endpoint.questions().len(), 1);
}

#[test]
fn an_endpoint_that_says_nothing_or_nonsense_puts_off() {
    for answer in [
        Answer::Hang,
        Answer::Say(503, "Retry-After: 0\r\n", String::new()),
        Answer::Say(200, "", "<html>".to_owned()),
        Answer::Say(
            302,
            "Location: https://elsewhere.example/\r\n",
            String::new(),
        ),
    ] {
        let (_endpoint, server, mut smtp) = with_secret(std::slice::from_ref(&answer));
        let outcome = smtp.send(&message(AMINA));
        assert_eq!(
            became(&outcome),
            Becomes::Deferred(Deferral::Unreachable),
            "{answer:?}: {outcome:?}"
        );
        assert!(!server.commands().contains(&"AUTH".to_owned()));
    }
}

#[test]
fn a_refusal_of_the_endpoint_says_what_to_do_and_quotes_no_secret() {
    for (error, advice) in [
        (
            "invalid_client\",\"error_description\":\"AADSTS7000215: Invalid client secret provided.",
            "the secret is wrong",
        ),
        (
            "invalid_client\",\"error_description\":\"AADSTS7000222: The provided client secret keys are expired.",
            "the secret has expired",
        ),
        (
            "unauthorized_client\",\"error_description\":\"AADSTS700016: Application was not found.",
            "client_id",
        ),
        (
            "invalid_client\",\"error_description\":\"not a-secret~that.nobody_may-see",
            "check client_id, and secret",
        ),
        ("invalid_scope", "check scope"),
    ] {
        let body = format!("{{\"error\":\"{error}\"}}");
        let (endpoint, server, mut smtp) = with_secret(&[Answer::Say(401, "", body)]);
        let outcome = smtp.send(&message(AMINA));
        let SendOutcome::Deferred(text, Deferral::LogIn) = &outcome else {
            panic!("{outcome:?}")
        };
        assert!(text.contains(advice) && !text.contains(SECRET), "{text}");
        assert_eq!(endpoint.questions().len(), 1);
        assert!(!server.commands().contains(&"AUTH".to_owned()));
    }
}

#[test]
fn the_claims_of_a_token_that_is_not_believed_name_the_mistake() {
    let claims = r#"{"aud":"https://outlook.office365.com","tid":"tenant","appid":"a","roles":[]}"#;
    let token = format!("e30.{}.signature", BASE64_URL_SAFE_NO_PAD.encode(claims));
    let endpoint = TokenEndpoint::start([Answer::This(token.clone())]);
    let nobody = Arc::default();
    let server = ScriptedServer::new().starttls().tokens(&nobody).start();
    let folder = tempfile::tempdir().unwrap();
    let source = tokens(&endpoint, folder.path(), ClientProof::Secret(SECRET.into()));
    let outcome = smtp(&server, source).send(&message(AMINA));
    let SendOutcome::Deferred(text, Deferral::LogIn) = &outcome else {
        panic!("{outcome:?}")
    };
    assert!(
        text.contains("535 5.7.3") && text.contains("SMTP.SendAsApp") && !text.contains(&token),
        "{text}"
    );
}

#[test]
fn a_server_that_quotes_a_token_is_not_quoted() {
    let endpoint = TokenEndpoint::start([Answer::This("t0k3n-of-nobody".to_owned())]);
    let server = ScriptedServer::new()
        .starttls()
        .tokens(&endpoint.tokens)
        .at(
            Step::LogIn,
            Say("535 5.7.3 t0k3n-of-nobody is not believed"),
        )
        .start();
    let folder = tempfile::tempdir().unwrap();
    let source = tokens(&endpoint, folder.path(), ClientProof::Secret(SECRET.into()));
    let outcome = smtp(&server, source).send(&message(AMINA));
    let text = format!("{outcome:?}");
    assert!(
        text.contains("5.7.3 … is not") && !text.contains("t0k3n"),
        "{text}"
    );
}

#[test]
fn a_certificate_proves_the_application_by_ps256() {
    let endpoint = TokenEndpoint::start([Answer::Token(3_600)]);
    let server = ScriptedServer::new()
        .starttls()
        .tokens(&endpoint.tokens)
        .start();
    let folder = tempfile::tempdir().unwrap();
    let (certificate_file, key_file) = certificate(folder.path(), 100);
    let proof = ClientProof::Certificate {
        certificate_file: certificate_file.clone(),
        key_file,
    };
    let source = tokens(&endpoint, folder.path(), proof);
    let left = source.certificate_ends_at().unwrap() - Utc::now();
    assert!((98..=100).contains(&left.num_days()), "{left}");
    assert_eq!(
        became(&smtp(&server, source).send(&message(AMINA))),
        Becomes::Accepted
    );

    let question = &endpoint.questions()[0];
    assert_eq!(
        question["client_assertion_type"],
        "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    );
    assert!(!question.contains_key("client_secret"));
    let assertion = &question["client_assertion"];
    let (signed, signature) = assertion.rsplit_once('.').unwrap();
    let parts: Vec<Value> = signed
        .split('.')
        .map(|part| serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap())
        .collect();
    let pem = std::fs::read(&certificate_file).unwrap();
    let der = rustls::pki_types::pem::PemObject::from_pem_slice(&pem).unwrap();
    let der: rustls::pki_types::CertificateDer<'_> = der;
    use sha2::Digest as _;
    let thumbprint = BASE64_URL_SAFE_NO_PAD.encode(sha2::Sha256::digest(&der));
    assert_eq!(parts[0]["alg"], "PS256");
    assert_eq!(parts[0]["x5t#S256"], thumbprint.as_str());
    let claims = &parts[1];
    assert_eq!(claims["aud"], endpoint.url().as_str());
    assert_eq!(
        (&claims["iss"], &claims["sub"]),
        (&"the-client".into(), &"the-client".into())
    );
    assert_eq!(
        claims["exp"].as_i64().unwrap() - claims["nbf"].as_i64().unwrap(),
        600
    );
    // By the verifier of the TLS library, with the key that stands in the certificate.
    let certificate = x509_cert::Certificate::from_der(&der).unwrap();
    let key = certificate
        .tbs_certificate
        .subject_public_key_info
        .subject_public_key;
    let provider = rustls::crypto::ring::default_provider();
    let verifiers = provider.signature_verification_algorithms.mapping;
    let (_, verifiers) = verifiers
        .iter()
        .find(|(scheme, _)| *scheme == rustls::SignatureScheme::RSA_PSS_SHA256)
        .unwrap();
    let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).unwrap();
    assert!(verifiers.iter().any(|verifier| {
        verifier
            .verify_signature(key.raw_bytes(), signed.as_bytes(), &signature)
            .is_ok()
    }));
}

#[test]
fn a_clock_that_is_wrong_does_not_stop_the_morning() {
    for hours in [-3, 3] {
        let endpoint = TokenEndpoint::start([Answer::Timely(TimeDelta::hours(hours))]);
        let server = ScriptedServer::new()
            .starttls()
            .tokens(&endpoint.tokens)
            .start();
        let folder = tempfile::tempdir().unwrap();
        let (certificate_file, key_file) = certificate(folder.path(), 100);
        let proof = ClientProof::Certificate {
            certificate_file,
            key_file,
        };
        let source = tokens(&endpoint, folder.path(), proof);
        let outcome = smtp(&server, source).send(&message(AMINA));
        assert_eq!(became(&outcome), Becomes::Accepted, "{hours}: {outcome:?}");
        assert_eq!(endpoint.questions().len(), 2);
    }
}

#[test]
fn what_proves_nothing_is_told_before_anybody_is_asked() {
    let folder = tempfile::tempdir().unwrap();
    let (certificate_file, key_file) = certificate(folder.path(), 100);
    let other = folder.path().join("other.pem");
    std::fs::write(&other, KeyPair::generate().unwrap().serialize_pem()).unwrap();
    let missing = folder.path().join("missing.pem");
    for (certificate, key, words) in [
        (&key_file, &key_file, "holds no certificate"),
        (&certificate_file, &certificate_file, "holds no RSA key"),
        (&certificate_file, &other, "holds no RSA key"),
        (&missing, &key_file, "cannot be read"),
    ] {
        let made = TokenSource::new(OauthClient {
            token_url: "https://localhost/token".to_owned(),
            client_id: "the-client".to_owned(),
            scope: String::new(),
            proof: ClientProof::Certificate {
                certificate_file: certificate.clone(),
                key_file: key.clone(),
            },
            ca_file: None,
            patience: Duration::from_secs(1),
        });
        let text = made.unwrap_err().to_string();
        assert!(
            text.contains(words) && !text.contains("PRIVATE KEY-"),
            "{text}"
        );
    }
    let plain = TokenSource::new(OauthClient {
        token_url: "http://localhost/token".to_owned(),
        client_id: String::new(),
        scope: String::new(),
        proof: ClientProof::Secret(SECRET.into()),
        ca_file: None,
        patience: Duration::from_secs(1),
    });
    assert!(matches!(plain, Err(InvalidOauth::Url(_))));
}

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
