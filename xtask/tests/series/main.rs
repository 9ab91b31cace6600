//! Patch series on small repositories that each test makes for itself, with real git and no network.
#[cfg(test)]
mod apply;
#[cfg(test)]
mod command;
#[cfg(test)]
mod conflicts;
#[cfg(test)]
mod export;
#[cfg(test)]
mod forks;
#[cfg(test)]
mod headers;
#[cfg(test)]
mod lab;
#[cfg(test)]
mod preimages;
#[cfg(test)]
mod update;
#[cfg(test)]
mod validate;
