//! Files with mistakes, each with the whole message that a user gets.

use super::*;

/// The shop scenario with one text replaced, and the message it leads to.
fn message(from: &str, to: &str) -> String {
    let good = include_str!("shop.toml");
    assert!(good.contains(from), "the good file has no {from:?}");
    message_of(&good.replacen(from, to, 1), &[])
}

fn message_of(text: &str, others: &[(&str, &str)]) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("shop.toml");
    std::fs::write(&path, text).expect("written");
    for (name, text) in others {
        std::fs::write(folder.path().join(name), text).expect("written");
    }
    let error = load_scenario_file(&path, "full").expect_err("a mistake");
    error
        .to_string()
        .replace(&format!("{}/", folder.path().display()), "")
}

fn snapshot(name: &str, told: &str) {
    insta::with_settings!({ omit_expression => true }, {
        insta::assert_snapshot!(name, told);
    });
}

/// Each mistake with its message, in one snapshot that can be read as a list.
fn all(mistakes: &[(&str, &str, &str)]) -> String {
    let told: Vec<String> = mistakes
        .iter()
        .map(|(what, from, to)| format!("# {what}\n{}", message(from, to)))
        .collect();
    told.join("\n\n")
}

#[test]
fn mistakes_of_writing() {
    snapshot(
        "writing",
        &all(&[
            ("not TOML", "users = 10", "users = "),
            ("unknown key", "iterations = 20", "iteratoins = 20"),
            (
                "unknown key without a neighbour",
                "warm_up = 2",
                "colour = \"red\"",
            ),
            ("unknown table", "[load]", "[laod]"),
            ("missing key", "title = \"Browse and buy\"\n", ""),
            ("wrong kind", "users = 10", "users = \"ten\""),
            ("out of range", "users = 10", "users = 0"),
            ("unknown word", "\"p95\"", "\"p96\""),
            (
                "unknown kind of scenario",
                "\"multiple_users\"",
                "\"multi_users\"",
            ),
            (
                "wrong kind with two forms",
                "think = { min = \"200 ms\", max = \"600 ms\" }",
                "think = 3",
            ),
        ]),
    );
}

#[test]
fn mistakes_in_the_load() {
    snapshot(
        "load",
        &all(&[
            (
                "a duration without unit",
                "min = \"200 ms\"",
                "min = \"200\"",
            ),
            (
                "a duration that is none",
                "max = \"600 ms\"",
                "max = \"600 mss\"",
            ),
            ("bounds exchanged", "min = \"200 ms\"", "min = \"2 s\""),
            (
                "both lengths",
                "iterations = 20",
                "iterations = 20\nduration = \"1 min\"",
            ),
            ("no length", "iterations = 20\n", ""),
            (
                "deadline of a duration",
                "iterations = 20",
                "duration = \"1 min\"\ndeadline = \"2 min\"",
            ),
            ("nobody starts", "ramp = \"5 /s\"", "ramp = \"0 /s\""),
            (
                "ramp longer than the scenario",
                "ramp = \"5 /s\"",
                "ramp = \"1 /min\"\ndeadline = \"1 min\"",
            ),
            ("a profile named full", "[profile.short]", "[profile.full]"),
        ]),
    );
}

#[test]
fn mistakes_in_steps() {
    snapshot(
        "steps",
        &all(&[
            (
                "two steps of one name",
                "name = \"add_item\"",
                "name = \"open_cart\"",
            ),
            (
                "a name with a blank",
                "name = \"add_item\"",
                "name = \"add item\"",
            ),
            ("unknown variable", "{{ cart_id }}", "{{ card_id }}"),
            (
                "a variable used before it is set",
                "path = \"/carts\"",
                "path = \"/carts/{{ cart_id }}\"",
            ),
            (
                "a template that does not end",
                "\"sku-{{ iteration }}\"",
                "\"sku-{{ iteration\"",
            ),
            (
                "an unknown filter",
                "\"sku-{{ iteration }}\"",
                "\"sku-{{ iteration | roman }}\"",
            ),
            (
                "a JSONPath that is none",
                "cart_id = \"$.id\"",
                "cart_id = \"$.[id\"",
            ),
            ("a status that is none", "status = [201]", "status = [2010]"),
            (
                "a check of two conditions",
                "exists = true",
                "exists = true, min_length = 1",
            ),
            (
                "an absolute URL",
                "path = \"/carts\"",
                "path = \"https://shop.example/carts\"",
            ),
            (
                "a weight in a sequence",
                "status = [201]",
                "status = [201]\nweight = 3",
            ),
            (
                "a capture that hides a variable",
                "cart_id = \"$.id\"",
                "user = \"$.id\"",
            ),
            (
                "a header that is none",
                "status = [201]",
                "status = [201]\nheaders = { \"X Y\" = \"1\" }",
            ),
            (
                "a capture that is not always there",
                "status = [201]",
                "status = [201]\nevery = 5",
            ),
            (
                "unknown variable of the service",
                "Bearer {{ secret }}",
                "Bearer {{ token }}",
            ),
        ]),
    );
}

