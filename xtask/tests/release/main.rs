//! A release from the user's side: packing the same tree gives the same bytes, and verify names what is wrong.
#[cfg(test)]
mod lab;
#[cfg(test)]
mod packed;
#[cfg(test)]
mod tampered;
