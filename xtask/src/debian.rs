//! What apt installs.
//!
//! Only where this runs as root on Debian: a container, a build machine. On anyone's own machine nothing
//! is installed behind their back, only named.

use std::path::Path;

use crate::files;
use crate::run::Run;
use crate::say::{self, Done};
use crate::tools;

/// Whether this may install.
pub(crate) fn is_root() -> Done<bool> {
    let release = files::tree(Path::new("/etc/os-release"))?
        .into_values()
        .next()
        .unwrap_or_default();
    let debian = String::from_utf8_lossy(&release)
        .lines()
        .any(|line| line == "ID=debian");
    Ok(debian && rustix::process::geteuid().is_root() && tools::find("apt-get").is_some())
}

/// Installs these packages.
pub(crate) fn install(packages: &[&str]) -> Done {
    say::step(&format!("Installing {} (apt-get)", packages.join(", ")));
    for args in [
        &["update"][..],
        &["install", "--yes", "--no-install-recommends"],
    ] {
        let named = if args.len() > 1 { packages } else { &[] };
        let finished = Run::new("apt-get")
            .args(args.iter().chain(named))
            .env("DEBIAN_FRONTEND", "noninteractive")
            .quiet()?;
        let failed = format!(
            "apt-get could not install {}: what it said is above.",
            packages.join(", ")
        );
        finished.or_offline("apt-get", &failed)?;
    }
    Ok(())
}
