//! `memory_profile_<stamp>.txt`: the memory profile as two tables.

use std::fmt::Write as _;

use crate::measurement::memory::MemoryRecord;
use crate::units::Bytes;

pub(super) fn text(record: &MemoryRecord) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(
        text,
        "Resident memory of the server process, in MB of 1,000,000 bytes"
    );
    let _ = writeln!(text, "At start: {:.2}", record.start.as_megabytes());
    let _ = writeln!(text, "Failed requests: {}", record.failed_requests);
    if let Some(failure) = &record.first_failure {
        let _ = writeln!(text, "First failure: {failure}");
    }
    let _ = writeln!(
        text,
        "\n{:>12} {:>10} {:>10} {:>10} {:>10}",
        "operations", "base", "peak", "released", "growth"
    );
    for checkpoint in &record.checkpoints {
        let _ = writeln!(
            text,
            "{:>12} {} {} {} {:>10.2}",
            checkpoint.operations,
            megabytes(checkpoint.base),
            megabytes(checkpoint.peak),
            megabytes(checkpoint.released),
            checkpoint.released.as_megabytes() - record.start.as_megabytes(),
        );
    }
    if !record.kinds.is_empty() {
        let _ = writeln!(
            text,
            "\n{:<28} {:>10} {:>10} {:>10} {:>10} {:>10}",
            "kind", "operations", "base", "peak", "end", "released"
        );
    }
    for kind in &record.kinds {
        let _ = writeln!(
            text,
            "{:<28} {:>10} {} {} {} {}",
            kind.name,
            kind.operations,
            megabytes(kind.base),
            megabytes(kind.peak),
            megabytes(kind.end),
            megabytes(kind.released),
        );
    }
    text
}

fn megabytes(bytes: Bytes) -> String {
    format!("{:>10.2}", bytes.as_megabytes())
}

#[cfg(test)]
mod tests {
    use crate::measurement::sample;

    #[test]
    fn the_tables_show_each_checkpoint_and_kind() {
        let text = super::text(&sample::memory());
        let expected = "\
Resident memory of the server process, in MB of 1,000,000 bytes
At start: 12.50
Failed requests: 0

  operations       base       peak   released     growth
          10      13.00      13.50      12.75       0.25

kind                         operations       base       peak        end   released
Session Creation                    100      12.75      14.00      13.90      12.80
";
        assert_eq!(text, expected);
    }
}
