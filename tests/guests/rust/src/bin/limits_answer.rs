//! A little honest work: hashes some megabytes and prints the digest.

use sha2::{Digest, Sha256};

fn main() {
    let mut hasher = Sha256::new();
    for round in 0..64_u8 {
        hasher.update([round; 65_536]);
    }
    println!("{:02x?}", &hasher.finalize()[..4]);
}
