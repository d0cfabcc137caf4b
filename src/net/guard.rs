//! Which addresses may be reached: the public ones, and those the operator allows by name.
//!
//! A feed, a page and a redirect can name any address, and so can the DNS answer for a public name: both are checked, and
//! the connection goes to the very addresses that were checked.
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use url::{Host, Url};

/// Why an address may not be reached.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{host} may not be reached: {why}")]
pub struct Blocked {
    pub host: String,
    pub why: String,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is neither a host, a host:port nor a network (10.1.0.0/16)")]
pub struct GuardFault(String);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Allowed {
    Host { name: String, port: Option<u16> },
    Network { base: u128, bits: u32 },
}

/// RFC 9110 asks everybody to support 8,000; longer ones are traps or mistakes.
const URL_BYTES_MAX: usize = 8_000;

/// Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Guard {
    allowed: Vec<Allowed>,
}

impl Guard {
    pub fn new(allow: &[String]) -> Result<Self, GuardFault> {
        let allowed = allow
            .iter()
            .map(|rule| parse_rule(rule).ok_or_else(|| GuardFault(rule.clone())))
            .collect::<Result<_, _>>()?;
        Ok(Self { allowed })
    }

    /// What can be told from the address alone; names are checked again when they are resolved.
    pub fn check_url(&self, url: &Url) -> Result<(), Blocked> {
        let blocked =
            |why: &str| Err(Blocked { host: url.host_str().unwrap_or_default().to_owned(), why: why.to_owned() });
        if !matches!(url.scheme(), "http" | "https") {
            return blocked("only http and https are fetched");
        }
        if url.as_str().len() > URL_BYTES_MAX {
            return blocked("the address is longer than 8,000 bytes");
        }
        if !url.username().is_empty() || url.password().is_some() {
            return blocked("addresses with a user name are not fetched");
        }
        let port = url.port_or_known_default();
        match url.host() {
            None => blocked("there is no host"),
            Some(Host::Ipv4(ip)) => self.check_ip(url, (IpAddr::V4(ip), port)),
            Some(Host::Ipv6(ip)) => self.check_ip(url, (IpAddr::V6(ip), port)),
            Some(Host::Domain(name)) if self.allows_name(name, port) => Ok(()),
            Some(Host::Domain(name)) if is_local_name(name) => blocked("the name is local to this machine or network"),
            Some(Host::Domain(_)) => Ok(()),
        }
    }

    fn check_ip(&self, url: &Url, (ip, port): (IpAddr, Option<u16>)) -> Result<(), Blocked> {
        if self.allows_ip(ip) || self.allows_name(url.host_str().unwrap_or_default(), port) {
            return Ok(());
        }
        match private(ip) {
            None => Ok(()),
            Some(why) => Err(Blocked { host: url.host_str().unwrap_or_default().to_owned(), why: why.to_owned() }),
        }
    }

    /// Whether a name may be connected to at this address.
    pub fn allows_resolved(&self, name: &str, ip: IpAddr) -> bool {
        private(ip).is_none() || self.allows_ip(ip) || self.allows_name(name, None)
    }

    /// A rule with a port holds for that port only; without a known port (in the resolver) the name alone counts, because the
    /// address was checked with its port before.
    fn allows_name(&self, name: &str, port: Option<u16>) -> bool {
        let bare = name.trim_end_matches('.');
        self.allowed.iter().any(|rule| match rule {
            Allowed::Host { name, port: only } => {
                name.eq_ignore_ascii_case(bare) && (only.is_none() || port.is_none() || *only == port)
            }
            Allowed::Network { .. } => false,
        })
    }

    fn allows_ip(&self, ip: IpAddr) -> bool {
        let bits = widened(ip);
        self.allowed.iter().any(|rule| match rule {
            Allowed::Network { base, bits: fixed } => *fixed == 0 || (bits ^ base) >> (128 - fixed) == 0,
            Allowed::Host { .. } => false,
        })
    }
}

