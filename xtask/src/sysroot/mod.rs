//! Stages sysroots: archive symbol renaming, symbol lists, descriptor audit; knows no source kind.
