//! Statements about use in headers and meta elements; recorded raw.
use super::metadata::Metadata;
use crate::model::RightsSignal;

const SIGNALS_MAX: usize = 16;
const RAW_CHARS_MAX: usize = 500;

pub(super) fn read(headers: &[(String, String)], metadata: &Metadata) -> Vec<RightsSignal> {
    let header = headers.iter().filter_map(|(name, raw)| {
        let name = name.to_ascii_lowercase();
        let kind = match name.as_str() {
            "x-robots-tag" => "x_robots_tag",
            "tdm-reservation" | "tdm-policy" => "tdm_reservation",
            _ => return None,
        };
        Some(signal(kind, raw, &name))
    });
    let meta = metadata.metas.0.iter().filter_map(|(name, raw)| {
        let lower = raw.to_ascii_lowercase();
        let restricts =
            ["noai", "noindex", "noarchive", "nosnippet", "none", "noimageai"].iter().any(|word| lower.contains(word));
        let kind = match name.as_str() {
            "robots" | "googlebot" if restricts => "robots_meta",
            "tdm-reservation" | "tdm-policy" => "tdm_reservation",
            "license" | "licence" | "dc.rights" | "dcterms.rights" | "dcterms.license" | "copyright" => "licence",
            _ => return None,
        };
        Some(signal(kind, raw, name))
    });
    let licence = metadata.article.licence.iter().map(|raw| signal("licence", raw, "json_ld"));
    header.chain(meta).chain(licence).take(SIGNALS_MAX).collect()
}

fn signal(kind: &str, raw: &str, place: &str) -> RightsSignal {
    RightsSignal { kind: kind.to_owned(), raw: raw.chars().take(RAW_CHARS_MAX).collect(), place: place.to_owned() }
}
