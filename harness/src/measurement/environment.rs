//! Where a run took place: machine, program, system under test.
//!
//! Runs are compared with each other only when the machines are alike; the fingerprint says whether
//! they are. It leaves out what changes from day to day (load, free space, build of this program).

use std::collections::BTreeMap;
use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use sysinfo::System;

use crate::units::Bytes;

/// The machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Environment {
    /// E.g. `AMD EPYC 7B13`.
    pub cpu_model: String,
    /// Logical cores this program may use.
    pub cores: u32,
    /// Physical memory.
    pub memory: Bytes,
    /// E.g. `Debian GNU/Linux 12`.
    pub os: String,
    /// Kernel release.
    pub kernel: String,
    /// File system type and size of the folder that holds the system's data, if known.
    pub storage: Option<String>,
    /// Load average over one minute before the run.
    pub load_before: f64,
    /// `rustc --version` of this program's build.
    pub rustc: String,
    /// SHA-256 over the fields that make two machines comparable.
    pub fingerprint: String,
}

/// This program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ToolRecord {
    /// Its version.
    pub version: String,
    /// The commit it was built from, with `+` if the tree was changed; none outside a checkout.
    pub commit: Option<String>,
    /// `release` or `debug`.
    pub build: String,
    /// Versions of the libraries that measure: goose, hdrhistogram, sysinfo, criterion.
    pub libraries: BTreeMap<String, String>,
}

/// The system under test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SutRecord {
    /// Where it was reached.
    pub url: String,
    /// Whether this run started it.
    pub started_here: bool,
    /// Its process, if it runs on this machine and is known.
    pub pid: Option<u32>,
    /// What it said of its version, whole.
    pub version: Option<serde_json::Value>,
    /// The command that started it, as the plan writes it: without secrets and paths of the machine.
    pub command: Vec<String>,
    /// From start to ready.
    pub ready_after: Option<crate::units::Micros>,
}

/// What is put where the machine does not say.
const UNKNOWN: &str = "unknown";

impl Environment {
    /// Looks at this machine. `data` is the folder in which the system under test will keep its data.
    #[must_use]
    pub fn capture(data: &Path) -> Self {
        let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
        let mut environment = Self {
            cpu_model: cpu_model(&read("/proc/cpuinfo")),
            cores: std::thread::available_parallelism()
                .map_or(1, |cores| u32::try_from(cores.get()).unwrap_or(u32::MAX)),
            memory: Bytes(physical_memory()),
            os: os_name(&read("/etc/os-release")),
            kernel: System::kernel_version().unwrap_or_else(|_| UNKNOWN.to_owned()),
            storage: storage(data, &read("/proc/self/mountinfo")),
            load_before: System::load_average().map_or(0.0, |load| load.one),
            rustc: env!("STEPS_RUSTC").to_owned(),
            fingerprint: String::new(),
        };
        environment.fingerprint = environment.compute_fingerprint();
        environment
    }

    fn compute_fingerprint(&self) -> String {
        // The kernel tells a few megabytes more or less from boot to boot.
        let gibibytes = (self.memory.0 as f64 / f64::from(1u32 << 30)).round();
        let kernel: Vec<&str> = self.kernel.split(['.', '-']).take(2).collect();
        let storage = self.storage.as_deref().unwrap_or(UNKNOWN);
        let text = format!(
            "cpu={}\ncores={}\nmemory={gibibytes}\nos={}\nkernel={}\nstorage={}\n",
            self.cpu_model,
            self.cores,
            self.os,
            kernel.join("."),
            storage.split(',').next().unwrap_or(UNKNOWN),
        );
        sha256_hex(text.as_bytes())
    }
}

impl ToolRecord {
    /// This program.
    #[must_use]
    pub fn of_this_program() -> Self {
        let commit = env!("STEPS_COMMIT");
        Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            commit: (!commit.is_empty()).then(|| commit.to_owned()),
            build: if cfg!(debug_assertions) {
                "debug"
            } else {
                "release"
            }
            .to_owned(),
            libraries: env!("STEPS_LIBRARIES")
                .split(',')
                .filter_map(|entry| entry.split_once(' '))
                .map(|(name, version)| (name.to_owned(), version.to_owned()))
                .collect(),
        }
    }
}

