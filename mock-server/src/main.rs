//! The command `evertoken-mock`: reads the command line, starts the server, says that it is ready, and
//! stops it when told to.

mod log;

use std::io::{self, Write};
use std::process::ExitCode;

use evertoken_mock::MockServer;
use evertoken_mock::args::{self, LogFormat, Settings, Stop};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::prelude::*;

/// What a shell is told when something must be changed before this can start.
const USAGE: u8 = 2;

fn main() -> ExitCode {
    match args::read(std::env::args_os(), |name| std::env::var_os(name)) {
        Ok(settings) => run(settings).unwrap_or_else(|wrong| refuse(&wrong)),
        Err(Stop::Told(text)) => match io::stdout().write_all(text.as_bytes()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::FAILURE,
        },
        Err(Stop::Wrong(text)) => refuse(&text),
    }
}

fn run(settings: Settings) -> Result<ExitCode, String> {
    let logging = log(settings.log)?;
    let served = serve(settings);
    logging.end();
    served
}

fn serve(settings: Settings) -> Result<ExitCode, String> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| {
            format!("the system has no threads or timers to give ({error}); raise its limits")
        })?;
    let served = runtime.block_on(async {
        let stop =
            stop_signal().map_err(|error| format!("signals cannot be listened to ({error})"))?;
        let server = MockServer::start(settings.options)
            .await
            .map_err(|error| error.to_string())?;
        let ready = serde_json::json!({ "event": "ready", "url": server.url() });
        let mut stdout = io::stdout();
        // Whoever started us may not be reading; the server is there all the same.
        let _ = writeln!(stdout, "{ready}").and_then(|()| stdout.flush());
        stop.await;
        server.stop().await;
        Ok(ExitCode::SUCCESS)
    });
    // A file or a name that the system still looks for is nothing to wait for.
    runtime.shutdown_background();
    served
}

fn refuse(text: &str) -> ExitCode {
    eprintln!("evertoken-mock: {text}");
    ExitCode::from(USAGE)
}

/// One line a request, or what RUST_LOG asks for, as in every program of this kind.
fn log(format: LogFormat) -> Result<log::Logging, String> {
    let wanted = match std::env::var("RUST_LOG") {
        Ok(text) if !text.is_empty() => text.parse().map_err(|wrong| {
            format!("RUST_LOG: {wrong}; write a level, as in debug, or unset it")
        })?,
        Ok(_) | Err(_) => Targets::new().with_default(LevelFilter::INFO),
    };
    let (log, logging) = log::start(io::stderr())
        .map_err(|error| format!("the system has no thread to give ({error}); raise its limits"))?;
    let lines = tracing_subscriber::fmt::layer().with_writer(move || log.clone());
    let registry = tracing_subscriber::registry().with(wanted);
    match format {
        LogFormat::Text => registry.with(lines).init(),
        LogFormat::Json => registry.with(lines.json()).init(),
    }
    Ok(logging)
}

/// Listens from now on; ends at the first SIGINT or SIGTERM.
#[cfg(unix)]
fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Ends at the first Ctrl-C.
#[cfg(not(unix))]
fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}
