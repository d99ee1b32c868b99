//! The evertoken session machine: decides, and never does.
