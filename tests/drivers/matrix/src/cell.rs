//! The one list of cells, as the table has them from left to right; knows no driver.

/// One cell and how it is run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cell {
    /// Its name in the table and in reports.
    pub(crate) name: &'static str,
    /// What the programs are asked.
    pub(crate) question: &'static str,
    /// How the program reaches its server.
    pub(crate) way: Way,
}

/// How a program reaches its server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// TCP without encryption, where the door has that.
    Plain,
    /// TCP with encryption.
    Tls,
    /// The Unix socket.
    Socket,
    /// As `Plain`, to a server that may be restarted.
    Restarting,
}

const fn plain(name: &'static str) -> Cell {
    Cell { name, question: name, way: Way::Plain }
}

/// Every cell.
pub(crate) const CELLS: &[Cell] = &[
    plain("connect"),
    Cell { name: "unix-socket", question: "connect", way: Way::Socket },
    plain("reuse"),
    plain("prepared"),
    plain("pipeline"),
    plain("copy"),
    plain("listen"),
    plain("cancel"),
    Cell { name: "tls", question: "tls", way: Way::Tls },
    plain("transaction-left-open"),
    plain("wrong-password"),
    Cell { name: "server-restart", question: "server-restart", way: Way::Restarting },
];
