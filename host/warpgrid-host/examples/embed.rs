//! Runs a component under a configuration: `cargo run --example embed -- COMPONENT`.

use std::error::Error;
use std::path::Path;
use warpgrid_grants::signals::SignalType;
use warpgrid_host::instance::Stdio;
use warpgrid_host::{InstanceOptions, Outcome, WarpConfig, WarpGridEngine};

const CONFIG: &str = r#"
[registry]
"db.warp.local" = "10.0.0.5"

[limits]
memory = "64MiB"
"#;

pub(crate) async fn run(bytes: &[u8], stdio: Stdio) -> Result<Outcome, Box<dyn Error>> {
    let (config, _warnings) = WarpConfig::parse(CONFIG, Path::new("warp.toml"))?;
    let engine = WarpGridEngine::new(config.shims.clone())?; // one per process
    let application = engine.load_module(bytes, config.app_config("guest", Path::new("."))?)?; // one per guest
    let arguments = vec!["guest".to_owned()];
    let instance = application.instantiate(InstanceOptions { arguments, stdio, ..Default::default() });
    let (id, facts) = (instance.id(), instance.facts().clone());
    let running = instance.run();
    tokio::pin!(running);
    let outcome = tokio::select! {
        outcome = &mut running => outcome?,
        _ = tokio::signal::ctrl_c() => {
            application.deliver_signal(id, SignalType::Interrupt)?;
            running.await?
        }
    };
    eprintln!("{outcome:?}, {} refusals", facts.refusals.count());
    Ok(outcome)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("which component?")?;
    run(&std::fs::read(path)?, Stdio::Inherit).await.map(drop)
}
