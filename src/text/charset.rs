//! Bytes to text: every label is a claim, and the bytes decide whether to believe it.
use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{
    BIG5, EUC_KR, Encoding, GB18030, GBK, ISO_2022_JP, SHIFT_JIS, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Markup {
    Xml,
    Html,
}

/// What was said about the bytes from outside.
#[derive(Clone, Copy, Debug)]
pub struct Hints<'a> {
    /// The Content-Type header as received.
    pub content_type: Option<&'a str>,
    pub markup: Markup,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded {
    pub text: String,
    /// The name in the Encoding Standard.
    pub encoding: &'static str,
    /// What settled it: `bom`, `pattern`, `bytes`, `declaration`, `header` or `guess`.
    pub source: &'static str,
    /// How many U+FFFD stand for bytes that could not be read.
    pub replaced: usize,
}

/// A declaration after this is not one: PHP warnings and blank lines before it are far shorter.
const DECLARATION_BYTES_MAX: usize = 8 << 10;
/// What the statistical guess reads at most; it is settled long before.
const GUESS_BYTES_MAX: usize = 256 << 10;
/// How much of the start is looked at for the zero bytes of UTF-16 and UTF-32.
const PATTERN_BYTES_MAX: usize = 512;

pub fn decode(bytes: &[u8], hints: &Hints<'_>) -> Decoded {
    if let Some(wide) = decode_utf32(bytes) {
        return wide;
    }
    if let Some((encoding, bom_length)) = Encoding::for_bom(bytes) {
        return finish(encoding, bytes.get(bom_length..).unwrap_or_default(), "bom");
    }
    if let Some(encoding) = utf16_by_zeros(bytes) {
        return finish(encoding, bytes, "pattern");
    }
    let claims = claims(bytes, hints);
    if let Ok(text) = simdutf8::basic::from_utf8(bytes) {
        return decode_valid_utf8(text, &claims);
    }
    // Broken UTF-8 that says it is UTF-8, or hardly broken: one bad byte must not turn a feed into mojibake.
    let tally = Utf8Tally::of(bytes);
    let says_utf8 = claims.first().is_some_and(|claim| claim.encoding == UTF_8);
    if (says_utf8 && tally.broken <= 1 + tally.whole / 10) || (tally.whole > 0 && tally.broken * 4 <= tally.whole) {
        return finish(UTF_8, bytes, "bytes");
    }
    decode_legacy(bytes, &claims)
}

#[derive(Clone, Copy)]
struct Claim {
    encoding: &'static Encoding,
    source: &'static str,
}

/// The document's own word first: Korean portals often send a wrong header.
fn claims(bytes: &[u8], hints: &Hints<'_>) -> Vec<Claim> {
    let head = bytes.get(..DECLARATION_BYTES_MAX).unwrap_or(bytes);
    let (xml, meta) = (xml_declaration(head), meta_charset(head));
    let own = match hints.markup {
        Markup::Xml => xml.or(meta),
        Markup::Html => meta.or(xml),
    };
    let own = own.and_then(|label| encoding_of(&label)).map(|encoding| Claim { encoding, source: "declaration" });
    let header = hints.content_type.and_then(header_charset).and_then(|label| encoding_of(&label));
    let header = header.map(|encoding| Claim { encoding, source: "header" });
    own.into_iter().chain(header).collect()
}

/// The encoding a label means in practice; None for unknown ones and for UTF-16, which cannot be true of bytes whose
/// declaration was readable as ASCII.
fn encoding_of(label: &str) -> Option<&'static Encoding> {
    let label = label.trim().to_ascii_lowercase();
    let encoding = match label.as_str() {
        "cp949" | "ms949" | "uhc" | "x-windows-949" | "ksc5601-1987" | "ksc5601-1992" | "ks_c_5601" | "x-euc-kr" => {
            EUC_KR
        }
        "cp936" | "ms936" | "euc-cn" | "x-euc-cn" | "gb2312-80" | "windows-936" | "gb_18030" => GB18030,
        "cp950" | "ms950" | "big5hkscs" | "windows-950" | "big-5" => BIG5,
        "cp932" => SHIFT_JIS,
        "utf_8" | "utf8mb4" => UTF_8,
        other => Encoding::for_label_no_replacement(other.as_bytes())
            .or_else(|| Encoding::for_label_no_replacement(other.replace('_', "-").as_bytes()))?,
    };
    match encoding {
        e if e == UTF_16LE || e == UTF_16BE => None,
        // GB18030 reads everything GBK does and more.
        e if e == GBK => Some(GB18030),
        e => Some(e),
    }
}

