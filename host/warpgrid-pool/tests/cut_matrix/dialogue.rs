//! What a guest says and waits for; knows no server.

/// One guest's use of a session, its login included.
pub(crate) struct Dialogue {
    pub(crate) name: &'static str,
    pub(crate) steps: Vec<Step>,
    /// Whether its session is in a known state at the end: it is reset, and not destroyed.
    pub(crate) kept: bool,
}

pub(crate) enum Step {
    Say(Vec<u8>),
    /// A command of MySQL about the statement that was last prepared, whose number belongs at bytes 5 to 9.
    SayOfStatement(Vec<u8>),
    /// So many frames of this kind, whatever comes between; packets and replies have kind 0.
    Hear(u8, usize),
}

impl Dialogue {
    /// A dialogue whose session is kept.
    pub(crate) fn new(name: &'static str, steps: Vec<Step>) -> Self {
        Self { name, steps, kept: true }
    }

    /// The same, with its session destroyed.
    pub(crate) fn lost(self) -> Self {
        Self { kept: false, ..self }
    }
}
