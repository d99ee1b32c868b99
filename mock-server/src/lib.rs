//! A small auth server that rotates refresh tokens strictly and misbehaves on command.
