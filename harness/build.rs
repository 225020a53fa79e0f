//! Says which commit, compiler and libraries the program is made of. Outside of a checkout, or
//! without git, the commit is left out; nothing here can fail the build.

use std::path::Path;
use std::process::Command;

/// Libraries whose version matters for the figures.
const MEASURING: [&str; 4] = ["criterion", "goose", "hdrhistogram", "sysinfo"];

fn main() {
    // A test that needs a browser shows as ignored where there is none, never as passed.
    println!("cargo::rustc-check-cfg=cfg(has_chromium)");
    println!("cargo::rerun-if-env-changed=PATH");
    if in_path("chromium") {
        println!("cargo::rustc-cfg=has_chromium");
    }
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=src");
    println!("cargo:rerun-if-changed=../Cargo.lock");
    if let Some(folder) = output("git", &["rev-parse", "--git-dir"]) {
        for file in ["HEAD", "index", "logs/HEAD"] {
            let path = Path::new(&folder).join(file);
            if path.exists() {
                println!("cargo:rerun-if-changed={}", path.display());
            }
        }
    }
    println!(
        "cargo:rustc-env=STEPS_COMMIT={}",
        commit().unwrap_or_default()
    );
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    println!(
        "cargo:rustc-env=STEPS_RUSTC={}",
        output(&rustc, &["--version"]).unwrap_or_else(|| "rustc of unknown version".to_owned())
    );
    let lock = std::fs::read_to_string("../Cargo.lock").unwrap_or_default();
    let versions: Vec<String> = MEASURING
        .iter()
        .filter_map(|name| Some(format!("{name} {}", locked_version(&lock, name)?)))
        .collect();
    println!("cargo:rustc-env=STEPS_LIBRARIES={}", versions.join(","));
}

/// The commit in hexadecimal, with `+` if the tree has changes.
fn commit() -> Option<String> {
    let head = output("git", &["rev-parse", "--short=12", "HEAD"])?;
    let changes = output("git", &["status", "--porcelain", "--untracked-files=no"]);
    let mark = if changes.is_some_and(|changes| !changes.is_empty()) {
        "+"
    } else {
        ""
    };
    Some(format!("{head}{mark}"))
}

fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}

fn locked_version(lock: &str, name: &str) -> Option<String> {
    let entry = lock.split("[[package]]").find(|entry| {
        entry
            .lines()
            .any(|line| line == format!("name = \"{name}\""))
    })?;
    let line = entry
        .lines()
        .find_map(|line| line.strip_prefix("version = \""))?;
    Some(line.trim_end_matches('"').to_owned())
}

fn in_path(program: &str) -> bool {
    std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|dir| dir.join(program).is_file()))
}
