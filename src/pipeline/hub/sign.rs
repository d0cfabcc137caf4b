//! Tokens and secrets, derived from the one key the store keeps, and the signatures that hubs make with them.
use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};

/// Of the key and of a secret; hubs accept fewer than 200.
const KEY_BYTES: usize = 32;
/// 160 bits: nobody guesses it, and the address stays short.
const TOKEN_HEX_CHARS: usize = 40;

pub(super) struct Key(hmac::Key);

impl Key {
    pub(super) fn new(secret: &str) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()))
    }

    pub(super) fn token(&self, feed: &str, hub: &str, topic: &str) -> String {
        let mut token = self.derive(&["callback", feed, hub, topic]);
        token.truncate(TOKEN_HEX_CHARS);
        token
    }

    /// Shared with one hub for one subscription.
    pub(super) fn secret(&self, token: &str) -> String {
        self.derive(&["secret", token])
    }

    fn derive(&self, parts: &[&str]) -> String {
        let mut context = hmac::Context::with_key(&self.0);
        for part in parts {
            context.update(&(part.len() as u64).to_le_bytes());
            context.update(part.as_bytes());
        }
        hex::encode(context.sign())
    }
}

/// None when the system has no chance to give.
pub(super) fn fresh() -> Option<String> {
    let mut bytes = [0; KEY_BYTES];
    // The fault says nothing beyond that it is one.
    SystemRandom::new().fill(&mut bytes).ok()?;
    Some(hex::encode(bytes))
}

/// `X-Hub-Signature: sha256=…` over the body as received; compared in constant time. SHA-1 is what most hubs send: as an HMAC
/// it still holds.
pub(super) fn holds(header: &str, secret: &str, body: &[u8]) -> bool {
    let Some((method, signature)) = header.trim().split_once('=') else { return false };
    let algorithm = match method.to_ascii_lowercase().as_str() {
        "sha1" => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
        "sha256" => hmac::HMAC_SHA256,
        "sha384" => hmac::HMAC_SHA384,
        "sha512" => hmac::HMAC_SHA512,
        _ => return false,
    };
    // What is no hex is no signature.
    let Ok(signature) = hex::decode(signature) else { return false };
    hmac::verify(&hmac::Key::new(algorithm, secret.as_bytes()), body, &signature).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_of_every_method_hold_for_their_body_alone() {
        // RFC 2202 and RFC 4231, test case 2.
        let (secret, body) = ("Jefe", b"what do ya want for nothing?".as_slice());
        let good = [
            "sha1=effcdf6ae5eb2fa2d27416d5f184df9c259a7c79",
            "SHA256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            "sha384=af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649",
            " sha512=164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
        ];
        for header in good {
            assert!(holds(header, secret, body), "{header}");
            assert!(!holds(header, "Jefe2", body) && !holds(header, secret, b"what"), "{header}");
            assert!(!holds(&header.replace("7", "8"), secret, body), "{header}");
        }
        let (_, sha1) = good[0].split_once('=').unwrap();
        for header in ["", "sha1", "sha1=", "md5=00", "sha256=zz", sha1, &format!("sha256={sha1}"), "=", "sha1=한"] {
            assert!(!holds(header, secret, body), "{header:?}");
        }
    }

    #[test]
    fn tokens_and_secrets_tell_nothing_apart_that_is_the_same() {
        let key = Key::new("k");
        let token = key.token("feed", "https://hub.example/", "https://a.example/");
        assert_eq!((token.len(), &token), (40, &key.token("feed", "https://hub.example/", "https://a.example/")));
        assert_ne!(token, key.token("fee", "dhttps://hub.example/", "https://a.example/"));
        assert_ne!(token, Key::new("other").token("feed", "https://hub.example/", "https://a.example/"));
        assert_ne!(key.secret(&token), key.secret("x"));
        assert_ne!(fresh().unwrap(), fresh().unwrap());
    }
}
