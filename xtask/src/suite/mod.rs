//! The suites of `cargo xtask ci`, one file each; a suite knows no other suite.
mod context;
mod driver_matrix;
mod first_guest;
mod host_suites;
mod libc;
mod lint;
mod list;
mod no_std;
mod pool_suites;
mod repro;
mod robustness;
mod rust_tests;
mod series;
mod sysroot;
mod test_services;
mod third_party;
mod variation;

pub use context::{SdkUnderTest, SuiteContext, keep_driver, run_alone};
pub use list::{SUITES, Suite};
pub use variation::{Surroundings, copy_checkout, tarball};
