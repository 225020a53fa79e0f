//! The secret that the suite's header fields need: given, made up, or found where the suite says.

use std::path::Path;

use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha20Rng;

use crate::plan::suite::Sut;
use crate::run::error::RunError;
use crate::run::options::RunOptions;

/// The secret, if the suite uses one.
pub(super) fn find(sut: &Sut, options: &RunOptions) -> Result<Option<String>, RunError> {
    let Some(place) = place_of_use(sut, options.target.is_some()) else {
        return Ok(None);
    };
    if let Some(secret) = &options.secret {
        return Ok(Some(secret.clone()));
    }
    if options.target.is_none() {
        return make_up(&place).map(Some);
    }
    let mut looked = Vec::new();
    if let Some(name) = &sut.secret_env {
        match std::env::var(name) {
            Ok(secret) if !secret.is_empty() => return Ok(Some(secret)),
            _ => looked.push(format!("the variable {name} is not set")),
        }
    }
    if let Some(file) = &sut.secret_file {
        match std::fs::read_to_string(options.root.join(Path::new(file))) {
            Ok(text) if !text.trim().is_empty() => return Ok(Some(text.trim().to_owned())),
            Ok(_) => looked.push(format!("the file {file} is empty")),
            Err(error) => looked.push(format!("the file {file} cannot be read ({error})")),
        }
    }
    if looked.is_empty() {
        looked.push("the suite names neither `sut.secret_env` nor `sut.secret_file`".to_owned());
    }
    Err(RunError::NoSecret {
        place,
        looked: looked.join(", "),
    })
}

/// The first key that uses the secret.
fn place_of_use(sut: &Sut, is_target: bool) -> Option<String> {
    let uses = |text: &str| text.contains("secret") && text.contains("{{");
    let header = sut.headers.iter().find(|(_, text)| uses(text));
    if let Some((name, _)) = header {
        return Some(format!("sut.headers.{name}"));
    }
    if is_target {
        return None;
    }
    let variable = sut.env.iter().find(|(_, text)| uses(text));
    if let Some((name, _)) = variable {
        return Some(format!("sut.env.{name}"));
    }
    sut.start
        .iter()
        .any(|word| uses(word))
        .then(|| "sut.start".to_owned())
}

/// One that nobody can guess, though the system listens to this machine alone.
fn make_up(place: &str) -> Result<String, RunError> {
    let mut rng =
        ChaCha20Rng::try_from_rng(&mut rand::rngs::SysRng).map_err(|error| RunError::NoSecret {
            place: place.to_owned(),
            looked: format!("the operating system gave no random numbers ({error})"),
        })?;
    let mut bytes = [0u8; 32];
    rng.fill_bytes(&mut bytes);
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
