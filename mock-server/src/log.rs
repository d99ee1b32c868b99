//! What the command logs, on stderr, and never at the cost of a request.
//!
//! A pipe that nobody reads is soon full, and whoever writes to it stands still: the server, after some six
//! hundred lines. So a thread of its own writes, out of a queue with a bound. What does not fit is left out,
//! and said so once there is room again.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

/// How many bytes wait to be written: some thirty thousand lines, more than any reader is behind.
const WAITING: usize = 4 * 1024 * 1024;

/// How long the last lines may take. Nobody reads them if they take that long.
const LAST: Duration = Duration::from_secs(2);

/// Where lines are handed in.
#[derive(Clone)]
pub(crate) struct Log {
    queue: Sender<Entry>,
    room: Arc<Room>,
}

/// Keeps the log going, and ends it.
pub(crate) struct Logging {
    queue: Sender<Entry>,
    ended: Receiver<()>,
}

enum Entry {
    Line(Vec<u8>),
    End,
}

#[derive(Default)]
struct Room {
    waiting: AtomicUsize,
    omitted: AtomicUsize,
}

/// Starts writing to `out`.
pub(crate) fn start(out: impl Write + Send + 'static) -> io::Result<(Log, Logging)> {
    let (queue, entries) = channel();
    let (until, ended) = channel();
    let room = Arc::new(Room::default());
    let writer = Writer {
        out,
        room: room.clone(),
        until,
    };
    thread::Builder::new()
        .name("log".to_owned())
        .spawn(move || writer.run(&entries))?;
    let log = Log {
        queue: queue.clone(),
        room,
    };
    Ok((log, Logging { queue, ended }))
}

impl Logging {
    /// Writes what is waiting.
    pub(crate) fn end(self) {
        if self.queue.send(Entry::End).is_ok() {
            // It ends by the other side's going, or takes too long.
            let _ = self.ended.recv_timeout(LAST);
        }
    }
}

impl Write for Log {
    /// Takes one whole line, or leaves it out.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let before = self.room.waiting.fetch_add(line.len(), Ordering::SeqCst);
        let fits = before.saturating_add(line.len()) <= WAITING;
        if !fits || self.queue.send(Entry::Line(line.to_vec())).is_err() {
            self.room.waiting.fetch_sub(line.len(), Ordering::SeqCst);
            self.room.omitted.fetch_add(1, Ordering::SeqCst);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Writer<W> {
    out: W,
    room: Arc<Room>,
    /// Whoever waits for the end sees it go.
    until: Sender<()>,
}

impl<W: Write> Writer<W> {
    fn run(mut self, entries: &Receiver<Entry>) {
        while let Ok(Entry::Line(line)) = entries.recv() {
            self.write(&line);
        }
        // What was handed in beside the end, such as what is said below.
        while let Ok(Entry::Line(line)) = entries.try_recv() {
            self.write(&line);
        }
        drop(self.until);
    }

    fn write(&mut self, line: &[u8]) {
        // Nobody may be reading; the server is there all the same.
        let _ = self.out.write_all(line);
        self.room.waiting.fetch_sub(line.len(), Ordering::SeqCst);
        let omitted = self.room.omitted.swap(0, Ordering::SeqCst);
        if omitted > 0 {
            tracing::warn!(omitted, "lines were left out: nobody read this log");
        }
    }
}
