//! Does nothing and ends; with an argument, sleeps for an hour.

fn main() {
    if std::env::args().len() > 1 {
        std::thread::sleep(std::time::Duration::from_secs(3600));
    }
}
