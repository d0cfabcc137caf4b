//! How much room a data folder has and takes: what the disk budget compares.
use std::io;
use std::path::Path;

/// Files of one data folder; ours holds some thousands, so more means a wrong path (or a home folder).
const FOLDER_FILES_MAX: usize = 1_000_000;

/// Bytes an ordinary user may still write on the disk holding `dir`.
pub fn free_bytes(dir: &Path) -> io::Result<u64> {
    fs4::available_space(dir)
}

/// Bytes of all files under `dir`; links are counted, not followed.
pub fn folder_bytes(dir: &Path) -> io::Result<u64> {
    let mut folders = vec![dir.to_owned()];
    let mut bytes = 0;
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        for item in std::fs::read_dir(&folder)? {
            let item = item?;
            let meta = match item.metadata() {
                Ok(meta) => meta,
                // The writer removes segments and logs while we count.
                Err(gone) if gone.kind() == io::ErrorKind::NotFound => continue,
                Err(fault) => return Err(fault),
            };
            files += 1;
            if files > FOLDER_FILES_MAX {
                return Err(io::Error::other(format!("{} holds more than {FOLDER_FILES_MAX} files", dir.display())));
            }
            if meta.is_dir() {
                folders.push(item.path());
            } else {
                bytes += meta.len();
            }
        }
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_files_in_folders_below() {
        let dir = tempfile::tempdir().expect("temp dir");
        std::fs::create_dir(dir.path().join("below")).expect("folder");
        std::fs::write(dir.path().join("a"), [0; 10]).expect("file");
        std::fs::write(dir.path().join("below").join("b"), [0; 32]).expect("file");
        assert_eq!(folder_bytes(dir.path()).expect("readable"), 42);
    }

    #[test]
    fn a_folder_that_is_not_there_is_a_fault() {
        let dir = tempfile::tempdir().expect("temp dir");
        assert!(folder_bytes(&dir.path().join("nowhere")).is_err());
        assert!(free_bytes(&dir.path().join("nowhere")).is_err());
        assert!(free_bytes(dir.path()).is_ok());
    }
}
