//! Ids derive from content, never from time or chance: the same input gives the same id on every machine.
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;

/// Hex digits kept of a SHA-256: 80 bits, so a collision among 10⁹ ids has odds below 10⁻⁶.
const ID_DIGITS: usize = 20;

/// The one way ids are made: parts are length-prefixed so that ("ab","c") and ("a","bc") differ.
pub fn derive(kind: &str, parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in std::iter::once(&kind).chain(parts) {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize().iter().take(ID_DIGITS / 2).flat_map(|byte| [byte >> 4, byte & 0xf]).map(hex_digit).collect()
}

fn hex_digit(nibble: u8) -> char {
    char::from_digit(nibble.into(), 16).expect("four bits are one digit")
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }
    };
}

id!(
    /// A feed, from its URL as the catalogue writes it.
    FeedId
);
id!(
    /// An entry inside its feed: from guid, else link, else title and text.
    EntryKey
);
id!(
    /// An article, from its canonical URL (or `import:<set>:<id>`).
    ArticleId
);
id!(
    /// An event, from its founding article and the event key.
    EventId
);
id!(
    /// A story, from its founding article.
    StoryId
);
id!(
    /// Where a fetched page lies in the capture store: `segment:offset`.
    CaptureRef
);
id!(
    /// Who made a thing. The embedded single-user default is `local`.
    Owner
);

impl FeedId {
    pub fn of(url: &str) -> Self {
        Self(derive("feed", &[url]))
    }
}

impl ArticleId {
    pub fn of(canonical_url: &str) -> Self {
        Self(derive("article", &[canonical_url]))
    }
}

impl Owner {
    pub fn local() -> Self {
        Self("local".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::derive;

    #[test]
    fn an_id_never_changes() {
        assert_eq!(derive("entry", &["guid", "1"]), "84acd7d763ef53ee3e4c");
        assert_ne!(derive("entry", &["ab", "c"]), derive("entry", &["a", "bc"]));
    }
}
