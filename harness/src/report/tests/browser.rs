//! The page in a real browser: its program runs, nothing is complained about, nothing is fetched.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};

use super::verify::folder;

/// Hosts that Chromium asks by itself at every start, switched off or not.
const ITS_OWN: [&str; 3] = ["google.com", "googleapis.com", "gvt1.com"];

/// A proxy that answers nothing and keeps the request lines.
fn proxy() -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let lines = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&lines);
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let mut line = String::new();
            if BufReader::new(stream).read_line(&mut line).is_ok() {
                kept.lock().unwrap().push(line);
            }
        }
    });
    (port, lines)
}

/// What Chromium does for itself is switched off; what the page asks for would go to the proxy.
fn chromium(arguments: &[&str], proxy: u16) -> Output {
    let profile = tempfile::tempdir().unwrap();
    Command::new("chromium")
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--enable-logging=stderr",
            "--virtual-time-budget=5000",
        ])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(format!("--proxy-server=http://127.0.0.1:{proxy}"))
        .args(arguments)
        .output()
        .unwrap()
}

#[test]
#[cfg_attr(not(has_chromium), ignore = "needs `chromium` in PATH at build time")]
fn the_page_works_in_a_browser_and_asks_for_nothing() {
    let (port, asked) = proxy();
    let folder = folder();
    let page = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|ending| ending == "html"))
        .unwrap();
    let url = format!("file://{}", page.display());
    let printed = folder.path().join("page.pdf");

    let seen = chromium(&["--dump-dom", &url], port);
    let dom = String::from_utf8_lossy(&seen.stdout);
    assert!(
        dom.contains("Second 0: "),
        "the explorer reads a second out"
    );
    assert!(dom.contains("aria-valuetext=\"Second 0: "));
    let said = String::from_utf8_lossy(&seen.stderr);
    let complaints: Vec<&str> = said
        .lines()
        .filter(|line| line.contains("CONSOLE"))
        .collect();
    assert!(complaints.is_empty(), "{complaints:?}");

    let to = format!("--print-to-pdf={}", printed.display());
    chromium(&[&to, &url], port);
    let pdf = std::fs::read(&printed).unwrap();
    assert!(pdf.starts_with(b"%PDF"), "the page prints");

    let asked = asked.lock().unwrap();
    let foreign: Vec<&String> = asked
        .iter()
        .filter(|line| !ITS_OWN.iter().any(|host| line.contains(host)))
        .collect();
    assert!(foreign.is_empty(), "something was fetched: {foreign:?}");
}
