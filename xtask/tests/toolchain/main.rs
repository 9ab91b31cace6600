//! The staged toolchain from the user's side: moved into a folder with a space, called from anywhere, with no `PATH`.
#[cfg(test)]
mod build_systems;
#[cfg(test)]
mod compile;
#[cfg(test)]
mod moved;
#[cfg(test)]
mod rust;
