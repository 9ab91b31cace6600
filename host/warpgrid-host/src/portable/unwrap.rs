//! Takes the component out of a composed file; leaves every other file as it is.
use super::PortableError;
use super::sections::outline;

/// The component inside a file that [`super::compose`] made, or `bytes` themselves when they are anything else.
///
/// Only a file with our mark is taken apart: whoever composes an application with a shim of their own keeps it.
///
/// # Errors
/// When the file carries our mark and does not hold exactly one component that imports a shim.
pub fn unwrap(bytes: &[u8]) -> Result<&[u8], PortableError> {
    let Ok(outer) = outline(bytes) else { return Ok(bytes) };
    if !outer.marked {
        return Ok(bytes);
    }
    let mut found = Vec::new();
    for range in outer.components {
        let inner = bytes.get(range).unwrap_or_default();
        if outline(inner).is_ok_and(|inner| !inner.shim_imports.is_empty()) {
            found.push(inner);
        }
    }
    match found.as_slice() {
        [component] => Ok(component),
        several => Err(PortableError::NotAsComposed(several.len())),
    }
}
