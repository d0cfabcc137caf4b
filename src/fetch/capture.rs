//! Every fetched page's bytes and headers, append-only, compressed, bounded by size and age.
//!
//! `captures/NNNNNN.cap` holds records one after another: a magic, the length of the compressed record, its CRC-like checksum
//! (the first eight bytes of SHA-256), the record. A record is one line of JSON (the head) and the body. A record torn by a
//! crash is cut off when a writer opens the store; readers stop before it. Damage anywhere else costs what it hit, no more.
use crate::model::{CaptureRef, Page};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

const MAGIC: [u8; 4] = *b"BWC1";
/// Magic, length (u32), checksum (8 bytes).
const FRAME_BYTES: u64 = 16;
/// zstd's own default: news HTML shrinks to about a fifth at hundreds of MB/s.
const LEVEL: i32 = 3;
/// A record read back may not unpack to more than this: bodies are capped far below when they are fetched.
const RECORD_BYTES_MAX: u64 = 80 << 20;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CaptureLimits {
    pub bytes_max: u64,
    pub age_max_days: u32,
    pub segment_bytes_max: u64,
}

#[derive(Debug, thiserror::Error)]
pub enum CaptureFault {
    #[error("the disk holding the captures is full")]
    DiskFull,
    #[error("the captures at {place}: {why}")]
    Io { place: String, why: io::Error },
    #[error("capture {reference} is not there: dropped by the size or age bound, or never written")]
    Missing { reference: CaptureRef },
    #[error("capture {reference} is damaged: {why}")]
    Damaged { reference: CaptureRef, why: String },
    #[error("the captures were opened for reading")]
    ReadOnly,
}

/// One record read back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Captured {
    pub reference: CaptureRef,
    pub head: Head,
    pub body: Vec<u8>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    pub url: String,
    pub final_url: String,
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub fetched_at: Timestamp,
    /// SHA-256 (hex) of the body.
    pub sha256: String,
}

#[derive(Debug)]
pub struct Captures {
    folder: PathBuf,
    limits: CaptureLimits,
    /// None when opened for reading.
    writer: Option<Mutex<Writer>>,
}

#[derive(Debug)]
struct Writer {
    segment: u32,
    file: File,
    length: u64,
}

impl Captures {
    /// Opens `<data>/captures` for writing; a torn last record is cut off.
    pub fn open(data: &Path, limits: CaptureLimits) -> Result<Self, CaptureFault> {
        let folder = data.join("captures");
        fs::create_dir_all(&folder).map_err(|why| fault(&folder, why))?;
        let segment = segments(&folder)?.last().copied().unwrap_or(1);
        let writer = Writer::open(&folder, segment)?;
        Ok(Self { folder, limits, writer: Some(Mutex::new(writer)) })
    }

    pub fn open_read_only(data: &Path, limits: CaptureLimits) -> Result<Self, CaptureFault> {
        Ok(Self { folder: data.join("captures"), limits, writer: None })
    }

    pub fn append(&self, page: &Page) -> Result<CaptureRef, CaptureFault> {
        let record = record(page).map_err(|why| fault(&self.folder, why))?;
        let Some(writer) = &self.writer else { return Err(CaptureFault::ReadOnly) };
        // A panic while writing leaves at most a torn record, which the length below repairs.
        let mut writer = writer.lock().unwrap_or_else(PoisonError::into_inner);
        if writer.length > 0 && writer.length + record.len() as u64 > self.limits.segment_bytes_max {
            *writer = Writer::open(&self.folder, writer.segment + 1)?;
            // A worker that runs for months must stay inside the bounds too, not only at its start.
            self.prune(page.fetched_at)?;
        }
        let offset = writer.length;
        let place = path(&self.folder, writer.segment);
        if let Err(why) = writer.file.write_all(&record) {
            // What was written of it is taken back, so that the next record starts where this one did.
            writer.file.set_len(offset).map_err(|why| fault(&place, why))?;
            return Err(fault(&place, why));
        }
        writer.length += record.len() as u64;
        Ok(CaptureRef(format!("{}:{offset}", writer.segment)))
    }