fn xml_declaration(head: &[u8]) -> Option<String> {
    let start = memchr::memmem::find(head, b"<?xml")?;
    let rest = head.get(start..)?;
    let end = memchr::memmem::find(rest, b"?>").unwrap_or(rest.len());
    value_after(rest.get(..end)?, b"encoding")
}

fn meta_charset(head: &[u8]) -> Option<String> {
    let lower = head.to_ascii_lowercase();
    memchr::memmem::find_iter(&lower, b"<meta").find_map(|start| {
        let rest = lower.get(start..)?;
        let end = memchr::memchr(b'>', rest).unwrap_or(rest.len());
        value_after(rest.get(..end)?, b"charset")
    })
}

fn header_charset(content_type: &str) -> Option<String> {
    value_after(content_type.to_ascii_lowercase().as_bytes(), b"charset")
}

/// The token after `name =`, with or without quotes.
fn value_after(text: &[u8], name: &[u8]) -> Option<String> {
    let rest = text.get(memchr::memmem::find(text, name)? + name.len()..)?.trim_ascii_start();
    let rest = rest.strip_prefix(b"=")?.trim_ascii_start();
    let rest = rest.strip_prefix(b"\"").or_else(|| rest.strip_prefix(b"'")).unwrap_or(rest);
    let token: String =
        rest.iter().take_while(|b| b.is_ascii_alphanumeric() || b"-_.:+".contains(b)).map(|b| char::from(*b)).collect();
    (!token.is_empty()).then_some(token)
}

/// Valid UTF-8 beats every label but two: ISO-2022-JP is all ASCII bytes, and a few two-byte EUC or GBK characters can
/// be valid UTF-8 by chance, whereas real Korean or Chinese UTF-8 has three-byte characters.
fn decode_valid_utf8(text: &str, claims: &[Claim]) -> Decoded {
    let bytes = text.as_bytes();
    for claim in claims {
        let stateful = claim.encoding == ISO_2022_JP && bytes.contains(&0x1b);
        let chance = is_cjk(claim.encoding) && !bytes.is_ascii() && bytes.iter().all(|b| *b < 0xe0);
        if stateful || chance {
            let decoded = finish(claim.encoding, bytes, claim.source);
            if decoded.replaced == 0 {
                return decoded;
            }
        }
    }
    Decoded { text: text.to_owned(), encoding: UTF_8.name(), source: "bytes", replaced: 0 }
}

fn is_cjk(encoding: &'static Encoding) -> bool {
    [EUC_KR, GB18030, BIG5, SHIFT_JIS, encoding_rs::EUC_JP].contains(&encoding)
}

/// Not UTF-8: the first claim that reads without a fault, else whichever of claims and guess has the fewest.
fn decode_legacy(bytes: &[u8], claims: &[Claim]) -> Decoded {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes.get(..GUESS_BYTES_MAX).unwrap_or(bytes), true);
    let guess = detector.guess(None, Utf8Detection::Deny);
    let guess = Claim { encoding: if guess == GBK { GB18030 } else { guess }, source: "guess" };
    // Single-byte labels never fail to decode, so they prove nothing against bytes that look like CJK pairs.
    let weak = |claim: &Claim| claim.encoding == UTF_8 || (claim.encoding.is_single_byte() && is_cjk(guess.encoding));
    let mut best: Option<Decoded> = None;
    let strong = claims.iter().filter(|claim| !weak(claim));
    let weak_ones = claims.iter().filter(|claim| weak(claim));
    for claim in strong.chain([&guess]).chain(weak_ones) {
        let decoded = finish(claim.encoding, bytes, claim.source);
        if decoded.replaced == 0 {
            return decoded;
        }
        if best.as_ref().is_none_or(|b| decoded.replaced * 4 < b.replaced) {
            best = Some(decoded);
        }
    }
    best.unwrap_or_else(|| finish(WINDOWS_1252, bytes, "guess"))
}

