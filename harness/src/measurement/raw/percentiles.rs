//! `.hgrm`: a percentile distribution in the text form of the HDR tools, in milliseconds.

use std::fmt::Write as _;

use crate::measurement::archive::ArchiveError;
use crate::measurement::histogram::HistogramRecord;

/// Lines per halving of the distance to 100 %; the usual value of the tools.
const TICKS: u32 = 5;

pub(super) fn table(record: &HistogramRecord) -> Result<String, ArchiveError> {
    let histogram = record.decode()?;
    let millis = |micros: f64| micros / 1_000.0;
    let mut text = String::from("       Value     Percentile TotalCount 1/(1-Percentile)\n\n");
    let mut below = 0;
    // Writing to a string cannot fail.
    for value in histogram.iter_quantiles(TICKS) {
        below += value.count_since_last_iteration();
        let quantile = value.quantile_iterated_to();
        let at = millis(value.value_iterated_to() as f64);
        let _ = if quantile < 1.0 {
            writeln!(
                text,
                "{at:12.3} {quantile:14.12} {below:10} {:14.2}",
                1.0 / (1.0 - quantile)
            )
        } else {
            writeln!(text, "{at:12.3} {quantile:14.12} {below:10}")
        };
    }
    let mean = millis(record.mean().unwrap_or(0.0));
    let max = millis(record.max.map_or(0.0, |max| max.0 as f64));
    let _ = writeln!(
        text,
        "#[Mean    = {mean:12.3}, StdDeviation   = {:12.3}]\n\
         #[Max     = {max:12.3}, Total count    = {:12}]\n\
         #[Buckets = {:12}, SubBuckets     = {:12}]",
        millis(histogram.stdev()),
        histogram.len(),
        histogram.buckets(),
        2_048,
    );
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measurement::histogram::Recording;

    #[test]
    fn the_table_ends_at_one_hundred_percent_with_every_sample_counted() {
        let mut recording = Recording::latencies();
        for micros in 1..=1_000 {
            recording.record(micros * 10);
        }
        let text = table(&recording.to_record().unwrap()).unwrap();
        let last = text.lines().rfind(|line| !line.starts_with('#')).unwrap();
        let cells: Vec<&str> = last.split_whitespace().collect();
        assert_eq!(cells, ["10.007", "1.000000000000", "1000"]);
        assert!(text.contains("Total count    =         1000]"), "{text}");
    }

    #[test]
    fn no_samples_make_an_empty_table() {
        let text = table(&Recording::latencies().to_record().unwrap()).unwrap();
        assert!(text.contains("Total count    =            0]"), "{text}");
    }
}
