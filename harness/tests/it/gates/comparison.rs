//! Comparisons: a hundred of them over recorded noise, and real ones with the program as a user starts
//! it.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use smart_steps_harness::measurement::comparison::ComparisonRecord;
use smart_steps_harness::verdict::paired::{Change, Finding, Looks, judge};

use super::noise::Noise;
use super::{code, server, steps_perf, told};

const THRESHOLD: f64 = 0.05;
const BUDGET: u32 = 40;

/// A session of runs that all have the same law: stretches of four neighbouring runs as they were
/// recorded, so that what neighbours have in common stays. The head's runs are slower by a factor.
fn session(noise: &Noise, factor: f64, rng: &mut ChaCha8Rng) -> Vec<(f64, f64)> {
    let runs = noise.level_runs();
    let mut pairs = Vec::new();
    while pairs.len() < BUDGET as usize {
        let at = rng.random_range(0..runs.len() - 3);
        // Base, head, head, base.
        let [one, two, three, four] = [runs[at], runs[at + 1], runs[at + 2], runs[at + 3]];
        pairs.push((one, two * factor));
        pairs.push((four, three * factor));
    }
    pairs
}

/// The real pairs as they were recorded, in stretches of two, with the head that is really slower.
fn recorded(noise: &Noise, rng: &mut ChaCha8Rng) -> Vec<(f64, f64)> {
    let mut pairs = Vec::new();
    while pairs.len() < BUDGET as usize {
        let at = rng.random_range(0..noise.pairs.len() / 2) * 2;
        pairs.extend(&noise.pairs[at..at + 2]);
    }
    pairs
}

struct Outcome {
    worse: u32,
    not_worse: u32,
    undecided: u32,
    pairs: u32,
}

fn compare(times: u32, mut draw: impl FnMut() -> Vec<(f64, f64)>) -> Outcome {
    let looks = Looks::within(BUDGET);
    let mut outcome = Outcome {
        worse: 0,
        not_worse: 0,
        undecided: 0,
        pairs: 0,
    };
    for _ in 0..times {
        let change: Change = judge(&draw(), THRESHOLD, &looks).unwrap();
        outcome.pairs += change.pairs;
        match change.finding {
            Finding::Worse => outcome.worse += 1,
            Finding::NotWorse => outcome.not_worse += 1,
            Finding::Undecided => outcome.undecided += 1,
        }
    }
    outcome
}

fn print(name: &str, noise: &Noise, times: u32, outcome: &Outcome) {
    let pairs = f64::from(outcome.pairs) / f64::from(times);
    println!(
        "{name}: of {times} comparisons {} FAIL, {} PASS, {} undecided; {pairs:.1} pairs and {:.1} min on \
         average, {:.1} min at most",
        outcome.worse,
        outcome.not_worse,
        outcome.undecided,
        pairs * 2.0 * noise.seconds_per_run / 60.0,
        f64::from(BUDGET) * 2.0 * noise.seconds_per_run / 60.0,
    );
}

#[test]
fn a_hundred_comparisons_of_the_same_build_have_at_most_one_false_fail() {
    for name in ["quiet", "busy"] {
        let noise = Noise::load(name);
        let mut rng = ChaCha8Rng::seed_from_u64(41);
        let hundred = compare(100, || session(&noise, 1.0, &mut rng));
        print(&format!("the same build, {name}"), &noise, 100, &hundred);
        assert!(hundred.worse <= 1, "{name}: {}", hundred.worse);
        // A hundred could be luck: of two thousand, at most 0.5 % and four standard deviations.
        let many = compare(2_000, || session(&noise, 1.0, &mut rng));
        print(&format!("the same build, {name}"), &noise, 2_000, &many);
        assert!(many.worse <= 10 + 13, "{name}: {}", many.worse);
    }
}

