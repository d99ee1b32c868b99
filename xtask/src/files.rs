//! Files and folders, with errors that name them.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::say::{Done, Stop};

/// Every file below a folder (or the file itself), with its content, by its path from there.
/// What does not exist has no files.
pub(crate) fn tree(path: &Path) -> Done<BTreeMap<PathBuf, Vec<u8>>> {
    let mut found = BTreeMap::new();
    collect(path, Path::new(""), &mut found)?;
    Ok(found)
}

/// Makes a folder hold exactly these files. What is already as it should be is not touched, so a page that is
/// being served from there is never missing a file, and nothing looks newer than it is.
pub(crate) fn settle(dir: &Path, files: &BTreeMap<PathBuf, Vec<u8>>) -> Done {
    for (path, content) in files {
        let path = dir.join(path);
        if fs::read(&path).is_ok_and(|there| there == *content) {
            continue;
        }
        write(&path, content)?;
    }
    for path in tree(dir)?.keys().filter(|path| !files.contains_key(*path)) {
        remove(&dir.join(path))?;
    }
    Ok(())
}

/// Reads a file.
pub(crate) fn read(path: &Path) -> Done<Vec<u8>> {
    fs::read(path).map_err(|error| Stop::io("read", path, &error))
}

/// Writes a file and the folders above it.
pub(crate) fn write(path: &Path, content: &[u8]) -> Done {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(|error| Stop::io("create", parent, &error))?;
    }
    fs::write(path, content).map_err(|error| Stop::io("write", path, &error))
}

/// Makes an empty folder, whatever was there.
pub(crate) fn fresh(dir: &Path) -> Done {
    remove(dir)?;
    fs::create_dir_all(dir).map_err(|error| Stop::io("create", dir, &error))
}

/// Removes a file or a folder with all it holds, if it is there.
pub(crate) fn remove(path: &Path) -> Done {
    let removed = if path.is_dir() {
        fs::remove_dir_all(path)
    } else {
        fs::remove_file(path)
    };
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(Stop::io("remove", path, &error))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

/// A folder for what a program leaves lying about; it goes with this.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    /// Makes it where the system wants such folders.
    pub(crate) fn new() -> Done<Self> {
        let dir = std::env::temp_dir().join(format!("evertoken-{}", std::process::id()));
        fresh(&dir)?;
        Ok(Self(dir))
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // A browser that was killed may be writing still: what is left then is the system's to remove.
        let _ = remove(&self.0);
    }
}

fn collect(path: &Path, name: &Path, found: &mut BTreeMap<PathBuf, Vec<u8>>) -> Done {
    if !path.is_dir() {
        if path.exists() {
            found.insert(name.to_owned(), read(path)?);
        }
        return Ok(());
    }
    let entries = fs::read_dir(path).map_err(|error| Stop::io("list", path, &error))?;
    for entry in entries {
        let entry = entry.map_err(|error| Stop::io("list", path, &error))?;
        collect(&entry.path(), &name.join(entry.file_name()), found)?;
    }
    Ok(())
}
