//! The tool chain in one word.
fn main() {}
