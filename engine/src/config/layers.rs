//! Lays file, environment and flags over the defaults.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};
use toml::{Table, Value};

use super::{Config, ConfigError, MANUAL, Unfit};

/// The variable that names the configuration file.
pub const ENVIRONMENT_FILE: &str = "SMART_STEPS_CONFIG";

const ENVIRONMENT_PREFIX: &str = "SMART_STEPS__";

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// `defaults.toml`.
    Default,
    /// A configuration file.
    File {
        /// Which one.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
    },
    /// An environment variable.
    Environment(String),
    /// A flag of the command line.
    Flag(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { path, line } => write!(f, "{}:{line}", path.display()),
            Self::Environment(name) => write!(f, "environment variable {name}"),
            Self::Flag(name) => write!(f, "flag {name}"),
        }
    }
}

/// One effective setting.
#[derive(Debug, Clone, PartialEq)]
pub struct Setting {
    /// Section and key, e.g. `http.listen`.
    pub key: String,
    /// The value in force.
    pub value: Value,
    /// Where it came from.
    pub origin: Origin,
}

/// The settings under construction.
#[derive(Debug, Clone)]
pub struct Layers {
    settings: BTreeMap<String, Setting>,
}

impl Layers {
    /// The defaults alone.
    ///
    /// # Errors
    /// Never with the file that was compiled in, which a test reads.
    pub fn defaults() -> Result<Self, ConfigError> {
        let table: Table =
            MANUAL
                .parse()
                .map_err(|error: toml::de::Error| ConfigError::Syntax {
                    origin: Origin::Default,
                    message: error.message().to_owned(),
                })?;
        let mut settings = BTreeMap::new();
        for (section, value) in table {
            flatten(&section, value, &mut settings);
        }
        Ok(Self { settings })
    }

