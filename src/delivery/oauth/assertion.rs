use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fmt, io, process};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use rustls::SignatureScheme;
use rustls::crypto::ring::sign::any_supported_type;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use serde_json::json;
use sha2::{Digest, Sha256};
use x509_cert::der::Decode as _;

/// How long a proof is good.
const LIFE: TimeDelta = TimeDelta::minutes(10);

/// A certificate or key that proves nothing.
#[derive(Debug, thiserror::Error)]
pub enum UnusableCertificate {
    /// The file cannot be read.
    #[error("{path} cannot be read: {1}", path = .0.display())]
    Unreadable(PathBuf, io::Error),
    /// The file holds something else.
    #[error("{} holds no certificate: it must be a PEM file with “BEGIN CERTIFICATE”", .0.display())]
    NotCertificate(PathBuf),
    /// The file holds something else.
    #[error(
        "{} holds no RSA key without a passphrase: it must be a PEM file with “BEGIN PRIVATE KEY” \
         or “BEGIN RSA PRIVATE KEY”",
        .0.display()
    )]
    NotKey(PathBuf),
    /// Each is well, and they do not belong together.
    #[error("the key in {} is not that of the certificate in {}", .1.display(), .0.display())]
    OtherKey(PathBuf, PathBuf),
}

/// Signs with the key of a certificate.
pub(super) struct Signer {
    key: Arc<dyn rustls::sign::SigningKey>,
    thumbprint: String,
    ends_at: DateTime<Utc>,
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({})", self.thumbprint)
    }
}

impl Signer {
    pub(super) fn read(
        certificate_file: &Path,
        key_file: &Path,
    ) -> Result<Self, UnusableCertificate> {
        let read = |path: &Path| {
            let unreadable = |error| UnusableCertificate::Unreadable(path.to_owned(), error);
            std::fs::read(path).map_err(unreadable)
        };
        let not_certificate = || UnusableCertificate::NotCertificate(certificate_file.to_owned());
        let not_key = || UnusableCertificate::NotKey(key_file.to_owned());
        let certificate = CertificateDer::from_pem_slice(&read(certificate_file)?)
            .map_err(|_| not_certificate())?;
        let ends_at = ends_at(&certificate).ok_or_else(not_certificate)?;
        let key = PrivateKeyDer::from_pem_slice(&read(key_file)?).map_err(|_| not_key())?;
        let key = any_supported_type(&key).map_err(|_| not_key())?;
        if key
            .choose_scheme(&[SignatureScheme::RSA_PSS_SHA256])
            .is_none()
        {
            return Err(not_key());
        }
        let thumbprint = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(&certificate));
        let certified = CertifiedKey::new(vec![certificate], Arc::clone(&key));
        if certified.keys_match().is_err() {
            return Err(UnusableCertificate::OtherKey(
                certificate_file.to_owned(),
                key_file.to_owned(),
            ));
        }
        Ok(Self {
            key,
            thumbprint,
            ends_at,
        })
    }

    pub(super) fn certificate_ends_at(&self) -> DateTime<Utc> {
        self.ends_at
    }

    /// A proof of the client for the endpoint (RFC 7523 3), signed by PS256 (RFC 7518 3.5), with the
    /// certificate's thumbprint (RFC 7515 4.1.8). `None` where the key does not sign.
    pub(super) fn assertion(&self, client: &str, url: &str, now: DateTime<Utc>) -> Option<String> {
        let header = json!({"alg": "PS256", "typ": "JWT", "x5t#S256": self.thumbprint});
        let nanoseconds = now.timestamp_nanos_opt().unwrap_or_default();
        let claims = json!({
            "aud": url,
            "iss": client,
            "sub": client,
            "jti": format!("{}-{nanoseconds}", process::id()),
            "iat": now.timestamp(),
            "nbf": now.timestamp(),
            "exp": (now + LIFE).timestamp(),
        });
        let part = |value: &serde_json::Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&header), part(&claims));
        let signer = self.key.choose_scheme(&[SignatureScheme::RSA_PSS_SHA256])?;
        let signature = signer.sign(signed.as_bytes()).ok()?;
        Some(format!(
            "{signed}.{}",
            BASE64_URL_SAFE_NO_PAD.encode(signature)
        ))
    }
}

fn ends_at(certificate: &CertificateDer<'_>) -> Option<DateTime<Utc>> {
    let certificate = x509_cert::Certificate::from_der(certificate).ok()?;
    let ends_at = certificate.tbs_certificate.validity.not_after;
    let seconds = i64::try_from(ends_at.to_unix_duration().as_secs()).ok()?;
    DateTime::from_timestamp(seconds, 0)
}
