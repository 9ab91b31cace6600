//! Lays out the relocatable LLVM and the files that build systems need; knows no sysroot from the inside.
