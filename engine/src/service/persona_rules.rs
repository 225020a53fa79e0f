//! What a persona must be to be taken, whether it comes from a file or through the API.

use crate::domain::persona::Profile;

use super::fault::{Fault, Part};

struct Check(Vec<Fault>);

impl Check {
    fn refuse(&mut self, path: &[Part], detail: impl Into<String>) {
        self.0.push(Fault {
            path: path.to_vec(),
            detail: detail.into(),
        });
    }

    fn text(&mut self, path: &[Part], text: &str, max: usize) {
        if text.trim().is_empty() {
            self.refuse(path, "must not be empty");
        } else if text.chars().count() > max {
            self.refuse(path, format!("must have at most {max} characters"));
        }
    }

    fn list(&mut self, path: &[Part], entries: &[String], max: usize) {
        if entries.is_empty() {
            self.refuse(path, "must have at least one entry");
        } else if entries.len() > max {
            self.refuse(path, format!("must have at most {max} entries"));
        }
        for (index, entry) in entries.iter().enumerate() {
            self.text(&[path, &[Part::Index(index)]].concat(), entry, 500);
        }
    }

    /// A list of sentence frames that hold exactly the placeholders `wanted`.
    fn frames(&mut self, name: &'static str, frames: &[String], wanted: &[&str]) {
        let path = [Part::Key("style"), Part::Key(name)];
        self.list(&path, frames, 200);
        for (index, frame) in frames.iter().enumerate() {
            let path = [path.as_slice(), &[Part::Index(index)]].concat();
            let found = placeholders(frame);
            for name in wanted.iter().filter(|name| !found.contains(name)) {
                self.refuse(&path, format!("must hold the placeholder {{{name}}}"));
            }
            for name in found.iter().filter(|name| !wanted.contains(name)) {
                self.refuse(
                    &path,
                    format!("holds {{{name}}}, which nothing fills in here"),
                );
            }
        }
    }
}

fn placeholders(frame: &str) -> Vec<&str> {
    frame
        .split('{')
        .skip(1)
        .filter_map(|rest| rest.split_once('}'))
        .map(|(name, _)| name)
        .collect()
}

fn is_version(text: &str) -> bool {
    let parts: Vec<&str> = text.split('.').collect();
    let number = |part: &&str| part.len() <= 6 && part.parse::<u32>().is_ok();
    parts.len() == 3 && parts.iter().all(number)
}

fn is_language(text: &str) -> bool {
    let mut subtags = text.split('-');
    let primary = subtags.next().unwrap_or_default();
    (2..=3).contains(&primary.len())
        && primary.bytes().all(|b| b.is_ascii_lowercase())
        && subtags.all(|tag| {
            (2..=8).contains(&tag.len()) && tag.bytes().all(|b| b.is_ascii_alphanumeric())
        })
}

/// Everything that is wrong with `profile`; nothing if it can be used.
#[must_use]
pub(super) fn faults(profile: &Profile) -> Vec<Fault> {
    use Part::Key;
    let mut check = Check(Vec::new());
    check.text(&[Key("name")], &profile.name, 100);
    check.text(&[Key("role")], &profile.role, 100);
    check.text(&[Key("summary")], &profile.summary, 1_000);
    if !is_version(&profile.version) {
        check.refuse(&[Key("version")], "must be three numbers, e.g. \"1.0.0\"");
    }
    if !is_language(&profile.language) {
        check.refuse(
            &[Key("language")],
            "must be a language tag, e.g. \"en\" or \"en-GB\"",
        );
    }
    check.list(&[Key("expertise")], &profile.expertise, 50);
    for (index, domain) in profile.expertise.iter().enumerate() {
        let path = [Key("expertise"), Part::Index(index)];
        if domain.to_lowercase() != *domain {
            check.refuse(&path, "must be in lower case");
        }
        if profile
            .expertise
            .iter()
            .take(index)
            .any(|earlier| earlier == domain)
        {
            check.refuse(&path, "is there twice");
        }
    }
    let traits = &profile.traits;
    for (name, value) in [
        ("warmth", traits.warmth),
        ("directness", traits.directness),
        ("formality", traits.formality),
        ("curiosity", traits.curiosity),
        ("structure", traits.structure),
    ] {
        if !(0.0..=1.0).contains(&value) {
            check.refuse(
                &[Key("traits"), Key(name)],
                "must be a number from 0.0 to 1.0",
            );
        }
    }
    let style = &profile.style;
    check.text(&[Key("style"), Key("tone")], &style.tone, 200);
    check.frames("acknowledgements", &style.acknowledgements, &[]);
    check.frames("reflections", &style.reflections, &["quote"]);
    check.frames("knowledge", &style.knowledge, &["section", "passage"]);
    check.frames("experience", &style.experience, &["memory"]);
    check.frames("goals", &style.goals, &["goal"]);
    check.frames("questions", &style.questions, &[]);
    check.frames("no_knowledge", &style.no_knowledge, &[]);
    check.list(&[Key("rules"), Key("always")], &profile.rules.always, 50);
    check.list(&[Key("rules"), Key("never")], &profile.rules.never, 50);
    check.text(&[Key("limits"), Key("scope")], &profile.limits.scope, 2_000);
    check.0
}
