//! A scenario file as a whole.

use std::path::Path;

use super::document::{Document, KeyPath};
use super::mirror::ScenarioFile;
use super::read::{is_name, tolerance};
use super::steps::{self, Place};
use super::targets;
use super::variables::Scope;
use super::{feed, load};
use crate::plan::load::Load;
use crate::plan::scenario::{Order, Scenario, View};

/// The profile that is made of the plain values.
pub(super) const FULL: &str = "full";

/// The name that summary rows use for the memory profile.
pub(super) const MEMORY: &str = "memory";

/// The name of the micro-benchmarks where parts of a suite are chosen.
pub(super) const BENCH: &str = "bench";

/// Converts a scenario for one profile; `place` is its number if the file states none.
pub(super) fn convert(
    document: &mut Document<'_>,
    file: &ScenarioFile,
    profile: &str,
    folder: &Path,
    place: u32,
) -> Option<Scenario> {
    let root = KeyPath::root();
    let mut is_good = is_name(document, &root.key("name"), &file.name);
    if [MEMORY, BENCH].contains(&file.name.as_str()) {
        document.report(
            &root.key("name"),
            format!("`{}` is a part of every suite", file.name),
            Some("another name"),
        );
        is_good = false;
    }
    is_good &= no_full_profile(document, file.profile.keys());
    if file.number == Some(0) {
        document.report(&root.key("number"), "numbers begin with 1", None);
        is_good = false;
    }
    for (key, is_empty) in [
        ("steps", file.steps.is_empty()),
        ("targets", file.targets.is_empty()),
    ] {
        if is_empty {
            let message = format!(
                "there are no {key}, so nothing would be {}",
                if key == "steps" { "done" } else { "judged" }
            );
            document.report(
                &root.key(key),
                message,
                Some(&format!("at least one [[{key}]]")),
            );
            is_good = false;
        }
    }
    let changes = file
        .profile
        .get_key_value(profile)
        .map(|(name, changes)| (name.as_str(), changes));
    let load = load::convert(document, &file.load, changes);
    let feeds = feed::convert(document, &file.data, folder);
    let order = file.order.unwrap_or(Order::Sequence);

    let mut names = Vec::new();
    let once = |document: &mut Document<'_>, key: &str, files, names: &mut Vec<String>| {
        steps::convert(document, &root.key(key), files, Place::Once, names)
    };
    let setup = once(document, "setup", &file.setup, &mut names);
    let steps = steps::convert(
        document,
        &root.key("steps"),
        &file.steps,
        Place::Iteration(order),
        &mut names,
    );
    let teardown = once(document, "teardown", &file.teardown, &mut names);

    // Without the feeds every use of one would look like a misspelt variable.
    if let Some(feeds) = &feeds {
        let all = file.setup.iter().chain(&file.steps).chain(&file.teardown);
        let mut scope = Scope::new(feeds, all);
        scope.sequence(document, &root.key("setup"), &file.setup);
        scope.iteration(document, &root.key("steps"), &file.steps, order);
        scope.sequence(document, &root.key("teardown"), &file.teardown);
    }

    let default_tolerance = match &file.tolerance {
        Some(text) => tolerance(document, &root.key("tolerance"), text),
        None => Some(0.0),
    };
    let context = targets::Context {
        at: root.key("targets"),
        steps: names.iter().map(String::as_str).collect(),
        endpoints: [&setup, &steps, &teardown]
            .into_iter()
            .flatten()
            .flatten()
            .map(|step| (step.endpoint.clone(), step.name.as_str()))
            .collect(),
        ramp_end: load.as_ref().map(ramp_end),
        tolerance: default_tolerance.unwrap_or(0.0),
        is_memory: false,
    };
    let targets = targets::convert(document, &context, &file.targets);
    let scenario = Scenario {
        name: file.name.clone(),
        number: file.number.unwrap_or(place),
        title: file.title.clone(),
        description: file.description.clone(),
        kind: file.kind,
        view: file.view.unwrap_or(View::Targets),
        load: load?,
        order,
        data: feeds?,
        setup: setup?,
        steps: steps?,
        teardown: teardown?,
        targets: targets?,
    };
    default_tolerance?;
    targets::check_reach(document, &scenario, profile);
    is_good.then_some(scenario)
}

/// The first whole second in which all users have started; 0 if all do so in the first.
fn ramp_end(load: &Load) -> u32 {
    let seconds = f64::from(load.users.saturating_sub(1)) / load.ramp_per_second;
    if seconds <= 1.0 {
        0
    } else {
        seconds.ceil() as u32
    }
}

/// `full` means the plain values and cannot be changed by a table of its own.
pub(super) fn no_full_profile<'a>(
    document: &mut Document<'_>,
    names: impl Iterator<Item = &'a String>,
) -> bool {
    let mut names = names;
    if !names.any(|name| name == FULL) {
        return true;
    }
    document.report(
        &KeyPath::root().key("profile").key(FULL),
        "the profile `full` is the plain values and has no table",
        Some("put these values in `load`, or give the profile another name"),
    );
    false
}
