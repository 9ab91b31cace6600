//! Patch series on small repositories that each test makes for itself, with real git and no network.
mod apply;
mod conflicts;
mod export;
mod headers;
mod lab;
mod preimages;
mod update;
mod validate;
