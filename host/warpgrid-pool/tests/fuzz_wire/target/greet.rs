//! Greetings of guests that say anything; knows no session.

use super::track::facts;
use crate::corpus::Corpus;
use crate::mutate::{self, cut};
use bytes::BytesMut;
use fastrand::Rng;
use std::sync::Arc;
use warpgrid_pool::endpoint::{GuestLogin, Protocol};
use warpgrid_pool::error::PoolError;
use warpgrid_pool::protocol::{CancelKey, GreetStep, GreetTerms, MAX_HELD_BYTES, wire_protocol};
use warpgrid_pool::secret::Secret;

/// What a greeting came to.
#[derive(Debug, PartialEq, Eq)]
enum End {
    Checkout(String),
    Over(String),
    More,
}

/// As a guest's stream does it, in pieces of any size; the end, what was said, and what is left of the input.
fn greet(
    protocol: Protocol,
    random: &mut Rng,
    terms: &GreetTerms,
    pieces: &[&[u8]],
) -> (End, BytesMut, BytesMut) {
    let terms = GreetTerms {
        endpoint: terms.endpoint.clone(),
        database: terms.database.clone(),
        login: terms.login.clone(),
        facts: terms.facts.clone(),
        ..*terms
    };
    let mut greeter = wire_protocol(protocol).greeter(terms);
    let (mut input, mut output) = (BytesMut::new(), BytesMut::new());
    greeter.open(&mut output);
    for piece in pieces {
        input.extend_from_slice(piece);
        let mut steps = 0;
        loop {
            steps += 1;
            assert!(steps < 10, "it asks for encryption again and again");
            if input.is_empty() {
                break;
            }
            match greeter.advance(&mut input, &mut output) {
                GreetStep::More => break,
                // As if encryption had begun: what follows is its plain text.
                GreetStep::StartTls => {}
                GreetStep::Checkout(hello) => {
                    if random.bool() {
                        greeter.welcome(&facts(protocol), &mut output);
                    } else {
                        let reason = "the pool is drained";
                        greeter.refuse(&PoolError::Closed { endpoint: "orders".into(), reason }, &mut output);
                    }
                    return (End::Checkout(format!("{hello:?}")), output, input);
                }
                GreetStep::Cancel(key) => return (End::Over(format!("{key:?}")), output, input),
                GreetStep::End(error) => return (End::Over(error.to_string()), output, input),
                GreetStep::Goodbye => return (End::Over("goodbye".into()), output, input),
            }
        }
        assert!(input.len() <= MAX_HELD_BYTES, "it holds {} bytes", input.len());
    }
    (End::More, output, input)
}

/// A greeting comes to the same in pieces of any size, and says little.
pub(crate) fn run(corpus: &Corpus, random: &mut Rng) {
    let check = GuestLogin::Check { user: "guest".into(), password: Secret::new("sesame") };
    let terms = GreetTerms {
        endpoint: "orders".into(),
        database: random.bool().then(|| "app".into()),
        login: if random.bool() { GuestLogin::Any } else { check },
        tls_offered: random.bool(),
        facts: Some(Arc::new(facts(corpus.protocol))),
        cancel: CancelKey { number: 7, secret: 8 },
        nonce: [7; 32],
    };
    let mut bytes: Vec<u8> = Vec::new();
    for _ in 0..random.usize(1..4) {
        bytes.extend(mutate::dialogue(&corpus.greetings, random).into_iter().flat_map(|piece| piece.bytes));
    }
    bytes.truncate(MAX_HELD_BYTES / 2);
    let pieces = cut(&bytes, random);
    let mut choices = random.fork();
    let mut again = choices.clone();
    let (one, said, _) = greet(corpus.protocol, &mut choices, &terms, &[&bytes]);
    let (other, said_in_pieces, _) = greet(corpus.protocol, &mut again, &terms, &pieces);
    // To Redis the first bytes of a guest that may be anyone say enough, right ones or not.
    if corpus.protocol != Protocol::Redis || matches!(terms.login, GuestLogin::Check { .. }) {
        assert_eq!(one, other, "{bytes:x?} in {} pieces", pieces.len());
        // Each greeting has a salt of its own.
        assert_eq!(said.len(), said_in_pieces.len(), "{bytes:x?} in {} pieces", pieces.len());
    }
    assert!(said.len() <= 4096 + 200 * bytes.len(), "it said {} bytes", said.len());
    assert!(!said.windows(6).any(|word| word == b"sesame") || bytes.windows(6).any(|word| word == b"sesame"));
}
