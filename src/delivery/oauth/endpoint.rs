use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::thread;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use rustls::pki_types::CertificateDer;
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use ureq::http::Response;
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::{Agent, Body};

use super::super::masking::{fit_to_keep, without_secrets};
use super::super::trust::authorities;
use super::assertion::Signer;
use super::{ClientProof, InvalidOauth, OauthClient, Token, TokenFault};

/// How often an endpoint that has too much to do, or fails, is asked.
const GOES: usize = 3;
/// The longest wait that an endpoint may ask for: more puts the deliveries off.
const LONGEST_WAIT: Duration = Duration::from_mins(2);
/// The wait where it names none.
const USUAL_WAIT: Duration = Duration::from_secs(2);
/// Clocks that differ by more than this make proofs that are not believed.
const SKEW: TimeDelta = TimeDelta::minutes(2);
/// The life of a token of which it is not said (RFC 6749 5.1 only recommends to say it).
const USUAL_LIFE: Duration = Duration::from_mins(5);
/// More than a token needs.
const MOST_BYTES: u64 = 256 * 1024;

/// A token endpoint, and how to ask it.
#[derive(Debug)]
pub(super) struct Endpoint {
    client: OauthClient,
    signer: Option<Signer>,
    agent: Agent,
    /// How many seconds the endpoint's clock is before ours.
    skew: AtomicI64,
}

/// RFC 6749 5.1 and 5.2.
#[derive(Deserialize)]
struct TokenResponse {
    access_token: Option<SecretString>,
    expires_in: Option<Seconds>,
    error: Option<String>,
    error_description: Option<String>,
}

/// A number, or, from some endpoints, a number in quotes.
#[derive(Deserialize)]
#[serde(untagged)]
enum Seconds {
    Number(u64),
    Text(String),
}

/// What came of one question.
enum Attempt {
    Given(Token),
    Failed(TokenFault),
    /// To be asked again after a while, if at all: else this.
    Again(Duration, TokenFault),
}

