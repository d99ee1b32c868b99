//! The socket around the router.
//!
//! Connections are served by hyper directly, not by axum's own loop, because a fault may drop one
//! without an answer, and because stopping must end within a bound whatever hangs.

use std::convert::Infallible;
use std::fmt;
use std::future::poll_fn;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tokio_io_timeout::TimeoutStream;
use tower::ServiceExt;

use crate::clock::Clock;
use crate::counters::Counters;
use crate::faults::Faults;
use crate::faults::spoil::ConnectionDropped;
use crate::files::Files;
use crate::limits::Peer;
use crate::linger::lingering;
use crate::options::{Options, OptionsError};
use crate::shared::State;
use crate::tenant::Tenant;
use crate::world::Real;

/// How long requests in flight may take to end once the server stops.
const DRAIN: Duration = Duration::from_secs(5);

/// How long a head may take to arrive: a client that is this slow is stuck.
const HEAD: Duration = Duration::from_secs(30);

/// How long an answer may wait to be taken: a client that is this slow is stuck.
const TAKE: Duration = Duration::from_secs(30);

/// How many connections there are at once; others wait until the system takes no more. Each costs a few
/// kilobytes, and every one that does nothing ends by itself.
const CONNECTIONS: usize = 10_000;

/// How long to wait when the system has no socket to give. It has one again when a connection ends.
const BREATH: Duration = Duration::from_millis(50);

/// A running mock server. Dropped, it stops at once; [`stop`](Self::stop) lets requests end first.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use evertoken_mock::{MockServer, Options};
///
/// let server = MockServer::start(Options::default()).await?;
/// println!("sign in as user@example.com at {}/auth/login", server.url());
/// assert_eq!(server.counters().login.ok, 0);
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct MockServer {
    state: State,
    socket: Socket,
    /// Held once here, once by the accepting task and once by each connection.
    connections: Arc<()>,
    task: JoinHandle<()>,
}

impl MockServer {
    /// Binds and serves. Needs a tokio runtime, on which it goes on running.
    ///
    /// # Errors
    /// The options do not go together, or the address cannot be had. The text says what to change.
    pub async fn start(options: Options) -> Result<Self, StartError> {
        options.check()?;
        if let Some(folder) = options
            .static_dir
            .as_ref()
            .filter(|folder| !folder.is_dir())
        {
            return Err(StartError::Folder(folder.clone()));
        }
        let bound = |error| StartError::Bind {
            host: options.host.clone(),
            port: options.port,
            error,
        };
        let listener = TcpListener::bind((options.host.as_str(), options.port))
            .await
            .map_err(bound)?;
        let address = listener.local_addr().map_err(bound)?;
        if options.control && !options.control_anywhere && !address.ip().is_loopback() {
            return Err(StartError::Exposed(address.ip()));
        }
        let world = Real::new().map_err(|_| StartError::Randomness)?;
        let state = State::new(&options, Arc::new(world), &url(address))?;
        let app = crate::routes::router(state.clone(), Files::of(options.static_dir.as_deref()));
        let connections = Arc::new(());
        let socket = Socket::new(listener);
        let serving = serve(socket.clone(), app, state.clone(), connections.clone());
        let task = tokio::spawn(serving);
        Ok(Self {
            state,
            socket,
            connections,
            task,
        })
    }

    /// Where it answers, without a slash at the end: `http://127.0.0.1:4000`.
    #[must_use]
    pub fn url(&self) -> String {
        self.root().url()
    }

    /// The clock of the tenant at `/`.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        self.root().clock()
    }

    /// The faults of the tenant at `/`.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        self.root().faults()
    }

    /// The counters of the tenant at `/`, as they are now.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.root().counters()
    }

    /// The tenant at `/`, which has users, families and requests too.
    #[must_use]
    pub fn root(&self) -> &Tenant {
        self.state.root()
    }

    /// The tenant at `/t/{name}/`, made if there was none. `None`: a name is 1 to 64 of `a-z`, `0-9`
    /// and `-`.
    #[must_use]
    pub fn tenant(&self, name: &str) -> Option<Arc<Tenant>> {
        self.state.tenant(name)
    }

    /// How many connections are open.
    #[must_use]
    pub fn connections(&self) -> usize {
        Arc::strong_count(&self.connections).saturating_sub(2)
    }

    /// Takes no new connection, lets the requests in flight end, for five seconds at most, and ends what
    /// hangs on purpose at once.
    pub async fn stop(mut self) {
        self.state.stop();
        // It ends by itself; if it was cancelled from outside it has ended too.
        let _ = (&mut self.task).await;
    }
}

impl Drop for MockServer {
    fn drop(&mut self) {
        self.state.stop();
        self.socket.close();
        self.task.abort();
    }
}

