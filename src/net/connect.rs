//! The one HTTP client. It follows no redirects, keeps no cookies, sends no Referer, and resolves names through the guard.
use super::guard::{Blocked, Guard};
use async_trait::async_trait;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

#[derive(Clone, Debug)]
pub struct Options {
    pub user_agent: String,
    pub connect_timeout: Duration,
    pub names: Arc<dyn Names>,
}

/// How a name becomes addresses. What it answers is not trusted: every address passes the guard.
#[async_trait]
pub trait Names: Send + Sync + std::fmt::Debug {
    async fn look_up(&self, host: &str) -> io::Result<Vec<IpAddr>>;
}

/// The resolver of the system.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemNames;

#[async_trait]
impl Names for SystemNames {
    async fn look_up(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        Ok(tokio::net::lookup_host((host, 0)).await?.map(|found| found.ip()).collect())
    }
}

#[derive(Debug, thiserror::Error)]
pub enum ConnectFault {
    #[error("TLS cannot be set up: {0}")]
    Tls(#[from] rustls::Error),
    #[error("the HTTP client cannot be built: {0}")]
    Client(#[from] reqwest::Error),
}

/// The guard and the client that obeys it.
#[derive(Clone, Debug)]
pub struct Connector {
    pub guard: Guard,
    pub client: reqwest::Client,
}

/// Idle connections kept per host: requests to one host never overlap, so one is enough.
const IDLE_PER_HOST: usize = 1;

impl Connector {
    pub fn new(guard: Guard, options: &Options) -> Result<Self, ConnectFault> {
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(tls()?)
            .user_agent(&options.user_agent)
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .no_proxy()
            .connect_timeout(options.connect_timeout)
            .pool_max_idle_per_host(IDLE_PER_HOST)
            .dns_resolver(Arc::new(GuardedResolver { guard: guard.clone(), names: Arc::clone(&options.names) }))
            .build()?;
        Ok(Self { guard, client })
    }
}

/// Roots travel in the binary: a machine without ca-certificates works too.
fn tls() -> Result<rustls::ClientConfig, rustls::Error> {
    let roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

/// Gives the client only addresses that the guard has seen: a name cannot be rebound between check and connect.
#[derive(Debug)]
struct GuardedResolver {
    guard: Guard,
    names: Arc<dyn Names>,
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (guard, names) = (self.guard.clone(), Arc::clone(&self.names));
        Box::pin(async move {
            let host = name.as_str().to_owned();
            let found = names.look_up(&host).await?;
            // Port 0: the client puts the port of the address that was asked for.
            let open: Vec<SocketAddr> = found
                .iter()
                .filter(|ip| guard.allows_resolved(&host, **ip))
                .map(|ip| SocketAddr::new(*ip, 0))
                .collect();
            if open.is_empty() {
                if found.is_empty() {
                    return Err(Box::new(io::Error::new(io::ErrorKind::NotFound, "the name has no address"))
                        as Box<dyn std::error::Error + Send + Sync>);
                }
                let why = format!("it resolves to {} private addresses and no public one", found.len());
                return Err(Box::new(Blocked { host, why }) as Box<dyn std::error::Error + Send + Sync>);
            }
            Ok(Box::new(open.into_iter()) as Addrs)
        })
    }
}

/// The guard's verdict, if it is what made the request fail.
pub fn blocked_by(error: &(dyn std::error::Error + 'static)) -> Option<Blocked> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(blocked) = error.downcast_ref::<Blocked>() {
            return Some(blocked.clone());
        }
        cause = error.source();
    }
    None
}
