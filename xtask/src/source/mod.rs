//! How an input's bytes arrive, one file per source kind; knows no particular upstream.
