//! What lies between a server and its Redis: everything passes, but the next script can be held up, or
//! its answer be lost with the connection; or no script passes for a while.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// What to do with the next script that comes along.
enum Trick {
    /// Say that it came, and send it on when told to.
    Hold(oneshot::Sender<()>, oneshot::Receiver<()>),
    /// Send it on, and break the connection instead of handing back the answer.
    LoseAnswer,
    /// Break the connection instead of sending it on; the same with the one after it.
    Refuse,
}

#[derive(Clone)]
pub struct Proxy {
    port: u16,
    next: Arc<Mutex<Option<Trick>>>,
    _task: Arc<Guard>,
}

/// Ends the proxy with its last owner.
struct Guard(JoinHandle<()>);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Proxy {
    pub async fn to(redis: &str) -> Self {
        let address = redis.strip_prefix("redis://").unwrap().to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let next = Arc::new(Mutex::new(None));
        let tricks = next.clone();
        let task = tokio::spawn(async move {
            loop {
                let (from, _) = listener.accept().await.unwrap();
                let to = TcpStream::connect(&address).await.unwrap();
                tokio::spawn(pass(from, to, tricks.clone()));
            }
        });
        Self {
            port,
            next,
            _task: Arc::new(Guard(task)),
        }
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// The first ends when the next script has come; the second lets it go on.
    pub fn hold_next_script(&self) -> (oneshot::Receiver<()>, oneshot::Sender<()>) {
        let (came, has_come) = oneshot::channel();
        let (let_go, goes) = oneshot::channel();
        *self.next.lock().unwrap() = Some(Trick::Hold(came, goes));
        (has_come, let_go)
    }

    pub fn lose_answer_of_next_script(&self) {
        *self.next.lock().unwrap() = Some(Trick::LoseAnswer);
    }

    pub fn refuse_scripts(&self) {
        *self.next.lock().unwrap() = Some(Trick::Refuse);
    }

    pub fn pass_everything(&self) {
        *self.next.lock().unwrap() = None;
    }

    /// Whether the trick was played.
    pub fn is_done(&self) -> bool {
        self.next.lock().unwrap().is_none()
    }
}

async fn pass(mut from: TcpStream, mut to: TcpStream, next: Arc<Mutex<Option<Trick>>>) {
    let (mut asked, mut answered) = (vec![0; 65_536], vec![0; 65_536]);
    let mut lose = false;
    loop {
        tokio::select! {
            read = from.read(&mut asked) => {
                let Ok(1..) = read else { return };
                let bytes = &asked[..read.unwrap()];
                let is_script = bytes.windows(4).any(|word| word == b"EVAL");
                let trick = if is_script { next.lock().unwrap().take() } else { None };
                match trick {
                    None => {}
                    Some(Trick::Refuse) => {
                        *next.lock().unwrap() = Some(Trick::Refuse);
                        return;
                    }
                    Some(Trick::Hold(came, goes)) => {
                        came.send(()).unwrap();
                        goes.await.unwrap();
                    }
                    Some(Trick::LoseAnswer) => lose = true,
                }
                to.write_all(bytes).await.unwrap();
            }
            read = to.read(&mut answered) => {
                let Ok(1..) = read else { return };
                if lose {
                    return;
                }
                if from.write_all(&answered[..read.unwrap()]).await.is_err() {
                    return;
                }
            }
        }
    }
}