    pub fn read(&self, reference: &CaptureRef) -> Result<Captured, CaptureFault> {
        let missing = || CaptureFault::Missing { reference: reference.clone() };
        let (segment, offset) = parse(reference).ok_or_else(missing)?;
        let place = path(&self.folder, segment);
        let file = File::open(&place)
            .map_err(|why| if why.kind() == io::ErrorKind::NotFound { missing() } else { fault(&place, why) })?;
        let mut file = BufReader::new(file);
        file.seek(SeekFrom::Start(offset)).map_err(|why| fault(&place, why))?;
        let damaged = |why: String| CaptureFault::Damaged { reference: reference.clone(), why };
        match frame(&mut file).map_err(|why| damaged(why.to_string()))? {
            None => Err(missing()),
            Some(frame) if !frame.right => Err(damaged(WRONG.to_owned())),
            Some(frame) => unpack(reference, &frame.packed).map_err(damaged),
        }
    }

    /// Calls `each` with every record, oldest first: a damaged one as a fault. Stops before a torn end.
    pub fn scan(&self, mut each: impl FnMut(Result<Captured, CaptureFault>)) -> Result<(), CaptureFault> {
        for segment in segments(&self.folder)? {
            let place = path(&self.folder, segment);
            let mut file = BufReader::new(File::open(&place).map_err(|why| fault(&place, why))?);
            let mut offset = 0;
            loop {
                let reference = CaptureRef(format!("{segment}:{offset}"));
                let damaged = |why: String| CaptureFault::Damaged { reference: reference.clone(), why };
                match frame(&mut file) {
                    Ok(None) => break,
                    Ok(Some(found)) => {
                        offset += FRAME_BYTES + found.packed.len() as u64;
                        each(if found.right {
                            unpack(&reference, &found.packed).map_err(damaged)
                        } else {
                            Err(damaged(WRONG.to_owned()))
                        });
                    }
                    // A torn end is no fault here: the record was never acknowledged.
                    Err(why) if why.kind() == io::ErrorKind::UnexpectedEof => break,
                    Err(why) => {
                        each(Err(damaged(format!("{why}; the rest of the segment cannot be read"))));
                        break;
                    }
                }
            }
        }
        Ok(())
    }

    /// Drops the oldest whole segments beyond the bounds; the one being written stays.
    pub fn prune(&self, now: Timestamp) -> Result<u32, CaptureFault> {
        let oldest =
            now.checked_sub(SignedDuration::from_hours(i64::from(self.limits.age_max_days) * 24)).unwrap_or(now);
        let mut kept: Vec<(u32, u64, Timestamp)> = Vec::new();
        for segment in segments(&self.folder)? {
            let place = path(&self.folder, segment);
            let meta = fs::metadata(&place).map_err(|why| fault(&place, why))?;
            let written = meta.modified().ok().and_then(|time| Timestamp::try_from(time).ok()).unwrap_or(now);
            kept.push((segment, meta.len(), written));
        }
        kept.pop();
        let mut bytes: u64 = kept.iter().map(|(_, length, _)| length).sum();
        let mut dropped = 0;
        for (segment, length, written) in kept {
            if bytes <= self.limits.bytes_max && written >= oldest {
                continue;
            }
            let place = path(&self.folder, segment);
            fs::remove_file(&place).map_err(|why| fault(&place, why))?;
            bytes -= length;
            dropped += 1;
        }
        Ok(dropped)
    }
}

impl Writer {
    /// A torn end is cut off. A segment that is damaged before its end is left as it is, and the next one is begun.
    fn open(folder: &Path, segment: u32) -> Result<Self, CaptureFault> {
        let place = path(folder, segment);
        let open = || -> io::Result<Self> {
            let file = OpenOptions::new().create(true).read(true).append(true).open(&place)?;
            let (whole, torn) = whole_records(&file)?;
            if torn {
                tracing::warn!(place = %place.display(), at = whole, "a torn capture was cut off");
                file.set_len(whole)?;
            }
            Ok(Self { segment, file, length: whole })
        };
        match open() {
            Err(why) if why.kind() == io::ErrorKind::InvalidData => {
                tracing::error!(place = %place.display(), %why, "a capture segment is damaged; the next one is begun");
                Self::open(folder, segment + 1)
            }
            opened => opened.map_err(|why| fault(&place, why)),
        }
    }
}

/// Length of the file up to the end of its last record, and whether something unfinished follows.
fn whole_records(file: &File) -> io::Result<(u64, bool)> {
    let mut reader = BufReader::new(file);
    reader.seek(SeekFrom::Start(0))?;
    let mut length = 0;
    loop {
        match frame(&mut reader) {
            Ok(None) => return Ok((length, false)),
            Ok(Some(frame)) => length += FRAME_BYTES + frame.packed.len() as u64,
            Err(why) if why.kind() == io::ErrorKind::UnexpectedEof => return Ok((length, true)),
            Err(why) => return Err(why),
        }
    }
}

