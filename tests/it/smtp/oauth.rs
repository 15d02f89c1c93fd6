//! Log-ins by token: a fake endpoint with TLS, and a mail server that takes nothing else.

mod day;

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
        refresh_token: None,
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
fn a_refresh_token_asks_as_whoever_consented_and_is_not_quoted() {
    let consent = "1//consent-of.somebody";
    let refusal = format!(
        "{{\"error\":\"invalid_grant\",\"error_description\":\"{consent} of {SECRET} was revoked.\"}}"
    );
    let endpoint = TokenEndpoint::start([Answer::Token(3_600), Answer::Say(400, "", refusal)]);
    let server = ScriptedServer::new()
        .starttls()
        .tokens(&endpoint.tokens)
        .withdraws_every(2)
        .messages_of_a_connection(1)
        .start();
    let folder = tempfile::tempdir().unwrap();
    let ca_file = folder.path().join("endpoint.pem");
    std::fs::write(&ca_file, &endpoint.authority).unwrap();
    let source = TokenSource::new(OauthClient {
        token_url: endpoint.url(),
        client_id: "the-client".to_owned(),
        scope: "https://mail.google.com/".to_owned(),
        proof: ClientProof::Secret(SECRET.into()),
        refresh_token: Some(consent.into()),
        ca_file: Some(ca_file),
        patience: Duration::from_secs(2),
    });
    let mut smtp = smtp(&server, source.unwrap());
    assert_eq!(became(&smtp.send(&message(AMINA))), Becomes::Accepted);
    let question = &endpoint.questions()[0];
    assert_eq!(question["grant_type"], "refresh_token");
    assert_eq!(question["refresh_token"], consent);
    assert_eq!(question["client_secret"], SECRET);
    // The token is withdrawn, and so was the consent.
    let outcome = smtp.send(&message(AMINA));
    let SendOutcome::Deferred(text, Deferral::LogIn) = &outcome else {
        panic!("{outcome:?}")
    };
    assert!(
        text.contains("… of … was revoked") && text.contains("have consent given anew"),
        "{text}"
    );
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
    for step in [
        Step::LogIn,
        Step::Sender,
        Step::Recipient,
        Step::Data,
        Step::EndOfData,
    ] {
        let endpoint = TokenEndpoint::start([Answer::This("t0k3n-of-nobody".to_owned())]);
        let server = ScriptedServer::new()
            .starttls()
            .tokens(&endpoint.tokens)
            .at(step, Say("535 5.7.3 t0k3n-of-nobody is not believed"))
            .start();
        let folder = tempfile::tempdir().unwrap();
        let source = tokens(&endpoint, folder.path(), ClientProof::Secret(SECRET.into()));
        let outcome = smtp(&server, source).send(&message(AMINA));
        let text = format!("{outcome:?}");
        assert!(
            text.contains("5.7.3 … is not") && !text.contains("t0k3n"),
            "{step:?}: {text}"
        );
    }
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
            refresh_token: None,
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
        refresh_token: None,
        ca_file: None,
        patience: Duration::from_secs(1),
    });
    assert!(matches!(plain, Err(InvalidOauth::Url(_))));
}
