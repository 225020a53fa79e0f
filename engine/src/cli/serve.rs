//! `smart-steps serve`

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::config::Config;
use crate::domain::id::TenantId;
use crate::domain::tenant::KeySecret;
use crate::service::{Scope, Services};
use crate::shutdown::Shutdown;
use crate::startup::{self, Bound, Server};
use crate::telemetry;

use super::error::CliError;
use super::output::say;
use super::settings::SettingsArgs;

/// The variable that holds the development key's secret.
const DEV_KEY: &str = "SMART_STEPS_DEV_KEY";
const DEV_TENANT: &str = "dev";
const DEV_LABEL: &str = "development";
const DEV_DATABASE: &str = ".smart-steps/dev.db";

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Address and port, in place of `http.listen`; port 0 takes any free port
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    /// Try it out: makes tenant `dev` and a fresh API key, and keeps the data in .smart-steps/dev.db;
    /// only on a loopback address
    #[arg(long)]
    dev: bool,
    /// Where `--dev` writes the key (readable by you alone). When SMART_STEPS_DEV_KEY is set, that
    /// secret is used, and nothing is written or printed
    #[arg(
        long,
        value_name = "PATH",
        default_value = ".smart-steps/dev.key",
        requires = "dev"
    )]
    dev_key_file: PathBuf,
    #[command(flatten)]
    settings: SettingsArgs,
}

pub(super) async fn run(args: Args) -> Result<(), CliError> {
    let config = config(&args)?;
    telemetry::init(&config.log)?;
    if args.dev && !config.http.listen.ip().is_loopback() {
        return Err(CliError::DevInPublic(config.http.listen));
    }
    let shutdown = Shutdown::on_signals().map_err(CliError::Runtime)?;
    // First, so that a second start beside a running server is refused before it touches the database.
    let bound = Bound::at(&config.http).await?;
    let services = startup::services(&config).await?;
    let server = Server::on(bound, Arc::clone(&services), &config);
    if args.dev {
        dev_key(&services, &args.dev_key_file).await?;
    }
    say(&format!("listening on http://{}", server.address()))?;
    Ok(server.run(shutdown).await?)
}

fn config(args: &Args) -> Result<Config, CliError> {
    let mut layers = args.settings.layers()?;
    if let Some(listen) = &args.listen {
        layers.lay_flag("--listen", "http.listen", listen.clone())?;
    }
    if args.dev && layers.is_default("database.path") {
        layers.lay_flag("--dev", "database.path", DEV_DATABASE.to_owned())?;
    }
    Ok(layers.build()?)
}

/// Makes the development key and revokes those of earlier runs.
async fn dev_key(services: &Services, file: &Path) -> Result<(), CliError> {
    let tenant: TenantId = DEV_TENANT
        .parse()
        .map_err(|error| CliError::Values(format!("{error}")))?;
    services
        .auth
        .put_tenant(tenant.clone(), "Development")
        .await?;
    let scope = Scope {
        tenant,
        phases: Arc::default(),
    };
    if let Ok(secret) = std::env::var(DEV_KEY) {
        let secret = KeySecret::presented(&secret);
        services.auth.adopt_key(&scope, DEV_LABEL, &secret).await?;
        return Ok(());
    }
    services.auth.revoke_label(&scope, DEV_LABEL).await?;
    let (_, secret) = services.auth.create_key(&scope, DEV_LABEL).await?;
    write_private(file, secret.reveal()).map_err(|source| CliError::File {
        path: file.to_owned(),
        done: "written",
        source,
    })?;
    say(&format!(
        "API key of tenant {DEV_TENANT}: {} (also in {})",
        secret.reveal(),
        file.display()
    ))
}

/// Writes a file that its owner alone can read, whatever was there before.
fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        std::fs::create_dir_all(folder)?;
    }
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    writeln!(file, "{text}")
}
