//! Tokens in place of passwords: OAuth 2.0 client credentials (RFC 6749 4.4) or a refresh token (6),
//! proved by a secret or by a certificate (RFC 7523 2.2).

mod assertion;
mod claims;
mod endpoint;

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use secrecy::SecretString;

use self::assertion::Signer;
pub use self::assertion::UnusableCertificate;
pub(super) use self::claims::advice;
use self::endpoint::Endpoint;

/// How long before its end a token is renewed, or a fifth of its life where that is less.
const RENEWED_BEFORE_END: Duration = Duration::from_mins(5);

/// What asks for tokens, and where.
#[derive(Debug, Clone)]
pub struct OauthClient {
    /// The token endpoint.
    pub token_url: String,
    /// The registered application.
    pub client_id: String,
    /// What the token is to be good for.
    pub scope: String,
    /// How the application proves itself.
    pub proof: ClientProof,
    /// What a person's consent gave the application, where it does not ask in its own name.
    pub refresh_token: Option<SecretString>,
    /// Certificates (PEM) to trust besides those of the machine.
    pub ca_file: Option<PathBuf>,
    /// How long one question to the endpoint may take.
    pub patience: Duration,
}

impl OauthClient {
    /// How long one question to the endpoint may take as a rule.
    pub const PATIENCE: Duration = Duration::from_secs(30);
}

/// How an application proves itself.
#[derive(Debug, Clone)]
pub enum ClientProof {
    /// By what it alone knows.
    Secret(SecretString),
    /// By signing with the key of a certificate that the endpoint knows.
    Certificate {
        /// The certificate (PEM).
        certificate_file: PathBuf,
        /// Its private key (PEM, RSA).
        key_file: PathBuf,
    },
}

/// Why there are no tokens, before anybody is asked.
#[derive(Debug, thiserror::Error)]
pub enum InvalidOauth {
    /// Neither secret nor token may go in plain text.
    #[error("“{0}” is no address of a token endpoint: it begins with https://")]
    Url(String),
    /// The certificates to trust cannot be had.
    #[error("{} holds no usable certificate of an authority, or cannot be read", .0.display())]
    CaFile(PathBuf),
    /// The certificate of the application cannot be used.
    #[error(transparent)]
    Certificate(#[from] UnusableCertificate),
}

/// Why there is no token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum TokenFault {
    /// The endpoint did not answer, or not now: what happened.
    #[error("{0}")]
    NotReached(String),
    /// It gives this application no token: its words, and what to do.
    #[error("{0}; {1}")]
    Refused(String, String),
}

/// A token, and when it should be renewed.
#[derive(Debug, Clone)]
pub(super) struct Token {
    pub(super) value: SecretString,
    renewed_at: Instant,
}

impl Token {
    fn new(value: SecretString, life: Duration) -> Self {
        let early = RENEWED_BEFORE_END.min(life / 5);
        Self {
            value,
            renewed_at: Instant::now() + life.saturating_sub(early),
        }
    }
}

/// Gives tokens: one as long as it is good, then the next.
#[derive(Debug)]
pub struct TokenSource {
    endpoint: Endpoint,
    kept: Mutex<Option<Token>>,
}

impl TokenSource {
    /// Reads certificates and keys; asks for the first token when one is needed.
    pub fn new(client: OauthClient) -> Result<Self, InvalidOauth> {
        Ok(Self {
            endpoint: Endpoint::new(client)?,
            kept: Mutex::new(None),
        })
    }

    /// When the application's certificate is no longer good; `None` where it has none.
    pub fn certificate_ends_at(&self) -> Option<DateTime<Utc>> {
        self.endpoint.signer().map(Signer::certificate_ends_at)
    }

    pub(super) fn token_url(&self) -> &str {
        self.endpoint.url()
    }

    /// A token that is good for a while.
    pub(super) fn token(&self) -> Result<Token, TokenFault> {
        // Whoever panicked with the lock left a token or none.
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        match &*kept {
            Some(token) if token.renewed_at > Instant::now() => Ok(token.clone()),
            _ => {
                let token = self.endpoint.ask()?;
                *kept = Some(token.clone());
                Ok(token)
            }
        }
    }

    /// That the mail server does not believe the token that is kept.
    pub(super) fn forget(&self) {
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
