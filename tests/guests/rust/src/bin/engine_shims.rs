//! Calls the shims that its arguments name and prints what each answers; imports all of them.

wit_bindgen::generate!({
    path: "../../../wit/warpgrid",
    inline: "
        package guest:engine;
        world guest {
            include warpgrid:shim/filesystem-imports@0.1.0;
            include warpgrid:shim/dns-imports@0.1.0;
            include warpgrid:shim/signals-imports@0.1.0;
            include warpgrid:shim/threading-imports@0.1.0;
        }
    ",
    generate_all,
});

use warpgrid::shim::{dns, filesystem, signals, threading};

fn main() {
    let hosts = filesystem::read_virtual("/etc/hosts").expect("the virtual hosts file");
    print!("{}", String::from_utf8_lossy(&hosts));
    println!("{:?}", dns::resolve_address("db.warp.local").expect("a service of the registry"));
    signals::on_signal(signals::SignalType::Terminate);
    println!("{:?}", signals::poll_signal());
    println!("{:?}", threading::declare_threading_model(threading::ThreadingModel::Cooperative));
}
