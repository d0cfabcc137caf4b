//! One process writes a data folder. The operating system drops the lock when its holder dies, however it dies.
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Inside the data folder. The file stays behind; only the lock on it means anything.
const LOCK_FILE: &str = "banwatch.lock";

/// A process id and a command name; anything longer was not written by us.
const HOLDER_BYTES_MAX: u64 = 256;

#[derive(Debug, thiserror::Error)]
pub enum LockFault {
    #[error("another banwatch ({holder}) writes this data folder: {}", dir.display())]
    Held { holder: Holder, dir: PathBuf },
    #[error("the lock {} cannot be taken: {why}", path.display())]
    Io {
        path: PathBuf,
        #[source]
        why: io::Error,
    },
}

/// Who holds a lock, as far as the lock file tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    pub command: String,
    pub pid: Option<u32>,
}

/// The right to write a data folder, until dropped.
#[derive(Debug)]
pub struct DataLock {
    /// Closing it releases the lock.
    _file: File,
}

impl DataLock {
    /// `command` is what the fault of the next process will name: `run`, `import` ...
    pub fn acquire(dir: &Path, command: &str) -> Result<DataLock, LockFault> {
        let path = dir.join(LOCK_FILE);
        let io = |why| LockFault::Io { path: path.clone(), why };
        // Not truncated on opening: until the lock is ours, the text in it is the holder's.
        let mut file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path).map_err(io)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(LockFault::Held { holder: Holder::read(&mut file), dir: dir.to_owned() });
            }
            Err(TryLockError::Error(why)) => return Err(io(why)),
        }
        write_holder(&mut file, command).map_err(io)?;
        Ok(DataLock { _file: file })
    }
}

fn write_holder(file: &mut File, command: &str) -> io::Result<()> {
    file.set_len(0)?;
    file.seek(SeekFrom::Start(0))?;
    writeln!(file, "{} {command}", std::process::id())?;
    file.flush()
}

impl Holder {
    /// A holder that has not written its name yet, or a file that cannot be read, is still a holder.
    fn read(file: &mut File) -> Holder {
        let mut text = String::new();
        if file.take(HOLDER_BYTES_MAX).read_to_string(&mut text).is_err() {
            text.clear();
        }
        let (pid, command) = text.trim().split_once(' ').unwrap_or(("", ""));
        let command = if command.is_empty() { "starting" } else { command };
        // No number there: somebody else's text, and a process we cannot name.
        Holder { command: command.to_owned(), pid: pid.parse().ok() }
    }
}

impl std::fmt::Display for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.pid {
            Some(pid) => write!(f, "{}, process {pid}", self.command),
            None => write!(f, "{}, process unknown", self.command),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_is_refused_and_told_who_holds_it() {
        let dir = tempfile::tempdir().expect("temp dir");
        let first = DataLock::acquire(dir.path(), "run").expect("free");
        let fault = DataLock::acquire(dir.path(), "import").expect_err("held");
        let want = format!("another banwatch (run, process {}) writes this data folder: ", std::process::id());
        assert!(fault.to_string().starts_with(&want), "{fault}");
        drop(first);
        let _second = DataLock::acquire(dir.path(), "import").expect("released with its holder");
        let fault = DataLock::acquire(dir.path(), "poll").expect_err("held again");
        assert!(fault.to_string().contains("(import, process"), "a shorter name leaves nothing of the old: {fault}");
    }

    #[test]
    fn a_missing_folder_is_named() {
        let dir = tempfile::tempdir().expect("temp dir");
        let fault = DataLock::acquire(&dir.path().join("nowhere"), "run").expect_err("no folder");
        assert!(matches!(fault, LockFault::Io { .. }));
        assert!(fault.to_string().contains("nowhere"));
    }

    #[test]
    fn a_lock_file_of_garbage_does_not_hide_the_holder() {
        let dir = tempfile::tempdir().expect("temp dir");
        let _held = DataLock::acquire(dir.path(), "run").expect("free");
        std::fs::write(dir.path().join(LOCK_FILE), [0xff, 0xfe]).expect("overwrite");
        let fault = DataLock::acquire(dir.path(), "run").expect_err("held");
        assert!(fault.to_string().contains("(starting, process unknown)"), "{fault}");
    }
}
