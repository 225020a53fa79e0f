//! Puts the parts together, once, and serves.

use std::net::SocketAddr;
use std::sync::{Arc, Weak};
use std::time::Duration;

use axum::Router;
use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::api::{self, Api};
use crate::config::crisis::CrisisTexts;
use crate::config::memory::EmbedderChoice;
use crate::config::{Config, ConfigError, HttpConfig};
use crate::domain::clock::{Clock, SystemClock};
use crate::domain::id::IdSource;
use crate::memory::embed::{Embedder, StaticTable, TableError};
#[cfg(feature = "sentence-transformer")]
use crate::memory::embed::{SentenceTransformer, TransformerError};
use crate::memory::{Memories, MemoryError, Snapshots};
use crate::provider::OfflineModel;
use crate::service::check::CheckReport;
use crate::service::{self, Parts, ServiceError, Services};
use crate::shutdown::Shutdown;
use crate::store::sqlite::SqliteStore;
use crate::store::{Store, StoreError};
use crate::worker::Worker;

/// Why the program cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartupError {
    /// A text that was compiled in cannot be read.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The database cannot be opened.
    #[error(
        "the database {path:?} cannot be opened; check that the folder can be written to (database.path)"
    )]
    Database {
        /// Where.
        path: std::path::PathBuf,
        /// Why.
        source: StoreError,
    },
    /// The embedding table cannot be read.
    #[error(transparent)]
    Table(#[from] TableError),
    /// The sentence transformer cannot be read.
    #[cfg(feature = "sentence-transformer")]
    #[error(transparent)]
    Transformer(#[from] TransformerError),
    /// A sentence transformer is configured, and this program has none.
    #[error(
        "memory.embedder is \"sentence_transformer\", and this program was built without it; build it with `cargo build --release --features sentence-transformer`, or set memory.embedder = \"static\""
    )]
    NoTransformer,
    /// Memories cannot be rebuilt from the database.
    #[error(transparent)]
    Memory(#[from] MemoryError),
    /// The shipped personas cannot be stored.
    #[error("the shipped personas cannot be stored")]
    Personas(#[source] ServiceError),
    /// The check of store and indexes could not be made.
    #[error("the check could not be made")]
    Check(#[source] ServiceError),
    /// The operating system gives no entropy.
    #[error("the operating system gives no entropy for keys and ids")]
    Entropy(#[source] rand::rngs::SysError),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}. {hint}")]
    Listen {
        /// Which.
        address: SocketAddr,
        /// What to try.
        hint: &'static str,
        /// Why.
        source: std::io::Error,
    },
    /// The server broke off.
    #[error("the server broke off")]
    Serve(#[source] std::io::Error),
}

/// Opens the database and builds everything on it.
///
/// # Errors
/// When a part cannot be made; see [`StartupError`].
pub async fn services(config: &Config) -> Result<Arc<Services>, StartupError> {
    let ids = IdSource::from_entropy().map_err(StartupError::Entropy)?;
    services_with(config, Arc::new(SystemClock), ids).await
}

/// The same with a clock and ids of the caller's.
///
/// # Errors
/// As [`services`].
pub async fn services_with(
    config: &Config,
    clock: Arc<dyn Clock>,
    ids: IdSource,
) -> Result<Arc<Services>, StartupError> {
    let chosen = chosen_embedder(config)?;
    let (store, memories) = opened(config, chosen.is_none()).await?;
    let parts = Parts {
        store: Arc::clone(&store),
        memories: memories.into(),
        model: Arc::new(OfflineModel),
        clock,
        ids,
        limits: config.limits.clone(),
        worker: config.worker.clone(),
        crisis: CrisisTexts::load(&config.crisis)?,
    };
    let services = Arc::new(Services::new(parts, &config.auth));
    services
        .publish_shipped()
        .await
        .map_err(StartupError::Personas)?;
    if let Some(embedder) = chosen {
        drop(tokio::spawn(embed_anew(
            Arc::downgrade(&services),
            store,
            embedder,
            config.clone(),
        )));
    }
    crate::allocator::give_back();
    Ok(services)
}

/// The embedder that is configured in place of the static table.
fn chosen_embedder(config: &Config) -> Result<Option<Arc<dyn Embedder>>, StartupError> {
    match config.memory.embedder {
        EmbedderChoice::Static => Ok(None),
        #[cfg(feature = "sentence-transformer")]
        EmbedderChoice::SentenceTransformer => {
            let model = SentenceTransformer::read(&config.memory.model_folder)?;
            Ok(Some(Arc::new(model)))
        }
        #[cfg(not(feature = "sentence-transformer"))]
        EmbedderChoice::SentenceTransformer => Err(StartupError::NoTransformer),
    }
}

/// Computes every document's vectors with another embedder while the present ones serve, then changes
/// over. A failure leaves the present ones in their place.
async fn embed_anew(
    services: Weak<Services>,
    store: Arc<dyn Store>,
    embedder: Arc<dyn Embedder>,
    config: Config,
) {
    let name = embedder.name().to_owned();
    tracing::info!(
        embedder = name,
        "computing vectors anew; searches use the static ones meanwhile"
    );
    let runtime = tokio::runtime::Handle::current();
    let memory = config.memory.clone();
    // It computes for long without a pause, which no worker of the runtime may.
    let work = move || runtime.block_on(Memories::open(store, embedder, &memory));
    let replaced = match tokio::task::spawn_blocking(work).await {
        Ok(Ok(later)) => match services.upgrade() {
            Some(services) => services.replace_memories(later).await,
            None => return,
        },
        Ok(Err(error)) => Err(error.into()),
        Err(error) => {
            tracing::error!(embedder = name, %error, "searches keep the static vectors");
            return;
        }
    };
    if let Err(error) = replaced {
        tracing::error!(embedder = name, %error, "searches keep the static vectors");
        return;
    }
    // A request that still holds the replaced ones is cut off by then.
    tokio::time::sleep(config.http.request_timeout()).await;
    if let Some(services) = services.upgrade() {
        services.drop_replaced_memories();
    }
}

/// The database, and the memories with static vectors. Indexes are kept on disk only where these are
/// the vectors that stay: a kept index that nobody looks after would keep what is deleted.
async fn opened(config: &Config, keep: bool) -> Result<(Arc<dyn Store>, Memories), StartupError> {
    let opened = SqliteStore::open(&config.database).await;
    let store: Arc<dyn Store> = Arc::new(opened.map_err(|source| StartupError::Database {
        path: config.database.path.clone(),
        source,
    })?);
    let table = Arc::new(StaticTable::shipped()?);
    let beside = Snapshots::beside(&config.database.path);
    let snapshots = if config.memory.snapshots && keep {
        beside
    } else {
        beside.sweep(&[]);
        Snapshots::none()
    };
    let memories =
        Memories::open_with(Arc::clone(&store), table, &config.memory, snapshots).await?;
    Ok((store, memories))
}

/// Opens the database and its indexes, looks whether they agree, and closes them again. Nothing is
/// written but what every start brings up to date: the schema, and the kept indexes.
///
/// # Errors
/// When a part cannot be made or read; see [`StartupError`].
pub async fn check(config: &Config) -> Result<CheckReport, StartupError> {
    let (store, memories) =
        opened(config, config.memory.embedder == EmbedderChoice::Static).await?;
    let report = service::check::check(&*store, &memories).await;
    store.close().await;
    report.map_err(StartupError::Check)
}

/// An address that was taken, before anything else is done.
#[derive(Debug)]
pub struct Bound {
    listener: TcpListener,
    address: SocketAddr,
}

impl Bound {
    /// Takes the address. Whoever comes second is refused here and has changed nothing.
    ///
    /// # Errors
    /// When the address is taken or not this machine's.
    pub async fn at(http: &HttpConfig) -> Result<Self, StartupError> {
        let refuse = |source: std::io::Error| StartupError::Listen {
            address: http.listen,
            hint: match source.kind() {
                std::io::ErrorKind::AddrInUse => {
                    "Another program uses this port: stop it, or choose another with --listen 127.0.0.1:PORT (port 0 takes any free one)"
                }
                std::io::ErrorKind::PermissionDenied => {
                    "Ports below 1024 need rights: choose another with --listen 127.0.0.1:PORT"
                }
                _ => "Choose an address of this machine with --listen ADDRESS:PORT",
            },
            source,
        };
        let listener = TcpListener::bind(http.listen).await.map_err(refuse)?;
        let address = listener.local_addr().map_err(refuse)?;
        Ok(Self { listener, address })
    }
}

/// A server that listens and does not answer yet.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    router: Router,
    services: Arc<Services>,
    grace: Duration,
    worker: Option<Worker>,
}

impl Server {
    /// Takes the address.
    ///
    /// # Errors
    /// When the address is taken or not this machine's.
    pub async fn bind(services: Arc<Services>, config: &Config) -> Result<Self, StartupError> {
        Ok(Self::on(Bound::at(&config.http).await?, services, config))
    }

    /// Puts the services behind an address that was taken before they were opened.
    #[must_use]
    pub fn on(bound: Bound, services: Arc<Services>, config: &Config) -> Self {
        let http = &config.http;
        let worker = Worker::new(Arc::clone(&services), &config.worker);
        Self {
            listener: bound.listener,
            address: bound.address,
            router: api::router(Api::new(Arc::clone(&services), http.clone())),
            services,
            grace: http.shutdown_grace(),
            worker: config.worker.enabled.then_some(worker),
        }
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers until it is told to stop, then closes the database.
    ///
    /// # Errors
    /// When the server breaks off.
    pub async fn run(self, shutdown: Shutdown) -> Result<(), StartupError> {
        let listener = self.listener.tap_io(|stream| {
            // Answers are small; waiting to fill a packet only delays them.
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "TCP_NODELAY was not set");
            }
        });
        let (services, stopping) = (Arc::clone(&self.services), shutdown.clone());
        let refolding = tokio::spawn(async move {
            tokio::select! {
                outcome = services.conversations.refold_outdated() => {
                    if let Err(error) = outcome {
                        tracing::warn!(%error, "analyses of another version are folded anew on demand only");
                    }
                }
                () = stopping.draining() => {}
            }
        });
        let stop = CancellationToken::new();
        let background = self
            .worker
            .map(|worker| tokio::spawn(worker.run(stop.clone())));
        let draining = shutdown.clone();
        let told = stop.clone();
        let server = axum::serve(listener, self.router).with_graceful_shutdown(async move {
            draining.draining().await;
            told.cancel();
        });
        // A job under way is finished like a request; one that is cut is due again later.
        let finished = async {
            let outcome = server.await;
            stop.cancel();
            if let Some(Err(error)) = async { Some(background?.await) }.await {
                tracing::error!(%error, "the background broke off");
            }
            outcome
        };
        let outcome = tokio::select! {
            outcome = finished => outcome.map_err(StartupError::Serve),
            () = shutdown.cutting(self.grace) => Ok(()),
        };
        refolding.abort();
        self.services.close().await;
        outcome
    }
}