    /// Defaults, then the file, then the environment.
    ///
    /// # Errors
    /// When the file cannot be read, or file or environment name an unknown key or hold a value of
    /// the wrong type.
    pub fn read(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let mut layers = Self::defaults()?;
        if let Some(path) = file {
            let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Read {
                path: path.to_owned(),
                source,
            })?;
            layers.lay_file(path, &text)?;
        }
        layers.lay_environment(environment)?;
        Ok(layers)
    }

    /// Lays a configuration file over what is there.
    ///
    /// # Errors
    /// As [`Layers::read`].
    pub fn lay_file(&mut self, path: &Path, text: &str) -> Result<(), ConfigError> {
        let at = |offset: usize| Origin::File {
            path: path.to_owned(),
            line: line_of(text, offset),
        };
        let syntax = |error: &toml::de::Error| ConfigError::Syntax {
            origin: at(error.span().map_or(0, |span| span.start)),
            message: error.message().to_owned(),
        };
        let places = DeTable::parse(text).map_err(|error| syntax(&error))?;
        let values: Table = text.parse().map_err(|error| syntax(&error))?;
        let mut lines = BTreeMap::new();
        place("", places.get_ref(), &mut lines);
        let mut given = BTreeMap::new();
        for (section, value) in values {
            flatten(&section, value, &mut given);
        }
        for (key, setting) in given {
            let origin = at(lines.get(&key).copied().unwrap_or(0));
            self.set(&key, setting.value, origin)?;
        }
        Ok(())
    }

    /// Lays the variables that start with `SMART_STEPS__` over what is there.
    ///
    /// # Errors
    /// As [`Layers::read`].
    pub fn lay_environment(
        &mut self,
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Result<(), ConfigError> {
        for (name, text) in variables {
            let Some(rest) = name.strip_prefix(ENVIRONMENT_PREFIX) else {
                continue;
            };
            let key = rest.to_ascii_lowercase().replace("__", ".");
            self.set_text(&key, text, Origin::Environment(name))?;
        }
        Ok(())
    }

    /// Lays a flag's value over what is there.
    ///
    /// # Errors
    /// When the value is of the wrong type.
    pub fn lay_flag(&mut self, flag: &str, key: &str, text: String) -> Result<(), ConfigError> {
        self.set_text(key, text, Origin::Flag(flag.to_owned()))
    }

    /// Whether the value of `key` is still the default.
    #[must_use]
    pub fn is_default(&self, key: &str) -> bool {
        self.settings
            .get(key)
            .is_some_and(|setting| setting.origin == Origin::Default)
    }

    /// The settings in force, ordered by key.
    pub fn settings(&self) -> impl Iterator<Item = &Setting> {
        self.settings.values()
    }

    /// The checked configuration.
    ///
    /// # Errors
    /// When a value is outside of its range.
    pub fn build(&self) -> Result<Config, ConfigError> {
        let mut root = Table::new();
        for setting in self.settings.values() {
            insert(&mut root, &setting.key, setting.value.clone());
        }
        let config: Config =
            serde_path_to_error::deserialize(Value::Table(root)).map_err(|error| {
                let key = error.path().to_string();
                let wanted = error.inner().message().trim().to_owned();
                self.refuse(&key, format!("a usable value ({wanted})"), None)
            })?;
        config
            .check()
            .map_err(|Unfit { key, wanted, found }| self.refuse(key, wanted, Some(found)))?;
        Ok(config)
    }

    fn refuse(&self, key: &str, wanted: String, found: Option<String>) -> ConfigError {
        let setting = self.settings.get(key);
        let found = found
            .or_else(|| setting.map(|s| s.value.to_string()))
            .unwrap_or_else(|| "missing".to_owned());
        let origin = setting.map_or(Origin::Default, |s| s.origin.clone());
        ConfigError::Value {
            origin,
            key: key.to_owned(),
            wanted,
            found,
        }
    }

    fn set_text(&mut self, key: &str, text: String, origin: Origin) -> Result<(), ConfigError> {
        let value = match self.settings.get(key).map(|setting| &setting.value) {
            None | Some(Value::String(_)) => Value::String(text),
            Some(_) => match format!("v = {text}").parse::<Table>() {
                Ok(mut table) => table.remove("v").unwrap_or(Value::String(text)),
                Err(_) => Value::String(text),
            },
        };
        self.set(key, value, origin)
    }

    fn set(&mut self, key: &str, value: Value, origin: Origin) -> Result<(), ConfigError> {
        let Some(setting) = self.settings.get_mut(key) else {
            return Err(ConfigError::UnknownKey {
                origin,
                key: key.to_owned(),
                suggestion: self.nearest(key),
            });
        };
        let value = match (&setting.value, value) {
            #[expect(
                clippy::cast_precision_loss,
                reason = "a whole number given for a fraction"
            )]
            (Value::Float(_), Value::Integer(whole)) => Value::Float(whole as f64),
            (_, value) => value,
        };
        if !setting.value.same_type(&value) {
            return Err(ConfigError::Value {
                origin,
                key: key.to_owned(),
                wanted: type_name(&setting.value).to_owned(),
                found: value.to_string(),
            });
        }
        setting.value = value;
        setting.origin = origin;
        Ok(())
    }

    fn nearest(&self, key: &str) -> Option<String> {
        let score = |name: &String| strsim::jaro_winkler(name, key);
        let best = self
            .settings
            .keys()
            .max_by(|a, b| score(a).total_cmp(&score(b)))?;
        (score(best) > 0.8).then(|| best.clone())
    }
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::String(_) => "a text",
        Value::Integer(_) => "a whole number",
        Value::Float(_) => "a number",
        Value::Boolean(_) => "true or false",
        Value::Datetime(_) => "a date",
        Value::Array(_) => "a list",
        Value::Table(_) => "a section",
    }
}

fn flatten(key: &str, value: Value, into: &mut BTreeMap<String, Setting>) {
    match value {
        Value::Table(table) if !table.is_empty() => {
            for (name, value) in table {
                flatten(&format!("{key}.{name}"), value, into);
            }
        }
        Value::Table(_) => {}
        value => {
            let setting = Setting {
                key: key.to_owned(),
                value,
                origin: Origin::Default,
            };
            into.insert(key.to_owned(), setting);
        }
    }
}

fn place(prefix: &str, table: &DeTable<'_>, into: &mut BTreeMap<String, usize>) {
    for (name, value) in table {
        let key = match prefix {
            "" => name.get_ref().to_string(),
            _ => format!("{prefix}.{}", name.get_ref()),
        };
        if let DeValue::Table(inner) = value.get_ref() {
            place(&key, inner, into);
        }
        into.insert(key, name.span().start);
    }
}