#[test]
fn mistakes_in_targets() {
    snapshot(
        "targets",
        &all(&[
            ("no relation", "\"< 200 ms\"", "\"200 ms\""),
            ("wrong unit", "\"< 200 ms\"", "\"< 200 %\""),
            ("wrong side", "\"< 200 ms\"", "\"> 200 ms\""),
            ("no statistic", "statistic = \"p95\"\n", ""),
            (
                "a statistic too many",
                "metric = \"error_rate\"",
                "metric = \"error_rate\"\nstatistic = \"p95\"",
            ),
            (
                "a statistic that does not fit",
                "metric = \"response_time\"\nstatistic = \"p95\"\nsteps = [\"add_item\"]\nbound = \"< 200 ms\"",
                "metric = \"cpu\"\nstatistic = \"p95\"\nbound = \"< 50 %\"",
            ),
            (
                "unknown step",
                "steps = [\"add_item\"]",
                "steps = [\"add_items\"]",
            ),
            (
                "steps of the whole",
                "metric = \"error_rate\"",
                "metric = \"memory_growth\"\nsteps = [\"add_item\"]",
            ),
            (
                "two labels",
                "label = \"Error Rate\"",
                "label = \"Response Time (95th)\"",
            ),
            ("tolerance", "tolerance = \"10 %\"", "tolerance = \"200 %\""),
            (
                "implausible on the wrong side",
                "bound = \"< 200 ms\"",
                "bound = \"< 200 ms\"\nimplausible = \"300 ms\"",
            ),
            (
                "too few samples",
                "statistic = \"p95\"",
                "statistic = \"p99\"",
            ),
            (
                "too few samples for the duration",
                "iterations = 20",
                "duration = \"4 s\"",
            ),
            (
                "more users than there are",
                "metric = \"error_rate\"\nbound = \"< 0.5 %\"",
                "metric = \"concurrent_users\"\nbound = \">= 50 users\"",
            ),
        ]),
    );
}

#[test]
fn mistakes_in_data() {
    let with_feed = |feed: &str| {
        let good = include_str!("shop.toml").replace("sku-{{ iteration }}", "{{ thing.sku }}");
        good.replace(
            "[[steps]]\nname = \"open_cart\"",
            &format!("[[data]]\n{feed}\n\n[[steps]]\nname = \"open_cart\""),
        )
    };
    let plain = "name = \"thing\"\nfile = \"things.jsonl\"";
    let exploded = "name = \"thing\"\nfile = \"things.jsonl\"\nexplode = \"list\"";
    let told = |what: &str, feed: &str, rows: Option<&str>| {
        let others: Vec<(&str, &str)> = rows
            .into_iter()
            .map(|rows| ("things.jsonl", rows))
            .collect();
        format!("# {what}\n{}", message_of(&with_feed(feed), &others))
    };
    snapshot("data", &[
            told("no such file", plain, None),
            told("no rows", plain, Some("\n")),
            told("a line that is not JSON", plain, Some("{\"sku\": 1}\n{\"sku\": }\n")),
            told("a row without the field", plain, Some("{\"sku\": 1}\n{\"skku\": 2}\n")),
            told("no list to explode", exploded, Some("{\"sku\": 1, \"list\": 2}\n{\"sku\": 1, \"lists\": []}\n{\"sku\": 1, \"list\": []}\n7\n")),
            told("a name that is taken", "name = \"run\"\nfile = \"things.jsonl\"", Some("{\"sku\": 1}\n")),
        ]
        .join("\n\n")
    );
}

#[test]
fn all_mistakes_are_told_at_once() {
    let text = include_str!("shop.toml")
        .replace("ramp = \"5 /s\"", "ramp = \"5\"")
        .replace("{{ cart_id }}", "{{ card_id }}")
        .replace("< 200 ms", "< 200 apples");
    snapshot("at_once", &message_of(&text, &[]));
}

