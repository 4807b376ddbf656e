//! A certificate authority of the server's own: it vouches for the server, and for the clients it gave certificates.
//! Refuses certificates of other authorities: whoever has none, or one that was not issued here, is anonymous.

use crate::core::Identity;
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::{
    RootCertStore, ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer},
    server::WebPkiClientVerifier,
};
use sha2::{Digest as _, Sha256};
use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

/// Certificates cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A key or certificate is refused by its maker.
    #[error("a certificate cannot be made: {0}")]
    Certificate(#[from] rcgen::Error),
    /// The TLS library does not take what was made.
    #[error("TLS cannot be set up: {0}")]
    Setup(#[from] rustls::Error),
    /// The same, about client certificates.
    #[error("client certificates cannot be set up: {0}")]
    Verifier(#[from] rustls::server::VerifierBuilderError),
}

/// A certificate authority with the certificates it has issued. Its key is in memory only.
#[derive(Clone)]
pub struct Authority {
    shared: Arc<Shared>,
}

struct Shared {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
    token: String,
    config: Arc<ServerConfig>,
    issued: Mutex<BTreeMap<Vec<u8>, Arc<Identity>>>,
}

/// What a client shows to be known.
#[derive(Clone, PartialEq, Eq)]
pub struct ClientCertificate {
    /// The certificate in PEM.
    pub certificate: String,
    /// Its private key in PEM.
    pub key: String,
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authority").finish_non_exhaustive()
    }
}

impl fmt::Debug for ClientCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientCertificate").finish_non_exhaustive()
    }
}

impl Authority {
    /// A new authority, and a certificate for a server that is reached under these names and addresses.
    ///
    /// # Errors
    ///
    /// If a name is neither a DNS name nor an address.
    pub fn generate(hosts: impl IntoIterator<Item = impl Into<String>>) -> Result<Self, TlsError> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new(Vec::new())?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
        params.distinguished_name.push(DnType::CommonName, "kro-apiserver-ca");
        let own = params.self_signed(&key)?;
        let token = token(&key);
        let issuer = Issuer::new(params, key);

        let hosts: Vec<String> = hosts.into_iter().map(Into::into).collect();
        let (server, server_key) =
            leaf(&issuer, hosts, "kro-apiserver", ExtendedKeyUsagePurpose::ServerAuth)?;
        let mut roots = RootCertStore::empty();
        roots.add(own.der().clone())?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone())
            .allow_unauthenticated()
            .build()?;
        let key = PrivateKeyDer::try_from(server_key.serialize_der())
            .map_err(|why| rustls::Error::General(why.to_owned()))?;
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_client_cert_verifier(verifier)
            .with_single_cert(vec![server.der().clone()], key)?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let shared =
            Shared { issuer, pem: own.pem(), token, config: Arc::new(config), issued: Mutex::default() };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// The authority's certificate in PEM, which clients are to trust.
    pub fn pem(&self) -> &str {
        &self.shared.pem
    }

    /// A bearer token that nobody can guess: as hard to find out as the authority's key.
    pub fn token(&self) -> &str {
        &self.shared.token
    }

    /// A certificate that makes its holder known as somebody.
    ///
    /// # Errors
    ///
    /// If the maker of certificates refuses the name.
    pub fn issue(&self, identity: Identity) -> Result<ClientCertificate, TlsError> {
        let usage = ExtendedKeyUsagePurpose::ClientAuth;
        let (certificate, key) = leaf(&self.shared.issuer, Vec::new(), &identity.user, usage)?;
        let mut issued = self.shared.issued.lock().unwrap_or_else(PoisonError::into_inner);
        issued.insert(certificate.der().to_vec(), Arc::new(identity));
        Ok(ClientCertificate { certificate: certificate.pem(), key: key.serialize_pem() })
    }

    pub(super) fn config(&self) -> Arc<ServerConfig> {
        self.shared.config.clone()
    }

    /// Whose certificate a client has shown; the handshake has proved that it holds the key.
    pub(super) fn identify(&self, shown: Option<&[CertificateDer<'_>]>) -> Option<Arc<Identity>> {
        let issued = self.shared.issued.lock().unwrap_or_else(PoisonError::into_inner);
        issued.get(shown?.first()?.as_ref()).cloned()
    }
}

fn leaf(
    issuer: &Issuer<'static, KeyPair>,
    hosts: Vec<String>,
    name: &str,
    usage: ExtendedKeyUsagePurpose,
) -> Result<(rcgen::Certificate, KeyPair), TlsError> {
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::new(hosts)?;
    params.distinguished_name.push(DnType::CommonName, name);
    params.extended_key_usages = vec![usage];
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    let certificate = params.signed_by(&key, issuer)?;
    Ok((certificate, key))
}

/// Derived from a key that is fresh and secret.
fn token(key: &KeyPair) -> String {
    let mut digest = Sha256::new();
    digest.update(b"bearer token");
    digest.update(key.serialize_der());
    BASE64_URL_SAFE_NO_PAD.encode(digest.finalize())
}
