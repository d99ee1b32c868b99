//! The evertoken browser shell: turns the session machine's effects into fetch and timers.