#[test]
fn a_scenario_by_itself_needs_a_service() {
    let text = include_str!("shop.toml");
    let (start, end) = (
        text.find("[sut]").expect("a table"),
        text.find("[load]").expect("a table"),
    );
    snapshot(
        "no_service",
        &message_of(&format!("{}{}", &text[..start], &text[end..]), &[]),
    );
}

#[test]
fn mistakes_in_a_suite() {
    let suite = r#"
subject = "shop"
scenarios = ["shop.toml", "shop.toml", "basket.toml"]

[sut]
name = "shop"
start = ["shop", "--port", "{{ prot }}"]
ready = "health"

[memory]
checkpoints = [100, 10]
operation = { name = "Look", steps = [{ name = "look", path = "/things/{{ thing }}" }] }
targets = [{ label = "Errors", metric = "error_rate", bound = "< 1 %" }]

[bench]
command = ["cargo", "bench", "{{ file }}"]
time = "fast"
functions = [{ name = "f", target = "5 users" }]
"#;
    let summary = r#"
subject = "shop"
scenarios = ["shop.toml"]
sut = { name = "shop", ready = "/health" }

[[summary]]
label = "Errors"
requirement = "few"
parts = [
  { label = "a", scenario = "browse_and_by", target = "Error Rate" },
  { label = "b", scenario = "browse_and_buy", target = "Eror Rate" },
]
"#;
    let told = |text: &str| {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("suite.toml");
        std::fs::write(&path, text).expect("written");
        std::fs::write(folder.path().join("shop.toml"), include_str!("shop.toml"))
            .expect("written");
        let error = load_suite(&path, "full", &[]).expect_err("a mistake");
        error
            .to_string()
            .replace(&format!("{}/", folder.path().display()), "")
    };
    snapshot("suite", &[told(suite), told(summary)].join("\n\n"));
}

/// A mistake in a target, by what it puts in place of what, and what the message must say.
#[test]
fn mistakes_of_targets_on_parts() {
    let bound = "bound = \"< 200 ms\"";
    let errors = "metric = \"error_rate\"\nbound = \"< 0.5 %\"";
    let with = |more: &str| format!("{bound}\n{more}");
    for (from, to, said) in [
        (
            "steps = [\"add_item\"]",
            "endpoints = [\"/crats\"]".to_owned(),
            "`targets[0].endpoints[0]`: no step has the endpoint `/crats`",
        ),
        (
            bound,
            with("phase = \"rampp\""),
            "`targets[0].phase`: there is no phase `rampp`",
        ),
        (
            bound,
            with("phase = { from = \"3 s\", to = \"3 s\" }"),
            "`targets[0].phase`: this phase ends before it begins",
        ),
        (
            bound,
            with("phase = { from = \"500 ms\" }"),
            "phases are kept in whole seconds",
        ),
        (
            "metric = \"response_time\"",
            "metric = \"service_time\"\nphase = \"steady\"".to_owned(),
            "this quantity is kept for the whole measured phase only",
        ),
        (
            errors,
            "metric = \"goodput\"\nbound = \"> 99 %\"".to_owned(),
            "how fast is that?",
        ),
        (
            bound,
            with("within = \"1 s\""),
            "`within` is a condition of `goodput`, not of `response_time`",
        ),
        (
            errors,
            "metric = \"goodput\"\nwithin = \"1 s\"\nbound = \"< 99 %\"".to_owned(),
            "of `goodput`, more is better",
        ),
        (
            errors,
            "metric = \"memory_slope\"\nbound = \"< 5 MB\"".to_owned(),
            "`memory_slope` is not measured in MB",
        ),
    ] {
        let message = message(from, &to);
        assert!(message.starts_with("shop.toml:"), "{message}");
        assert!(
            message.contains(said) && message.contains("try: "),
            "{message}"
        );
    }
}

#[test]
fn targets_on_parts_are_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("shop.toml");
    let text = include_str!("shop.toml").replacen(
        "bound = \"< 200 ms\"",
        "bound = \"< 110 % of baseline\"\nphase = \"ramp\"",
        1,
    );
    std::fs::write(&path, text).expect("written");
    let suite = load_scenario_file(&path, "full").expect("good");
    let target = &suite.scenarios[0].targets[0];
    // 10 users at 5 a second: the last begins after 1.8 s.
    let span = target.phase.expect("a phase");
    assert_eq!((span.from, span.to), (0, Some(2)));
    assert!(target.is_relative());
}
