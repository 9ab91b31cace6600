//! The content-addressed store of inputs and of built parts, shared by clones; knows no source kind.
