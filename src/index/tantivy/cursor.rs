//! An opaque place in an answer: the key of the last hit, bound to the request that gave it.
use super::page::Key;
use crate::index::{IndexFault, Request};
use crate::model::id;
use crate::query::explain;

/// Hex digits of the request's print.
const PRINT_DIGITS: usize = 8;

/// Hex digits of a u64.
const NUMBER_DIGITS: usize = 16;

pub(super) fn write(request: &Request, key: Key) -> String {
    format!("{}{:016x}{:016x}", print(request), key.rank, key.tie)
}

pub(super) fn read(request: &Request, cursor: &str) -> Result<Key, IndexFault> {
    let number = |text: &str| u64::from_str_radix(text, 16).map_err(|_| IndexFault::Cursor);
    let plain = cursor.len() == PRINT_DIGITS + 2 * NUMBER_DIGITS && cursor.bytes().all(|b| b.is_ascii_hexdigit());
    let parts =
        cursor.strip_prefix(&print(request)).filter(|_| plain).and_then(|rest| rest.split_at_checked(NUMBER_DIGITS));
    let (rank, tie) = parts.ok_or(IndexFault::Cursor)?;
    Ok(Key { rank: number(rank)?, tie: number(tie)? })
}

/// A cursor of another query, order or filter would silently skip hits.
fn print(request: &Request) -> String {
    let Request { query, langs, topics, sort, tier, fold, limit: _, cursor: _ } = request;
    let shape = format!("{langs:?} {topics:?} {sort:?} {tier:?} {fold:?}");
    id::derive("cursor", &[&explain(query), &shape]).chars().take(PRINT_DIGITS).collect()
}