/// Where connections come in. It can be closed from outside of the task that waits for them, at once: who
/// starts another server on the same port need not wait for that task to end.
#[derive(Clone, Debug)]
struct Socket(Arc<Mutex<Option<TcpListener>>>);

impl Socket {
    fn new(listener: TcpListener) -> Self {
        Self(Arc::new(Mutex::new(Some(listener))))
    }

    /// Waits for ever once it is closed.
    async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        let accept = |context: &mut Context<'_>| match self.lock().as_ref() {
            Some(listener) => listener.poll_accept(context),
            None => Poll::Pending,
        };
        poll_fn(accept).await
    }

    fn close(&self) {
        drop(self.lock().take());
    }

    fn lock(&self) -> MutexGuard<'_, Option<TcpListener>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn serve(socket: Socket, app: Router, state: State, open: Arc<()>) {
    let graceful = GracefulShutdown::new();
    // Dropped with this task, and every connection with it.
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = socket.accept(), if connections.len() < CONNECTIONS => match accepted {
                Ok((stream, address)) => {
                    tracing::trace!(%address, "a connection");
                    let peer = Peer(address.ip());
                    let connection = graceful.watch(connection(stream, peer, app.clone()));
                    // A connection that broke concerns its client; dropping one is an error on purpose.
                    let open = open.clone();
                    connections.spawn(async move { drop((connection.await, open)) });
                }
                Err(error) => {
                    tracing::warn!(%error, "no connection could be accepted");
                    tokio::time::sleep(BREATH).await;
                }
            },
            Some(_) = connections.join_next() => {}
            () = state.stopped() => break,
        }
    }
    socket.close();
    if tokio::time::timeout(DRAIN, graceful.shutdown())
        .await
        .is_err()
    {
        tracing::warn!("some requests did not end in time and were cut off");
    }
}

fn connection(
    stream: TcpStream,
    peer: Peer,
    app: Router,
) -> impl hyper_util::server::graceful::GracefulConnection<Error = hyper::Error> {
    // Small answers must not wait for more; where this cannot be set they do, and that is all.
    let _ = stream.set_nodelay(true);
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(TAKE));
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .serve_connection(
            TokioIo::new(Box::pin(stream)),
            service_fn(move |request| answer(app.clone(), peer, request)),
        )
}

async fn answer(
    app: Router,
    peer: Peer,
    request: hyper::Request<Incoming>,
) -> Result<Response, Dropped> {
    let mut request = lingering(request).map(Body::new);
    request.extensions_mut().insert(peer);
    let response = app
        .oneshot(request)
        .await
        .unwrap_or_else(|never: Infallible| match never {});
    match response.extensions().get::<ConnectionDropped>() {
        Some(ConnectionDropped) => Err(Dropped),
        None => Ok(response),
    }
}

/// Makes hyper drop the connection.
#[derive(Debug)]
struct Dropped;

impl fmt::Display for Dropped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("dropped by a fault rule")
    }
}

impl std::error::Error for Dropped {}

/// The URL of an address; every address is reached by a loopback one.
fn url(address: SocketAddr) -> String {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip @ (IpAddr::V4(_) | IpAddr::V6(_)) => ip,
    };
    format!("http://{}", SocketAddr::new(ip, address.port()))
}

/// Why a server did not start. The text is one sentence and says what to change.
#[derive(Debug)]
pub enum StartError {
    /// Options that do not go together.
    Options(OptionsError),
    /// The address cannot be had.
    Bind {
        /// The host that was asked for.
        host: String,
        /// The port that was asked for.
        port: u16,
        /// What the system said.
        error: io::Error,
    },
    /// The controls would answer to other machines.
    Exposed(IpAddr),
    /// What is to be served is no folder.
    Folder(PathBuf),
    /// The system has no randomness.
    Randomness,
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Options(error) => error.fmt(f),
            Self::Bind { port, error, .. } if error.kind() == io::ErrorKind::AddrInUse => {
                write!(
                    f,
                    "port {port} is in use; stop what listens there, or choose another with --port (0 takes a free one)"
                )
            }
            Self::Bind { host, port, error } => {
                write!(
                    f,
                    "cannot listen on {host} port {port} ({error}); choose another --host or --port"
                )
            }
            Self::Exposed(ip) => {
                write!(
                    f,
                    "other machines can reach {ip}, and with the controls anybody signs in as anybody; add --no-control, or --control-anywhere if that is meant"
                )
            }
            Self::Folder(path) => {
                write!(
                    f,
                    "\"{}\" is not a folder; give --static one that exists",
                    path.display()
                )
            }
            Self::Randomness => f.write_str(
                "the system gave no randomness; look at its entropy source, or the sandbox",
            ),
        }
    }
}

impl std::error::Error for StartError {}

impl From<OptionsError> for StartError {
    fn from(error: OptionsError) -> Self {
        Self::Options(error)
    }
}
