//! The SDK tarball: entries, records, verification; knows not how its parts were built.
