//! The door for native programs: TCP and Unix sockets; knows no configuration file.
