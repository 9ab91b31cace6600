//! Takes sides in turn, the order swapped in every second round, and prints what they gave; knows no side.

/// Takes each side once a round. The result has a list for each side, with a value for each round.
pub(super) fn take<T>(rounds: usize, sides: &mut [&mut dyn FnMut() -> T]) -> Vec<Vec<T>> {
    let mut taken: Vec<Vec<T>> = sides.iter().map(|_| Vec::with_capacity(rounds)).collect();
    for round in 0..rounds {
        let mut order: Vec<usize> = (0..sides.len()).collect();
        if round % 2 == 1 {
            order.reverse();
        }
        for side in order {
            let value = sides[side]();
            taken[side].push(value);
        }
    }
    taken
}

/// One line of JSON.
pub(super) fn print(name: &str, unit: &str, ours: &[f64], other: &[f64]) {
    println!("{}", serde_json::json!({ "name": name, "unit": unit, "ours": ours, "other": other }));
}