fn record(page: &Page) -> io::Result<Vec<u8>> {
    let head = Head {
        url: page.url.clone(),
        final_url: page.final_url.clone(),
        status: page.status,
        headers: page.headers.clone(),
        fetched_at: page.fetched_at,
        sha256: hex::encode(Sha256::digest(&page.body)),
    };
    let mut plain = serde_json::to_vec(&head)?;
    plain.push(b'\n');
    plain.extend_from_slice(&page.body);
    let packed = zstd::encode_all(plain.as_slice(), LEVEL)?;
    let length = u32::try_from(packed.len()).map_err(|_| io::Error::other("the record is larger than 4 GB"))?;
    let mut out = Vec::with_capacity(packed.len() + 16);
    out.extend_from_slice(&MAGIC);
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(&checksum(&packed));
    out.extend_from_slice(&packed);
    Ok(out)
}

fn checksum(packed: &[u8]) -> [u8; 8] {
    let digest = Sha256::digest(packed);
    std::array::from_fn(|i| digest[i])
}

/// A record as it lies in the segment.
struct Frame {
    packed: Vec<u8>,
    /// The checksum holds.
    right: bool,
}

const WRONG: &str = "the checksum is wrong";

/// The next record; None at a clean end. `UnexpectedEof`: torn; `InvalidData`: no record begins here.
fn frame(file: &mut impl Read) -> io::Result<Option<Frame>> {
    let mut head = [0u8; FRAME_BYTES as usize];
    let mut got = 0;
    while got < head.len() {
        match file.read(&mut head[got..])? {
            0 if got == 0 => return Ok(None),
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            n => got += n,
        }
    }
    let [m0, m1, m2, m3, l0, l1, l2, l3, sum @ ..] = head;
    let length = u64::from(u32::from_le_bytes([l0, l1, l2, l3]));
    if [m0, m1, m2, m3] != MAGIC || length > RECORD_BYTES_MAX {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "not a capture record"));
    }
    let mut packed = Vec::new();
    file.take(length).read_to_end(&mut packed)?;
    if packed.len() as u64 != length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let right = checksum(&packed) == sum;
    Ok(Some(Frame { packed, right }))
}

fn unpack(reference: &CaptureRef, packed: &[u8]) -> Result<Captured, String> {
    let mut plain = Vec::new();
    let decoder = zstd::Decoder::new(packed).map_err(|why| why.to_string())?;
    decoder.take(RECORD_BYTES_MAX).read_to_end(&mut plain).map_err(|why| why.to_string())?;
    let end = memchr::memchr(b'\n', &plain).ok_or("no head")?;
    let body = plain.split_off(end + 1);
    let head: Head = serde_json::from_slice(&plain).map_err(|why| why.to_string())?;
    Ok(Captured { reference: reference.clone(), head, body })
}

fn parse(reference: &CaptureRef) -> Option<(u32, u64)> {
    let (segment, offset) = reference.as_str().split_once(':')?;
    Some((segment.parse().ok()?, offset.parse().ok()?))
}

fn path(folder: &Path, segment: u32) -> PathBuf {
    folder.join(format!("{segment:06}.cap"))
}

/// Numbers of the segments there are, oldest first.
fn segments(folder: &Path) -> Result<Vec<u32>, CaptureFault> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(|why| fault(folder, why))? {
        let path = entry.map_err(|why| fault(folder, why))?.path();
        let number: Option<u32> = path.file_stem().and_then(|stem| stem.to_str()).and_then(|stem| stem.parse().ok());
        if path.extension().is_some_and(|extension| extension == "cap") {
            found.extend(number);
        }
    }
    found.sort_unstable();
    Ok(found)
}