/// One space for both families: IPv4 as its IPv6-mapped form.
fn widened(ip: IpAddr) -> u128 {
    match ip {
        IpAddr::V4(v4) => u128::from(v4.to_ipv6_mapped()),
        IpAddr::V6(v6) => u128::from(v6),
    }
}

fn parse_rule(rule: &str) -> Option<Allowed> {
    let rule = rule.trim();
    if let Some((ip, bits)) = rule.split_once('/') {
        let (ip, bits): (IpAddr, u32) = (ip.parse().ok()?, bits.parse().ok()?);
        let wide = if ip.is_ipv4() { bits.checked_add(96)? } else { bits };
        return (wide <= 128).then(|| Allowed::Network { base: widened(ip), bits: wide });
    }
    if let Ok(ip) = rule.trim_matches(['[', ']']).parse::<IpAddr>() {
        return Some(Allowed::Network { base: widened(ip), bits: 128 });
    }
    let url = Url::parse(&format!("http://{rule}/")).ok()?;
    let name = url.host_str()?.to_owned();
    // The port as written: 80 is the scheme's default and would vanish in the URL.
    let port = rule.rsplit_once(':').map(|(_, port)| port.parse::<u16>()).transpose().ok()?;
    (url.path() == "/" && url.username().is_empty()).then_some(Allowed::Host { name, port })
}

fn is_local_name(name: &str) -> bool {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    let last = name.rsplit('.').next().unwrap_or_default();
    matches!(last, "localhost" | "local" | "internal" | "localdomain" | "home" | "lan" | "intranet" | "arpa")
        || !name.contains('.')
}

/// Why the address is not public; None when it is.
fn private(ip: IpAddr) -> Option<&'static str> {
    match ip {
        IpAddr::V4(v4) => private_v4(v4),
        IpAddr::V6(v6) => private_v6(v6),
    }
}

/// IANA's special-purpose registry.
fn private_v4(ip: Ipv4Addr) -> Option<&'static str> {
    let [a, b, c, _] = ip.octets();
    match (a, b, c) {
        (0, ..) => Some("this network (0.0.0.0/8)"),
        (10, ..) | (172, 16..=31, _) | (192, 168, _) => Some("private network"),
        (100, 64..=127, _) => Some("carrier network (100.64.0.0/10)"),
        (127, ..) => Some("loopback"),
        (169, 254, _) => Some("link-local"),
        (192, 0, 0 | 2) | (198, 51, 100) | (203, 0, 113) => Some("reserved for protocols or documentation"),
        (192, 88, 99) => Some("6to4 relay"),
        (198, 18..=19, _) => Some("reserved for benchmarks"),
        (224..=239, ..) => Some("multicast"),
        (240..=255, ..) => Some("reserved"),
        _ => None,
    }
}

