//! What compiles: the router without its socket, where there is neither a system clock nor a thread, and the
//! server without Redis.

use std::process::Command;

/// Without a warning, and into the very folder that cargo uses by itself.
fn compiles(features: &[&str]) {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args([
            "check",
            "--quiet",
            "--locked",
            "--package",
            "evertoken-mock",
        ])
        .arg("--no-default-features")
        .args(features)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("CARGO_TERM_COLOR", "never")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
    assert!(!text.contains("warning"), "{text}");
}

#[test]
fn the_library_without_its_socket_compiles_to_webassembly() {
    compiles(&["--lib", "--target", "wasm32-unknown-unknown"]);
}

#[test]
fn the_server_compiles_without_redis() {
    compiles(&["--features", "server"]);
}
