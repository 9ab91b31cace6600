//! What can be wrong with a file that is composed or unwrapped; knows no door that shows it.

/// Why a component could not be composed or unwrapped.
#[derive(Debug, thiserror::Error)]
pub enum PortableError {
    /// The bytes are no component.
    #[error("not a WebAssembly component: {0}")]
    NotAComponent(String),
    /// The bytes are a composed file already.
    #[error("already composed with a fallback")]
    AlreadyComposed,
    /// The fallback lacks an interface that the component imports.
    #[error("the fallback has no `{0}`: it belongs to another version of the SDK")]
    FallbackLacks(String),
    /// The composition failed.
    #[error("composing failed: {0}")]
    Composition(String),
    /// A file says that it is composed, and is not as `compose` makes it.
    #[error("a composed file with {0} components that import a shim: expected one")]
    NotAsComposed(usize),
}
