//! `SHA256SUMS`: the digest of every file of a run, in the form that `sha256sum -c` reads.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::verify::Mismatch;

/// The file's name in a run's folder.
pub const FILE: &str = "SHA256SUMS";

/// What programs said while they ran is no evidence, and it names folders of the machine.
const LOGS: &str = "log";

/// Writes the digests of all files below a folder, sorted by their paths, except its own and the
/// logs.
///
/// # Errors
/// If a file cannot be read, the result cannot be written, or the folder holds something other than
/// files and folders, for which a digest would promise what it cannot keep.
pub fn write(dir: &Path) -> io::Result<()> {
    let mut files = Vec::new();
    collect(dir, &mut files)?;
    let own = dir.join(FILE);
    let mut lines: Vec<(Vec<u8>, String)> = Vec::new();
    for file in files.into_iter().filter(|file| *file != own) {
        let name = file
            .strip_prefix(dir)
            .unwrap_or(&file)
            .as_os_str()
            .as_bytes()
            .to_vec();
        lines.push((name, digest(&file)?));
    }
    lines.sort();
    let mut text = Vec::new();
    for (name, digest) in lines {
        line(&mut text, &name, &digest)?;
    }
    fs::write(own, text)
}

/// Checks the digests: files that changed, are missing, or are not listed.
///
/// # Errors
/// If the list or a file cannot be read.
pub fn check(dir: &Path) -> io::Result<Vec<Mismatch>> {
    let own = dir.join(FILE);
    let mismatch = |file: &str, what: &str| Mismatch {
        file: file.to_owned(),
        what: what.to_owned(),
    };
    let text = match fs::read_to_string(&own) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Ok(vec![mismatch(FILE, "it is missing")]);
        }
        Err(error) => return Err(naming(&own, &error)),
    };
    let listed: BTreeMap<&str, &str> = text
        .lines()
        .filter_map(|line| line.split_once("  "))
        .map(|(digest, name)| (name, digest))
        .collect();
    let mut files = Vec::new();
    collect(dir, &mut files)?;
    let mut mismatches = Vec::new();
    let mut found = BTreeSet::new();
    for file in files.into_iter().filter(|file| *file != own) {
        let mut name = Vec::new();
        let relative = file.strip_prefix(dir).unwrap_or(&file);
        line(&mut name, relative.as_os_str().as_bytes(), "")?;
        let name = String::from_utf8_lossy(&name);
        // As `line` writes it: an escaped name is marked before the digest, which is empty here.
        let (mark, name) = name.trim_end().split_once("  ").unwrap_or(("", ""));
        let expected = format!("{mark}{}", digest(&file)?);
        match listed.get(name) {
            None => mismatches.push(mismatch(name, "it is not listed in SHA256SUMS")),
            Some(digest) if **digest != expected => {
                mismatches.push(mismatch(name, "its digest is not that of SHA256SUMS"));
            }
            Some(_) => {}
        }
        found.insert(name.to_owned());
    }
    let missing = listed.keys().filter(|name| !found.contains(**name));
    mismatches.extend(missing.map(|name| mismatch(name, "it is listed in SHA256SUMS and missing")));
    Ok(mismatches)
}

fn collect(dir: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(dir).map_err(|error| naming(dir, &error))? {
        let entry = entry.map_err(|error| naming(dir, &error))?;
        let (path, kind) = (entry.path(), entry.file_type()?);
        if kind.is_dir() {
            collect(&path, files)?;
        } else if kind.is_file() {
            if path.extension().is_none_or(|ending| ending != LOGS) {
                files.push(path);
            }
        } else {
            let text = format!(
                "{} is neither a file nor a folder; remove it",
                path.display()
            );
            return Err(io::Error::new(io::ErrorKind::InvalidData, text));
        }
    }
    Ok(())
}

fn digest(path: &Path) -> io::Result<String> {
    let mut hasher = Sha256::new();
    let copied = File::open(path).and_then(|mut file| io::copy(&mut file, &mut hasher));
    copied.map_err(|error| naming(path, &error))?;
    Ok(hasher
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect())
}

/// The system's message alone does not say which of many files it is about.
fn naming(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

/// A name with a backslash or a line break is escaped and marked by a backslash before the digest,
/// as GNU coreutils does it.
fn line(out: &mut Vec<u8>, name: &[u8], digest: &str) -> io::Result<()> {
    let special = |byte: &u8| matches!(byte, b'\\' | b'\n' | b'\r');
    if name.iter().any(special) {
        out.push(b'\\');
    }
    write!(out, "{digest}  ")?;
    for byte in name {
        match byte {
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            other => out.push(*other),
        }
    }
    out.push(b'\n');
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SHA-256 of the empty text and of `abc`, from FIPS 180-2.
    const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn every_file_is_listed_once_in_order_and_the_list_not_at_all() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("charts")).unwrap();
        fs::write(dir.path().join("run.json"), "abc").unwrap();
        fs::write(dir.path().join("charts/cpu_usage.svg"), "").unwrap();
        fs::write(dir.path().join("charts.txt"), "abc").unwrap();
        fs::write(dir.path().join("sut.log"), "abc").unwrap();
        let expected =
            format!("{ABC}  charts.txt\n{EMPTY}  charts/cpu_usage.svg\n{ABC}  run.json\n");
        // The second time the list itself is in the folder.
        for _ in 0..2 {
            write(dir.path()).unwrap();
            assert_eq!(fs::read_to_string(dir.path().join(FILE)).unwrap(), expected);
        }
    }

    #[test]
    fn odd_names_are_escaped_as_coreutils_does() {
        let mut out = Vec::new();
        line(&mut out, b"a\\b\nc", ABC).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            format!("\\{ABC}  a\\\\b\\nc\n")
        );
    }

    #[test]
    fn links_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("/nowhere", dir.path().join("link")).unwrap();
        let error = write(dir.path()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        assert!(
            error
                .to_string()
                .contains("link is neither a file nor a folder"),
            "{error}"
        );
    }

    #[test]
    fn a_missing_folder_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let error = write(&dir.path().join("gone")).unwrap_err();
        assert!(error.to_string().contains("gone"), "{error}");
    }
}
