//! The catalogue of feeds: strictly loaded TOML, every fault with its file and line.
mod load;
mod opml;

pub use load::{Absence, Catalogue, CatalogueFault, SourceFile, load};
pub use opml::{OpmlFault, OpmlFeed, read_opml, write_opml};

use std::sync::LazyLock;

/// The catalogue shipped in the binary: `feeds/` of the source tree.
static FILES: [SourceFile<'static>; 4] = [
    SourceFile { name: "feeds/ko.toml", text: include_str!("../../feeds/ko.toml") },
    SourceFile { name: "feeds/zh.toml", text: include_str!("../../feeds/zh.toml") },
    SourceFile { name: "feeds/en.toml", text: include_str!("../../feeds/en.toml") },
    SourceFile { name: "feeds/sites.toml", text: include_str!("../../feeds/sites.toml") },
];

pub fn embedded() -> &'static Catalogue {
    static CATALOGUE: LazyLock<Catalogue> =
        LazyLock::new(|| load(&FILES).expect("the embedded catalogue is loaded by the tests"));
    &CATALOGUE
}