#[test]
fn a_slowdown_of_ten_percent_is_caught_in_95_of_a_hundred() {
    let noise = Noise::load("quiet");
    let mut rng = ChaCha8Rng::seed_from_u64(42);
    let hundred = compare(100, || session(&noise, 1.1, &mut rng));
    print("10 % slower, quiet", &noise, 100, &hundred);
    assert!(hundred.worse >= 95, "{}", hundred.worse);
    assert_eq!(hundred.not_worse, 0);
    let real = compare(100, || recorded(&noise, &mut rng));
    print("really slower, quiet", &noise, 100, &real);
    assert_eq!(real.not_worse, 0);
}

#[test]
fn on_a_busy_machine_a_slowdown_is_caught_or_undecided_and_hardly_ever_passed() {
    let noise = Noise::load("busy");
    let mut rng = ChaCha8Rng::seed_from_u64(43);
    let many = compare(1_000, || session(&noise, 1.1, &mut rng));
    print("10 % slower, busy", &noise, 1_000, &many);
    assert!(many.not_worse <= 5 + 9, "{}", many.not_worse);
}

/// Two addresses, few pairs: what comes out is a verdict with its page, and it can be judged again.
fn compare_for_real(
    factor: f64,
    threshold: &str,
) -> (std::process::Output, ComparisonRecord, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let scenario = server::scenario(folder.path(), 30);
    let (base, head) = (server::start(1.0), server::start(factor));
    let output = steps_perf(&[
        "compare",
        "--base",
        &format!("http://{base}"),
        "--head",
        &format!("http://{head}"),
        "--scenario",
        scenario.to_str().unwrap(),
        "--statistic",
        "median",
        "--threshold",
        threshold,
        "--max-pairs",
        "10",
        "--out",
        folder.path().join("out").to_str().unwrap(),
    ]);
    let made = std::fs::read_dir(folder.path().join("out"))
        .unwrap()
        .next()
        .unwrap_or_else(|| panic!("{}", told(&output)))
        .unwrap()
        .path();
    let record = ComparisonRecord::load(&made).unwrap();
    let gate = steps_perf(&["gate", made.to_str().unwrap()]);
    assert_eq!(code(&gate), code(&output), "{}", told(&gate));
    let page = std::fs::read_to_string(made.join("compare.md")).unwrap();
    assert!(page.contains("Noise floor of this session"), "{page}");
    (output, record, folder)
}

#[test]
fn a_head_that_takes_ten_times_as_long_fails() {
    let (output, record, _folder) = compare_for_real(10.0, "10%");
    assert_eq!(code(&output), 20, "{}", told(&output));
    assert_eq!(record.runs.len(), 20);
}

#[test]
fn the_same_build_passes_a_wide_threshold() {
    let (output, record, _folder) = compare_for_real(1.0, "300%");
    assert_eq!(code(&output), 0, "{}", told(&output));
    assert_eq!(record.runs.len(), 20);
}

#[test]
fn what_cannot_be_compared_is_refused_before_any_load() {
    let folder = tempfile::tempdir().unwrap();
    let scenario = server::scenario(folder.path(), 30);
    let scenario = scenario.to_str().unwrap();
    for (arguments, expected) in [
        (
            &["--head", "http://127.0.0.1:1", "--threshold", "0%"][..],
            2,
        ),
        (&["--head", "http://127.0.0.1:1", "--max-pairs", "9"], 2),
        (&["--head", "http://127.0.0.1:1", "--statistic", "max"], 2),
        (&["--head", "http://127.0.0.1:1", "--step", "no_such"], 2),
        (&["--head", "http://"], 2),
        // A scenario file for a service that is only reached starts nothing.
        (&["--head", "HEAD"], 2),
        (&["--head", "http://127.0.0.1:1", "--bench", "f"], 2),
    ] {
        let mut all = vec!["compare", "--base", "http://127.0.0.1:1"];
        if !arguments.contains(&"--bench") {
            all.extend(["--scenario", scenario]);
        } else {
            all.extend(["--suite", scenario]);
        }
        all.extend(arguments);
        let output = steps_perf(&all);
        assert_eq!(code(&output), expected, "{all:?}: {}", told(&output));
    }
}