/// Forms that carry an IPv4 address are judged by it.
fn private_v6(ip: Ipv6Addr) -> Option<&'static str> {
    let s = ip.segments();
    let embedded = |high: u16, low: u16| private_v4(Ipv4Addr::from((u32::from(high) << 16) | u32::from(low)));
    match s {
        [0, 0, 0, 0, 0, 0, 0, 0] => Some("unspecified"),
        [0, 0, 0, 0, 0, 0, 0, 1] => Some("loopback"),
        [0, 0, 0, 0, 0, 0xffff | 0, high, low] => embedded(high, low).or(Some("IPv4 in IPv6")),
        [0, 0, 0, 0, 0xffff, 0, ..] => Some("IPv4 translated"),
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => embedded(high, low),
        [0x64, 0xff9b, 1, ..] => Some("local NAT64"),
        [0x2002, high, low, ..] => embedded(high, low),
        [0x2001, 0..=0x1ff, ..] => Some("reserved for protocols (Teredo, ORCHID)"),
        [0x2001, 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => Some("documentation"),
        [0x100, 0, 0, 0, ..] => Some("discard"),
        [first, ..] if first & 0xfe00 == 0xfc00 => Some("unique local"),
        [first, ..] if first & 0xffc0 == 0xfe80 => Some("link-local"),
        [first, ..] if first & 0xffc0 == 0xfec0 => Some("site-local"),
        [first, ..] if first & 0xff00 == 0xff00 => Some("multicast"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(guard: &Guard, url: &str) -> bool {
        guard.check_url(&Url::parse(url).unwrap()).is_ok()
    }

    #[test]
    fn private_addresses_are_refused_in_every_notation() {
        let guard = Guard::default();
        for url in [
            "http://127.0.0.1/",
            "http://127.1/",
            "http://2130706433/",
            "http://0x7f.0.0.1/",
            "http://0177.0.0.1/",
            "http://10.1.2.3/",
            "http://169.254.169.254/latest",
            "http://[::1]/",
            "http://[::ffff:169.254.169.254]/",
            "http://[::ffff:a9fe:a9fe]/",
            "http://0.0.0.0/",
            "http://100.64.0.1/",
            "http://100.127.255.255/",
            "http://localhost/",
            "http://localhost./",
            "http://a.localhost/",
            "http://intranet/",
            "http://printer.local/",
            "http://metadata.google.internal/",
            "http://[fe80::1]/",
            "http://[fc00::1]/",
            "http://[fd12::1]/",
            "http://[64:ff9b::7f00:1]/",
            "http://[2002:7f00:1::]/",
            "http://[::]/",
            "http://172.31.0.1/",
            "http://192.168.0.1/",
            "http://224.0.0.1/",
            "http://255.255.255.255/",
            "http://[ff02::1]/",
            "http://user:pass@example.org/",
            "ftp://example.org/",
            "file:///etc/passwd",
        ] {
            assert!(!allows(&guard, url), "{url}");
        }
        for url in [
            "http://example.org/",
            "https://1.1.1.1/",
            "http://[2606:4700::1111]/",
            "http://172.32.0.1/",
            "http://100.128.0.1/",
            "http://뉴스.example.kr/",
        ] {
            assert!(allows(&guard, url), "{url}");
        }
    }

    #[test]
    fn endless_addresses_are_refused() {
        let guard = Guard::default();
        assert!(allows(&guard, &format!("http://example.org/{}", "a".repeat(7_900))));
        assert!(!allows(&guard, &format!("http://example.org/{}", "a".repeat(8_000))));
    }

    #[test]
    fn the_operator_can_allow_hosts_ports_and_networks() {
        let rules = [
            "intranet.example.local".to_owned(),
            "127.0.0.0/24".to_owned(),
            "wiki:8080".to_owned(),
            "[::1]".to_owned(),
        ];
        let guard = Guard::new(&rules).unwrap();
        for url in ["http://intranet.example.local/", "http://127.0.0.9:99/", "http://wiki:8080/", "http://[::1]:3/"] {
            assert!(allows(&guard, url), "{url}");
        }
        for url in ["http://127.0.1.1/", "http://wiki/", "http://wiki:81/", "http://[::2]/"] {
            assert!(!allows(&guard, url), "{url}");
        }
        assert!(Guard::new(&["10.0.0.0/99".to_owned()]).is_err());
        assert!(Guard::new(&["http://x/".to_owned()]).is_err());
    }

    #[test]
    fn names_that_resolve_to_private_addresses_are_refused() {
        let guard = Guard::new(&["wiki".to_owned()]).unwrap();
        assert!(!guard.allows_resolved("rebind.example", "127.0.0.1".parse().unwrap()));
        assert!(guard.allows_resolved("rebind.example", "93.184.216.34".parse().unwrap()));
        assert!(guard.allows_resolved("wiki", "10.0.0.7".parse().unwrap()));
    }
}
