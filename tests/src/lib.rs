//! End to end: real browsers, the built package, the mock server in-process.
