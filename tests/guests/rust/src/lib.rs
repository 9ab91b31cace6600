//! What several guest programs share; knows no program.

pub mod db;
