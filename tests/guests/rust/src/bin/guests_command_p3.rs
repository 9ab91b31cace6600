//! A command of WASI 0.3: writes through a stream, and ends as its first argument says.

wasip3::cli::command::export!(Command);

struct Command;

impl wasip3::exports::cli::run::Guest for Command {
    async fn run() -> Result<(), ()> {
        let (mut writer, text) = wasip3::wit_stream::new();
        let written = wasip3::cli::stdout::write_via_stream(text);
        let said = async {
            let arguments = wasip3::cli::environment::get_arguments();
            let left = writer.write_all(format!("0.3 says {:?}\n", &arguments[1..]).into_bytes()).await;
            assert!(left.is_empty());
            drop(writer);
            arguments.get(1).is_none_or(|word| word != "fail")
        };
        let (written, good) = futures::join!(written.into_future(), said);
        written.map_err(|_| ())?;
        if good { Ok(()) } else { Err(()) }
    }
}

fn main() {}
