pub(super) fn run(_: impl std::io::BufRead, _: impl std::io::Write) -> std::io::Result<u64> {
    Ok(0)
}
