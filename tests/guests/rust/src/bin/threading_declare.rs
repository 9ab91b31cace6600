//! Declares the threading models that its arguments name, and goes on: prints each answer and a sum.

wit_bindgen::generate!({
    path: "../../../wit/warpgrid",
    world: "threading-imports",
    generate_all,
});

use warpgrid::shim::threading::{ThreadingError, ThreadingModel, declare_threading_model};

fn main() {
    for name in std::env::args().skip(1) {
        let model = match name.as_str() {
            "cooperative" => ThreadingModel::Cooperative,
            "parallel-required" => ThreadingModel::ParallelRequired,
            other => panic!("unknown model `{other}`"),
        };
        match declare_threading_model(model) {
            Ok(()) => println!("declared"),
            Err(ThreadingError::AlreadyDeclared) => println!("already declared"),
        }
    }
    println!("{}", (1..=100).sum::<u32>());
}
