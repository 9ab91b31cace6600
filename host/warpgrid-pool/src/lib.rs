//! Sessions of PostgreSQL, MySQL and Redis servers, pooled; knows nothing of WebAssembly or configuration files.
