//! The build driver as a library, so that its tests reach every part; knows nothing that a guest or host needs at run time.