impl Endpoint {
    pub(super) fn new(client: OauthClient) -> Result<Self, InvalidOauth> {
        if !client.token_url.starts_with("https://") {
            return Err(InvalidOauth::Url(client.token_url));
        }
        let signer = match &client.proof {
            ClientProof::Secret(_) => None,
            ClientProof::Certificate {
                certificate_file,
                key_file,
            } => Some(Signer::read(certificate_file, key_file)?),
        };
        let ca_file = client.ca_file.clone();
        let authorities = authorities(ca_file.as_deref())
            .map_err(|_| InvalidOauth::CaFile(ca_file.unwrap_or_default()))?;
        let own = |der: CertificateDer<'_>| Certificate::from_der(&der).to_owned();
        let roots: Vec<_> = authorities.into_iter().map(own).collect();
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::Specific(Arc::new(roots)))
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .build();
        let agent = Agent::config_builder()
            .tls_config(tls)
            .https_only(true)
            .http_status_as_error(false)
            .max_redirects(0)
            .max_idle_connections(0)
            .timeout_global(Some(client.patience))
            .build()
            .new_agent();
        Ok(Self {
            client,
            signer,
            agent,
            skew: AtomicI64::new(0),
        })
    }

    pub(super) fn signer(&self) -> Option<&Signer> {
        self.signer.as_ref()
    }

    pub(super) fn url(&self) -> &str {
        &self.client.token_url
    }

    /// Asks for a token, again where the endpoint says later.
    pub(super) fn ask(&self) -> Result<Token, TokenFault> {
        let mut last = None;
        for go in 1..=GOES {
            match self.attempt() {
                Attempt::Given(token) => return Ok(token),
                Attempt::Failed(fault) => return Err(fault),
                Attempt::Again(wait, fault) => {
                    last = Some(fault);
                    if wait > LONGEST_WAIT {
                        break;
                    }
                    if go < GOES {
                        thread::sleep(wait);
                    }
                }
            }
        }
        Err(last.unwrap_or_else(|| TokenFault::NotReached(self.not_reached("it was not asked"))))
    }

    fn not_reached(&self, reason: &str) -> String {
        self.no_token(
            reason,
            "check token_url under [mail.smtp.oauth], the network and the firewall, and the variable \
             HTTPS_PROXY where a proxy is in between",
        )
    }

    /// That whoever answered is not known to be the endpoint.
    fn not_trusted(&self, reason: &str) -> String {
        self.no_token(
            reason,
            "this machine does not trust the certificate that it was shown. Where a proxy looks into \
             TLS, the proxy shows its own: name the proxy's certificate authority as ca_file under \
             [mail.smtp], which counts for the token endpoint too, or in the variable SSL_CERT_FILE, \
             or add it to the machine's",
        )
    }

    fn no_token(&self, reason: &str, advice: &str) -> String {
        let host = self.client.token_url.split('/').nth(2).unwrap_or_default();
        format!("no token from {host}: {reason}; {advice}")
    }

    fn attempt(&self) -> Attempt {
        let now = Utc::now() + TimeDelta::seconds(self.skew.load(Ordering::Relaxed));
        let client = self.client.client_id.as_str();
        let mut form = vec![
            ("client_id", client.to_owned()),
            ("scope", self.client.scope.clone()),
        ];
        let consent = self.client.refresh_token.as_ref();
        let consent = consent.map(|token| token.expose_secret().to_owned());
        if let Some(token) = &consent {
            form.push(("grant_type", "refresh_token".to_owned()));
            form.push(("refresh_token", token.clone()));
        } else {
            form.push(("grant_type", "client_credentials".to_owned()));
        }
        let secret = match (&self.client.proof, &self.signer) {
            (ClientProof::Secret(secret), _) => {
                form.push(("client_secret", secret.expose_secret().to_owned()));
                Some(secret.expose_secret().to_owned())
            }
            (_, Some(signer)) => {
                let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
                let assertion = signer.assertion(client, self.url(), now);
                form.push(("client_assertion_type", kind.to_owned()));
                form.push(("client_assertion", assertion.clone().unwrap_or_default()));
                assertion
            }
            (ClientProof::Certificate { .. }, None) => None,
        };
        match self.agent.post(self.url()).send_form(form) {
            Ok(response) => self.read(response, &[secret, consent]),
            Err(error) => {
                let reason = fit_to_keep(&error.to_string(), None);
                let is_distrust =
                    matches!(&error, ureq::Error::Io(error) if is_of_certificate(error));
                let fault = TokenFault::NotReached(match is_distrust {
                    true => self.not_trusted(&reason),
                    false => self.not_reached(&reason),
                });
                match error {
                    // It would be shown again.
                    _ if is_distrust => Attempt::Failed(fault),
                    ureq::Error::Io(_) | ureq::Error::ConnectionFailed => {
                        Attempt::Again(USUAL_WAIT, fault)
                    }
                    _ => Attempt::Failed(fault),
                }
            }
        }
    }

    fn read(&self, mut response: Response<Body>, secrets: &[Option<String>]) -> Attempt {
        let status = response.status().as_u16();
        let header = |name: &str| response.headers().get(name)?.to_str().ok();
        let retry_after = header("retry-after").and_then(|wait| wait.trim().parse().ok());
        let date = header("date").and_then(|date| DateTime::parse_from_rfc2822(date).ok());
        let skew = date.map_or(TimeDelta::zero(), |date| date.to_utc() - Utc::now());
        let body = response.body_mut().with_config().limit(MOST_BYTES);
        let body = Zeroizing::new(body.read_to_string().unwrap_or_default());
        let answer: Option<TokenResponse> = serde_json::from_str(&body).ok();
        if status == 429 || status >= 500 {
            let wait = retry_after.map_or(USUAL_WAIT, Duration::from_secs);
            let fault = self.not_reached(&format!("it answered with HTTP status {status}"));
            return Attempt::Again(wait, TokenFault::NotReached(fault));
        }
        let Some(answer) = answer else {
            let reason = format!("it answered with HTTP status {status} and no JSON");
            return Attempt::Failed(TokenFault::NotReached(self.not_reached(&reason)));
        };
        if let (200, Some(token)) = (status, answer.access_token) {
            let life = match answer.expires_in {
                Some(Seconds::Number(seconds)) => Some(seconds),
                Some(Seconds::Text(text)) => text.parse().ok(),
                None => None,
            };
            let life = life.map_or(USUAL_LIFE, Duration::from_secs);
            return Attempt::Given(Token::new(token, life));
        }
        let said = said(answer.error, answer.error_description, secrets);
        // Once with the endpoint's time: a proof that is of tomorrow is believed by nobody.
        let is_known = self.skew.load(Ordering::Relaxed) != 0;
        if skew.abs() > SKEW && self.signer.is_some() && !is_known {
            self.skew.store(skew.num_seconds(), Ordering::Relaxed);
            let fault = TokenFault::Refused(said, clock_advice(skew));
            return Attempt::Again(Duration::ZERO, fault);
        }
        let advice = if skew.abs() > SKEW {
            clock_advice(skew)
        } else {
            advice(&said).to_owned()
        };
        Attempt::Failed(TokenFault::Refused(said, advice))
    }
}

