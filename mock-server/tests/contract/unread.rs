//! The command, where nobody reads what it logs: a pipe is full after sixty-four kilobytes.

use crate::running::Running;

/// Its line is almost as long.
fn ask_at_length(server: &Running) {
    let path = "a".repeat(30_000);
    let answer = server.ask(&format!(
        "GET /{path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    ));
    assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
}

#[test]
fn a_log_that_nobody_reads_keeps_nobody_waiting_and_the_server_ends_all_the_same() {
    let server = Running::unread(&[], &[]);
    for _ in 0..10 {
        ask_at_length(&server);
    }
    let (code, rest, _) = server.stop("-TERM");
    assert_eq!((code, rest.as_str()), (Some(0), ""));
}

#[test]
fn what_was_left_out_of_a_log_is_said_once_somebody_reads_it() {
    for format in ["text", "json"] {
        let mut server = Running::unread(&["--log", format], &[]);
        for _ in 0..200 {
            ask_at_length(&server);
        }
        server.read();
        let (code, _, log) = server.stop("-TERM");
        assert_eq!(code, Some(0));
        let lines = log.lines().count();
        assert!((100..200).contains(&lines), "{format}: {lines}");
        assert!(log.contains("left out"), "{format}");
    }
}
