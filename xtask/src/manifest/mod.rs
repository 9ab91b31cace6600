//! The pin table `sdk-manifest.toml`, typed and validated with spans; reads that one file and nothing else.
