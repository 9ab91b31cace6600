//! The engine and shims that a platform embeds; knows no command line and no build tools.