fn insert(table: &mut Table, key: &str, value: Value) {
    match key.split_once('.') {
        None => {
            table.insert(key.to_owned(), value);
        }
        Some((section, rest)) => {
            let inner = table
                .entry(section)
                .or_insert_with(|| Value::Table(Table::new()));
            if let Value::Table(inner) = inner {
                insert(inner, rest, value);
            }
        }
    }
}

/// The line of a byte offset, counted from 1.
pub(crate) fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|b| *b == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> Result<Layers, ConfigError> {
        let mut layers = Layers::defaults()?;
        layers.lay_file(Path::new("my.toml"), text)?;
        Ok(layers)
    }

    fn refusal(result: Result<Layers, ConfigError>) -> String {
        match result.and_then(|layers| layers.build()) {
            Ok(_) => "accepted".to_owned(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn the_defaults_are_a_configuration() {
        let layers = Layers::defaults().unwrap();
        assert_eq!(layers.build().unwrap().http.listen.port(), 8080);
        assert!(layers.is_default("http.listen"));
        let memory = layers.build().unwrap().memory;
        assert_eq!(memory, crate::config::MemoryConfig::for_tests());
    }

    #[test]
    fn later_layers_win_and_each_value_knows_its_origin() {
        let mut layers =
            file("[http]\n\nlisten = \"127.0.0.1:1\"\n[limits]\nmessage_chars = 9").unwrap();
        let origin = |layers: &Layers, key: &str| {
            layers
                .settings()
                .find(|s| s.key == key)
                .unwrap()
                .origin
                .to_string()
        };
        assert_eq!(origin(&layers, "http.listen"), "my.toml:3");
        let variable = (
            "SMART_STEPS__HTTP__LISTEN".to_owned(),
            "127.0.0.1:2".to_owned(),
        );
        let other = ("SMART_STEPS_DEV_KEY".to_owned(), "x".to_owned());
        layers.lay_environment([variable, other]).unwrap();
        assert_eq!(
            origin(&layers, "http.listen"),
            "environment variable SMART_STEPS__HTTP__LISTEN"
        );
        layers
            .lay_flag("--listen", "http.listen", "127.0.0.1:3".to_owned())
            .unwrap();
        let config = layers.build().unwrap();
        assert_eq!(
            (config.http.listen.port(), config.limits.message_chars),
            (3, 9)
        );
        assert_eq!(origin(&layers, "http.listen"), "flag --listen");
        assert_eq!(origin(&layers, "limits.message_chars"), "my.toml:5");
    }

    #[test]
    fn refusals_name_the_place_the_key_and_what_is_wanted() {
        insta::assert_snapshot!(refusal(file("[http]\nlisen = \"x\"")), @"my.toml:2: there is no setting `http.lisen`; did you mean `http.listen`?");
        insta::assert_snapshot!(refusal(file("[zzz]\nq = 1")), @"my.toml:2: there is no setting `zzz.q`; `smart-steps config check` lists those that exist");
        insta::assert_snapshot!(refusal(file("[http]\nlisten = 8080")), @"my.toml:2: `http.listen` must be a text, and is 8080");
        insta::assert_snapshot!(refusal(file("[http]\nlisten = \"here\"")), @r#"my.toml:2: `http.listen` must be a usable value (invalid socket address syntax), and is "here""#);
        insta::assert_snapshot!(refusal(file("[limits]\n\nmessage_chars = 0")), @"my.toml:3: `limits.message_chars` must be a number from 1 to 1000000, and is 0");
        insta::assert_snapshot!(refusal(file("[log]\nfilter = \"a=b=c\"")), @r#"my.toml:2: `log.filter` must be levels such as `info` or `smart_steps_engine=debug,warn`, and is "a=b=c" (error parsing level filter: expected one of "off", "error", "warn", "info", "debug", "trace", or a number 0-5)"#);
        insta::assert_snapshot!(refusal(file("[http\n")), @"my.toml:1: unclosed table, expected `]`");
        let mut layers = Layers::defaults().unwrap();
        let variable = (
            "SMART_STEPS__LIMITS__PASSAGES".to_owned(),
            "many".to_owned(),
        );
        let refused = layers.lay_environment([variable]).unwrap_err().to_string();
        assert_eq!(
            refused,
            "environment variable SMART_STEPS__LIMITS__PASSAGES: `limits.passages` must be a whole number, and is \"many\""
        );
    }
}
