//! A project of `tests/packaging/` as its owner has it: a folder of its own, what its lock file names, the packed package,
//! and what its build makes of them.
//!
//! All of it is done once for a tarball and a project: the tests in the next browser find it done.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// What is installed, built and ready to be served or run.
pub(crate) struct Project {
    dir: PathBuf,
}

/// A server that ends with this.
pub(crate) struct Served {
    _server: Child,
    pub(crate) url: String,
}

impl Project {
    /// Installs it, and builds it if it says how.
    pub(crate) async fn ready(name: &str) -> Self {
        let source = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("packaging")
            .join(name);
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let tarball = std::env::var("EVERTOKEN_TARBALL").expect("`cargo xtask test e2e` packs it");
        let files = files(&source);
        let done = stamp(&files, &std::fs::read(&tarball).unwrap());
        let stamp = dir.join("evertoken-ready");
        let project = Self { dir };
        if std::fs::read_to_string(&stamp).is_ok_and(|before| before == done) {
            return project;
        }
        if project.dir.exists() {
            std::fs::remove_dir_all(&project.dir).unwrap();
        }
        for (path, content) in &files {
            let file = project.dir.join(path);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, content).unwrap();
        }
        project.npm(&["ci"]).await;
        project
            .npm(&["install", "--no-save", "--no-package-lock", &tarball])
            .await;
        project.npm(&["run", "build", "--if-present"]).await;
        std::fs::write(stamp, done).unwrap();
        project
    }

    /// Where its build left the page and what belongs to it.
    pub(crate) fn built(&self) -> PathBuf {
        self.dir.join("dist")
    }

    /// The project itself.
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// A program that it installed.
    pub(crate) fn program(&self, name: &str) -> Command {
        self.command(self.dir.join("node_modules/.bin").join(name))
    }

    /// A program that runs in its folder, and alone: none asks for news or reports about us.
    pub(crate) fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(&self.dir)
            .envs([
                ("NO_COLOR", "1"),
                ("NEXT_TELEMETRY_DISABLED", "1"),
                ("DENO_NO_UPDATE_CHECK", "1"),
            ])
            .env("DENO_DIR", self.dir.join("deno"))
            .stdin(Stdio::null())
            .kill_on_drop(true);
        command
    }

    async fn npm(&self, args: &[&str]) {
        let quiet = ["--no-audit", "--no-fund", "--prefer-offline"];
        let output = self.command("npm").args(args).args(quiet).output().await;
        let output = output.unwrap();
        let [said, complained] =
            [&output.stdout, &output.stderr].map(|s| String::from_utf8_lossy(s));
        assert!(output.status.success(), "npm {args:?}: {said}{complained}");
    }
}

impl Served {
    /// Starts a server that prints where it is; it is told to listen on a free port.
    pub(crate) async fn by(mut command: Command) -> Self {
        let mut server = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(server.stdout.take().unwrap()).lines();
        let url = loop {
            let line = lines.next_line().await.unwrap();
            let line = line.expect("the server says where it listens");
            if let Some(start) = line.find("http://127.0.0.1:") {
                break line.get(start..).unwrap().trim_end().to_owned();
            }
        };
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Self {
            _server: server,
            url,
        }
    }
}

/// The files that a repository would hold, by their paths: where somebody tried the project by hand, there are others.
fn files(source: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![source.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let path = entry.path();
            if ["node_modules", "dist", ".next", ".parcel-cache"]
                .map(Into::into)
                .contains(&entry.file_name())
            {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(source).unwrap().to_owned();
                found.insert(name, std::fs::read(path).unwrap());
            }
        }
    }
    found
}

fn stamp(files: &BTreeMap<PathBuf, Vec<u8>>, tarball: &[u8]) -> String {
    let mut hasher = DefaultHasher::new();
    files.hash(&mut hasher);
    tarball.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}
