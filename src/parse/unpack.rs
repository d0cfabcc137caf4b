//! Bytes that are gzip although nobody said so: `sitemap.xml.gz`, and servers that pack twice.
use flate2::read::MultiGzDecoder;
use std::borrow::Cow;
use std::io::Read;

/// Site maps have 50 MB at most by their protocol; feeds far less.
pub(super) const UNPACKED_BYTES_MAX: u64 = 50 << 20;

#[derive(Debug, PartialEq, Eq)]
pub(super) enum UnpackFault {
    TooLarge,
    /// What could be unpacked before the fault.
    Broken(Vec<u8>),
}

/// The bytes as they are unless they begin like gzip.
pub(super) fn unpack(bytes: &[u8]) -> Result<Cow<'_, [u8]>, UnpackFault> {
    if !bytes.starts_with(&[0x1f, 0x8b, 8]) {
        return Ok(Cow::Borrowed(bytes));
    }
    let mut out = Vec::new();
    match MultiGzDecoder::new(bytes).take(UNPACKED_BYTES_MAX + 1).read_to_end(&mut out) {
        Ok(_) if out.len() as u64 > UNPACKED_BYTES_MAX => Err(UnpackFault::TooLarge),
        Ok(_) => Ok(Cow::Owned(out)),
        Err(_) => Err(UnpackFault::Broken(out)),
    }
}