fn finish(encoding: &'static Encoding, bytes: &[u8], source: &'static str) -> Decoded {
    let (text, faults) = encoding.decode_without_bom_handling(bytes);
    let replaced = if faults { text.matches('\u{FFFD}').count() } else { 0 };
    Decoded { text: text.into_owned(), encoding: encoding.name(), source, replaced }
}

/// Whole multi-byte characters and broken sequences of bytes read as UTF-8.
struct Utf8Tally {
    whole: usize,
    broken: usize,
}

impl Utf8Tally {
    fn of(bytes: &[u8]) -> Self {
        let mut tally = Self { whole: 0, broken: 0 };
        for chunk in bytes.utf8_chunks() {
            tally.whole += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
            tally.broken += usize::from(!chunk.invalid().is_empty());
        }
        tally
    }
}

/// Markup is mostly ASCII, so UTF-16 without a BOM shows zeros in every second byte.
fn utf16_by_zeros(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = bytes.get(..PATTERN_BYTES_MAX).unwrap_or(bytes);
    let pairs = head.len() / 2;
    if pairs < 4 {
        return None;
    }
    let zeros = |parity: usize| head.iter().skip(parity).step_by(2).filter(|b| **b == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    match () {
        () if odd * 3 > pairs && even * 10 < odd => Some(UTF_16LE),
        () if even * 3 > pairs && odd * 10 < even => Some(UTF_16BE),
        () => None,
    }
}

/// UTF-32 is not in the Encoding Standard, but feeds in it exist.
fn decode_utf32(bytes: &[u8]) -> Option<Decoded> {
    let (big, source) = match bytes.get(..4)? {
        [0, 0, 0xfe, 0xff] => (true, "bom"),
        [0xff, 0xfe, 0, 0] => (false, "bom"),
        [0, 0, 0, b'<'] => (true, "pattern"),
        [b'<', 0, 0, 0] => (false, "pattern"),
        _ => return None,
    };
    let mut replaced = 0;
    let units = bytes.chunks(4).map(|unit| match *unit {
        [a, b, c, d] if big => char::from_u32(u32::from_be_bytes([a, b, c, d])),
        [a, b, c, d] => char::from_u32(u32::from_le_bytes([a, b, c, d])),
        _ => None,
    });
    let text: String = units
        .map(|c| {
            c.unwrap_or_else(|| {
                replaced += 1;
                '\u{FFFD}'
            })
        })
        .collect();
    let text = text.strip_prefix('\u{FEFF}').map(str::to_owned).unwrap_or(text);
    Some(Decoded { text, encoding: if big { "UTF-32BE" } else { "UTF-32LE" }, source, replaced })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(bytes: &[u8], content_type: Option<&str>, markup: Markup) -> Decoded {
        decode(bytes, &Hints { content_type, markup })
    }

    fn encoded(encoding: &'static Encoding, text: &str) -> Vec<u8> {
        let (bytes, _, faults) = encoding.encode(text);
        assert!(!faults);
        bytes.into_owned()
    }

    fn utf16(text: &str, big: bool, bom: bool) -> Vec<u8> {
        let bom = bom.then_some(0xfeff_u16);
        bom.into_iter()
            .chain(text.encode_utf16())
            .flat_map(|u| if big { u.to_be_bytes() } else { u.to_le_bytes() })
            .collect()
    }

    #[test]
    fn labels_of_every_vendor_are_understood() {
        for label in ["euc-kr", "CP949", "ms949", "uhc", "ks_c_5601-1987", "windows-949"] {
            let text = format!("<?xml version='1.0' encoding='{label}'?><t>똥방각하 금지</t>");
            let decoded = read(&encoded(EUC_KR, &text), None, Markup::Xml);
            assert_eq!(
                (decoded.text.as_str(), decoded.encoding, decoded.replaced),
                (text.as_str(), "EUC-KR", 0),
                "{label}"
            );
        }
        for label in ["gb2312", "GBK", "gb18030", "cp936"] {
            let text = format!("\n\n<?xml version=\"1.0\"{}encoding = \"{label}\" ?><t>禁用朱镕基</t>", " ".repeat(90));
            let decoded = read(&encoded(GB18030, &text), None, Markup::Xml);
            assert_eq!((decoded.text.as_str(), decoded.encoding), (text.as_str(), "gb18030"), "{label}");
        }
    }

    #[test]
    fn utf16_and_utf32_with_and_without_a_bom() {
        let text = "<?xml version=\"1.0\" encoding=\"utf-16\"?><rss><title>사용 금지</title></rss>";
        for (big, bom) in [(true, true), (true, false), (false, true), (false, false)] {
            assert_eq!(read(&utf16(text, big, bom), None, Markup::Xml).text, text);
        }
        let wide: Vec<u8> = text.chars().flat_map(|c| (c as u32).to_be_bytes()).collect();
        assert_eq!(read(&wide, None, Markup::Xml).text, text);
    }

    #[test]
    fn the_bytes_beat_a_lying_label() {
        let lie = "<?xml version=\"1.0\" encoding=\"euc-kr\"?><t>금지</t>";
        assert_eq!(read(lie.as_bytes(), None, Markup::Xml).text, lie);
        let korean = encoded(EUC_KR, "<meta charset=utf-8><p>정부가 인공지능 서비스 사용을 금지했다고 밝혔다.</p>");
        assert!(read(&korean, Some("text/html; charset=iso-8859-1"), Markup::Html).text.contains("사용을 금지했다"));
        // The header is right and the page says nothing.
        let chinese = encoded(GB18030, "<rss><title>禁用</title></rss>");
        assert!(read(&chinese, Some("application/rss+xml; charset=gbk"), Markup::Xml).text.contains("禁用"));
        assert_eq!(read("<?xml encoding='utf-16'?><t>é</t>".as_bytes(), None, Markup::Xml).encoding, "UTF-8");
    }

    #[test]
    fn a_short_label_wins_where_utf8_is_chance() {
        // Two Hangul syllables whose EUC-KR bytes are valid two-byte UTF-8.
        let bytes =
            [b"<?xml version='1.0' encoding='euc-kr'?><t>".as_slice(), &[0xc5, 0xa9, 0xc6, 0xae], b"</t>"].concat();
        assert!(std::str::from_utf8(&bytes).is_ok());
        assert!(read(&bytes, None, Markup::Xml).text.contains("크트"));
    }

    #[test]
    fn one_bad_byte_is_one_mark() {
        let bytes = [b"<?xml version='1.0' encoding='utf-8'?>\xEA\xB8\x88 \xFF ".as_slice(), "지".as_bytes()].concat();
        let decoded = read(&bytes, None, Markup::Xml);
        assert_eq!(decoded.replaced, 1);
        assert!(decoded.text.ends_with("금 \u{FFFD} 지"));
    }

    proptest! {
        #[test]
        fn any_bytes_decode(bytes in proptest::collection::vec(any::<u8>(), 0..400), html in any::<bool>()) {
            let markup = if html { Markup::Html } else { Markup::Xml };
            let decoded = read(&bytes, Some("text/xml; charset=euc-kr"), markup);
            prop_assert!(decoded.text.len() <= bytes.len() * 3 + 3);
        }

        #[test]
        fn utf8_comes_back_unchanged(text in "[ -~가-힣一-鿿]{0,80}") {
            prop_assert_eq!(read(text.as_bytes(), None, Markup::Html).text, text);
        }
    }
}
