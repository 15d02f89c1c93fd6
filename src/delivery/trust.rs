use std::io;
use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

/// Why it cannot be said whom to trust.
pub(super) enum TrustFault {
    /// The file cannot be read.
    Unreadable(io::Error),
    /// The file holds no certificate that can be used.
    NotCertificates,
}

/// The machine's own authorities, and those in the file (PEM).
pub(super) fn authorities(
    ca_file: Option<&Path>,
) -> Result<Vec<CertificateDer<'static>>, TrustFault> {
    let mut all = rustls_native_certs::load_native_certs().certs;
    if let Some(path) = ca_file {
        let pem = std::fs::read(path).map_err(TrustFault::Unreadable)?;
        let certificates: Vec<_> = CertificateDer::pem_slice_iter(&pem)
            .collect::<Result<_, _>>()
            .map_err(|_| TrustFault::NotCertificates)?;
        // A file without any certificate would be read as an empty list.
        let mut usable = RootCertStore::empty();
        if usable.add_parsable_certificates(certificates.clone()).0 == 0 {
            return Err(TrustFault::NotCertificates);
        }
        all.extend(certificates);
    }
    Ok(all)
}

/// Which certificates a server may show: those of [`authorities`].
pub(super) fn trust(ca_file: Option<&Path>) -> Result<ClientConfig, TrustFault> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(authorities(ca_file)?);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    // Ring has the ciphers of every version of TLS: this does not fail.
    let versions = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|fault| TrustFault::Unreadable(io::Error::other(fault)))?;
    Ok(versions.with_root_certificates(roots).with_no_client_auth())
}