/// Whether a connection ended since the certificate that was shown is not trusted.
fn is_of_certificate(error: &std::io::Error) -> bool {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref());
    matches!(inner, Some(rustls::Error::InvalidCertificate(_)))
}

/// What the endpoint says, without what it may have been told: a first sentence, and no secret.
fn said(error: Option<String>, description: Option<String>, secrets: &[Option<String>]) -> String {
    let description = description.unwrap_or_default();
    let first = description.split(['\r', '\n']).next().unwrap_or_default();
    let first = first.split(" Trace ID").next().unwrap_or_default();
    let error = error.unwrap_or_else(|| "no token".to_owned());
    let said = without_secrets(&format!("{error} {first}"), secrets.iter().flatten());
    fit_to_keep(said.trim(), None)
}

fn clock_advice(skew: TimeDelta) -> String {
    let minutes = skew.num_minutes().abs();
    let way = if skew < TimeDelta::zero() {
        "fast"
    } else {
        "slow"
    };
    format!(
        "this machine's clock is {minutes} minutes {way}: set it, and have it kept right by NTP"
    )
}

/// What to do, by the code of Microsoft's endpoint or of the standard (RFC 6749 5.2). Its codes:
/// learn.microsoft.com, identity-platform/reference-error-codes.
fn advice(said: &str) -> &'static str {
    const ADVICE: [(&str, &str); 12] = [
        (
            "AADSTS7000215",
            "the secret is wrong: the file or variable must hold its value, not its ID",
        ),
        (
            "AADSTS7000222",
            "the secret has expired: have a new one made in the app registration",
        ),
        (
            "AADSTS700016",
            "client_id is not an application of this tenant: check client_id and the tenant in token_url",
        ),
        (
            "AADSTS90002",
            "the tenant in token_url does not exist: check token_url",
        ),
        (
            "AADSTS900023",
            "the tenant in token_url does not exist: check token_url",
        ),
        (
            "AADSTS700027",
            "the certificate is not among those of the app registration, or has expired: upload it there",
        ),
        (
            "AADSTS700024",
            "the proof is not of this time: check this machine's clock",
        ),
        (
            "AADSTS70011",
            "the scope is wrong: it ends with /.default, as in https://outlook.office365.com/.default",
        ),
        (
            "AADSTS1002012",
            "the scope is wrong: it ends with /.default, as in https://outlook.office365.com/.default",
        ),
        (
            "AADSTS7000229",
            "the application has no service principal in this tenant: an administrator must consent to it",
        ),
        (
            "AADSTS7000112",
            "the application is disabled: an administrator must enable it",
        ),
        (
            "AADSTS53003",
            "Conditional Access keeps the application out: an administrator must allow it from this machine",
        ),
    ];
    let known = ADVICE.iter().find(|(code, _)| said.contains(code));
    known.map_or(
        match said.split(' ').next() {
            Some("invalid_client") => {
                "check client_id, and secret or certificate, under [mail.smtp.oauth] against the app \
                 registration"
            }
            Some("invalid_grant") => {
                "the refresh token is no longer good, or not this application's: have consent given \
                 anew, and put the new token into refresh_token_file"
            }
            Some("invalid_scope") => "check scope under [mail.smtp.oauth]",
            Some("unauthorized_client") => {
                "an administrator must consent to the application in this tenant"
            }
            _ => "check [mail.smtp.oauth] against the app registration",
        },
        |(_, advice)| advice,
    )
}