fn fault(place: &Path, why: io::Error) -> CaptureFault {
    if why.kind() == io::ErrorKind::StorageFull {
        CaptureFault::DiskFull
    } else {
        CaptureFault::Io { place: place.display().to_string(), why }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: CaptureLimits = CaptureLimits { bytes_max: 1 << 20, age_max_days: 90, segment_bytes_max: 400 };

    fn page(n: u32) -> Page {
        Page {
            url: format!("https://a.example/{n}"),
            final_url: format!("https://a.example/{n}"),
            status: 200,
            headers: vec![("content-type".to_owned(), "text/html".to_owned())],
            body: format!("<p>금지 {n}</p>").into_bytes(),
            fetched_at: Timestamp::UNIX_EPOCH,
            capture: None,
        }
    }

    #[test]
    fn what_is_appended_reads_back_over_segments_and_restarts() {
        let data = tempfile::tempdir().unwrap();
        let mut references = Vec::new();
        for n in 0..6 {
            let captures = Captures::open(data.path(), LIMITS).unwrap();
            references.push(captures.append(&page(n)).unwrap());
        }
        let reader = Captures::open_read_only(data.path(), LIMITS).unwrap();
        for (n, reference) in references.iter().enumerate() {
            assert_eq!(reader.read(reference).unwrap().body, page(n as u32).body);
        }
        let mut seen = Vec::new();
        reader.scan(|record| seen.push(record.unwrap().reference)).unwrap();
        assert_eq!(seen, references);
        assert!(references.last().unwrap().as_str() > "1:", "several segments: {references:?}");
        assert!(matches!(reader.append(&page(9)), Err(CaptureFault::ReadOnly)));
        assert!(matches!(reader.read(&"77:0".into()), Err(CaptureFault::Missing { .. })));
    }

    #[test]
    fn a_torn_record_is_cut_off_and_the_next_one_fits() {
        let data = tempfile::tempdir().unwrap();
        let first = Captures::open(data.path(), LIMITS).unwrap().append(&page(1)).unwrap();
        let file = data.path().join("captures/000001.cap");
        let whole = fs::read(&file).unwrap();
        for cut in [1, 10, 17, whole.len() - 1] {
            let mut torn = whole.clone();
            torn.extend_from_slice(&whole[..cut]);
            fs::write(&file, torn).unwrap();
            let captures = Captures::open(data.path(), LIMITS).unwrap();
            let second = captures.append(&page(2)).unwrap();
            assert_eq!(captures.read(&first).unwrap().body, page(1).body);
            assert_eq!(captures.read(&second).unwrap().body, page(2).body);
        }
    }

    #[test]
    fn damage_costs_one_record_or_one_segment_and_nothing_is_cut() {
        let data = tempfile::tempdir().unwrap();
        let roomy = CaptureLimits { segment_bytes_max: 1 << 20, ..LIMITS };
        let captures = Captures::open(data.path(), roomy).unwrap();
        let references: Vec<_> = (0..3).map(|n| captures.append(&page(n)).unwrap()).collect();
        drop(captures);
        let file = data.path().join("captures/000001.cap");
        let whole = fs::read(&file).unwrap();
        let second = parse(&references[1]).unwrap().1 as usize;
        let scanned = |at: usize| {
            let mut bytes = whole.clone();
            bytes[at] ^= 0xFF;
            fs::write(&file, &bytes).unwrap();
            let captures = Captures::open(data.path(), roomy).unwrap();
            let mut found = Vec::new();
            captures.scan(|record| found.push(record.is_ok())).unwrap();
            assert_eq!(fs::read(&file).unwrap(), bytes, "nothing is cut");
            (found, captures.append(&page(9)).unwrap())
        };
        let (found, next) = scanned(second + FRAME_BYTES as usize + 3);
        assert_eq!(found, [true, false, true], "a wrong byte in a record");
        assert!(next.as_str().starts_with("1:"));
        let (found, next) = scanned(second);
        assert_eq!(found[..2], [true, false], "a wrong byte where a record begins");
        assert!(next.as_str().starts_with("2:"), "{next}");
    }

    #[test]
    fn the_bounds_hold_while_it_runs() {
        let data = tempfile::tempdir().unwrap();
        let captures = Captures::open(data.path(), CaptureLimits { bytes_max: 700, ..LIMITS }).unwrap();
        let references: Vec<_> = (0..40).map(|n| captures.append(&page(n)).unwrap()).collect();
        assert!(matches!(captures.read(&references[0]), Err(CaptureFault::Missing { .. })));
        assert!(segments(&data.path().join("captures")).unwrap().len() <= 4);
    }

    #[test]
    fn bounds_drop_whole_old_segments() {
        let data = tempfile::tempdir().unwrap();
        let small = CaptureLimits { bytes_max: 700, ..LIMITS };
        let captures = Captures::open(data.path(), small).unwrap();
        let references: Vec<_> = (0..12).map(|n| captures.append(&page(n)).unwrap()).collect();
        captures.prune(Timestamp::now()).unwrap();
        assert!(matches!(captures.read(&references[0]), Err(CaptureFault::Missing { .. })));
        assert!(captures.read(references.last().unwrap()).is_ok());
    }
}