/// SHA-256 in hexadecimal.
#[must_use]
pub fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn cpu_model(cpuinfo: &str) -> String {
    // x86 says `model name`, ARM boards `Model` or nothing but part numbers.
    ["model name", "Model", "Hardware", "cpu model"]
        .iter()
        .find_map(|key| {
            cpuinfo.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                (name.trim() == *key).then(|| value.trim().to_owned())
            })
        })
        .unwrap_or_else(|| format!("{UNKNOWN} ({})", std::env::consts::ARCH))
}

fn os_name(os_release: &str) -> String {
    os_release
        .lines()
        .find_map(|line| line.strip_prefix("PRETTY_NAME="))
        .map_or_else(
            || std::env::consts::OS.to_owned(),
            |name| name.trim_matches('"').to_owned(),
        )
}

fn physical_memory() -> u64 {
    System::new().map_or(0, |mut system| {
        system.refresh_memory();
        system.total_memory()
    })
}

/// File system type and, for a block device, its size: the mount with the longest path that holds
/// the folder.
fn storage(folder: &Path, mountinfo: &str) -> Option<String> {
    let folder = std::fs::canonicalize(folder).ok()?;
    let (device, kind) = mount_of(&folder, mountinfo)?;
    let sectors = std::fs::read_to_string(format!("/sys/dev/block/{device}/size"));
    let sectors = sectors
        .ok()
        .and_then(|text| text.trim().parse::<u64>().ok());
    Some(match sectors {
        Some(sectors) => format!("{kind}, {} GB", sectors * 512 / 1_000_000_000),
        None => kind,
    })
}

/// Device number and file system type of the mount that holds a folder.
fn mount_of(folder: &Path, mountinfo: &str) -> Option<(String, String)> {
    mountinfo
        .lines()
        .filter_map(|line| {
            let (head, tail) = line.split_once(" - ")?;
            let mut fields = head.split(' ');
            let device = fields.nth(2)?;
            let point = fields.nth(1)?.replace("\\040", " ");
            let kind = tail.split(' ').next()?;
            folder
                .starts_with(&point)
                .then(|| (point.len(), device.to_owned(), kind.to_owned()))
        })
        // Of two mounts on one point the later one covers the earlier.
        .max_by_key(|(length, _, _)| *length)
        .map(|(_, device, kind)| (device, kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = "\
22 1 254:1 / / rw,relatime - ext4 /dev/vda1 rw
23 22 0:21 / /tmp rw,nosuid shared:2 - tmpfs tmpfs rw,size=4g
24 22 8:17 /data /srv/big\\040disk rw - xfs /dev/sdb1 rw
";

    #[test]
    fn the_mount_with_the_longest_path_holds_the_folder() {
        let kind = |path: &str| mount_of(Path::new(path), MOUNTS).map(|(_, kind)| kind);
        assert_eq!(kind("/home/x").as_deref(), Some("ext4"));
        assert_eq!(kind("/tmp/run").as_deref(), Some("tmpfs"));
        assert_eq!(kind("/srv/big disk/db").as_deref(), Some("xfs"));
        assert_eq!(kind("/tmpfoo").as_deref(), Some("ext4"));
    }

    #[test]
    fn names_are_taken_from_what_the_machine_says() {
        let cpuinfo = "processor\t: 0\nmodel name\t: AMD EPYC 7B13\ncache size\t: 512 KB\n";
        assert_eq!(cpu_model(cpuinfo), "AMD EPYC 7B13");
        assert!(cpu_model("").starts_with("unknown ("));
        let release = "NAME=\"Debian\"\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n";
        assert_eq!(os_name(release), "Debian GNU/Linux 12 (bookworm)");
    }

    #[test]
    fn the_fingerprint_ignores_what_changes_from_day_to_day() {
        let here = Environment::capture(Path::new("/"));
        assert!(here.cores >= 1 && here.memory.0 > 0, "{here:?}");
        assert_eq!(here.fingerprint.len(), 64);
        let mut later = here.clone();
        later.load_before += 3.0;
        later.memory = Bytes(later.memory.0 - 1_000_000);
        later.rustc = "rustc 9.9.9".to_owned();
        assert_eq!(later.compute_fingerprint(), here.fingerprint);
        later.cores += 1;
        assert_ne!(later.compute_fingerprint(), here.fingerprint);
    }

    #[test]
    fn the_program_knows_its_measuring_libraries() {
        let tool = ToolRecord::of_this_program();
        let names: Vec<&str> = tool.libraries.keys().map(String::as_str).collect();
        assert_eq!(names, ["criterion", "goose", "hdrhistogram", "sysinfo"]);
        assert!(tool.libraries["goose"].starts_with("0.19"));
    }
}
