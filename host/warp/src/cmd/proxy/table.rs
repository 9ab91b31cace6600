//! What a proxy says of itself, as a table for people; asks nobody.

use serde_json::Value;

/// The answer to `status`.
pub(super) fn status(answer: &Value) -> String {
    let mut pools = vec![row(&[
        "BINDING",
        "PROTOCOL",
        "TAKEN",
        "IDLE",
        "BUSY",
        "WAITING",
        "SIZE",
        "CHECKOUTS",
        "REUSED",
        "STATE",
    ])];
    pools.extend(list(answer, "pools").map(pool));
    let mut listeners = vec![row(&["LISTENER", "BINDING", "ADDRESS", "TLS", "CLIENTS", "LIMIT"])];
    listeners.extend(list(answer, "listeners").map(listener));
    let mut text = format!("{}\n\n{}", columns(&pools), columns(&listeners));
    if let retired @ 1.. = answer["retired_sessions"].as_u64().unwrap_or_default() {
        text.push_str(&format!("\n\n{retired} sessions of before the last reload end when their clients go"));
    }
    if answer["draining"] == Value::Bool(true) {
        text.push_str("\n\nthe proxy is draining: nobody is let in any more");
    }
    text
}

fn pool(pool: &Value) -> Vec<String> {
    let numbers = ["taken", "idle", "busy", "waiting", "size", "checkouts"];
    let mut cells = vec![text(&pool["binding"]), text(&pool["protocol"])];
    cells.extend(numbers.map(|key| text(&pool[key])));
    cells.push(share(&pool["reused"], &pool["checkouts"]));
    cells.push(match (pool["down"].as_str(), pool["pool"] == pool["binding"]) {
        (Some(why), _) => format!("down for {} s: {why}", text(&pool["down_seconds"])),
        (None, false) => format!("shares the pool of `{}`", text(&pool["pool"])),
        (None, true) => "up".to_owned(),
    });
    cells
}

fn listener(listener: &Value) -> Vec<String> {
    let place = listener.get("socket").or_else(|| listener.get("address")).unwrap_or(&Value::Null);
    let tls = if listener["tls"] == Value::Bool(true) { "yes" } else { "no" };
    let mut cells =
        vec![text(&listener["listener"]), text(&listener["binding"]), text(place), tls.to_owned()];
    cells.extend(["clients", "clients_limit"].map(|key| text(&listener[key])));
    cells
}

fn list<'a>(answer: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    answer[key].as_array().into_iter().flatten()
}

fn row(cells: &[&str]) -> Vec<String> {
    cells.iter().map(|&cell| cell.to_owned()).collect()
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "-".to_owned(),
        other => other.to_string(),
    }
}

fn share(part: &Value, whole: &Value) -> String {
    match (part.as_f64(), whole.as_f64()) {
        (Some(part), Some(whole)) if whole > 0.0 => format!("{:.0} %", 100.0 * part / whole),
        _ => "-".to_owned(),
    }
}

/// Rows whose columns stand under each other; the last column ends where it ends.
fn columns(rows: &[Vec<String>]) -> String {
    let widest = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or_default()
    };
    let line = |row: &Vec<String>| {
        let cells = row.iter().enumerate().map(|(column, cell)| format!("{cell:<0$}", widest(column)));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn columns_stand_under_each_other() {
        let answer = json!({
            "draining": true,
            "retired_sessions": 2,
            "pools": [
                {"binding": "db", "pool": "db", "protocol": "postgres", "taken": 1, "idle": 0, "busy": 0,
                 "waiting": 0, "size": 10, "checkouts": 20, "reused": 19, "down": null},
                {"binding": "longer", "pool": "longer", "protocol": "redis", "taken": 0, "idle": 0, "busy": 0,
                 "waiting": 3, "size": 10, "checkouts": 0, "reused": 0, "down": "no answer",
                 "down_seconds": 4},
            ],
            "listeners": [
                {"listener": "tcp", "binding": "db", "address": "127.0.0.1:6432", "tls": false, "clients": 1,
                 "clients_limit": 1000},
            ],
        });
        let expected = "\
BINDING  PROTOCOL  TAKEN  IDLE  BUSY  WAITING  SIZE  CHECKOUTS  REUSED  STATE
db       postgres  1      0     0     0        10    20         95 %    up
longer   redis     0      0     0     3        10    0          -       down for 4 s: no answer

LISTENER  BINDING  ADDRESS         TLS  CLIENTS  LIMIT
tcp       db       127.0.0.1:6432  no   1        1000

2 sessions of before the last reload end when their clients go

the proxy is draining: nobody is let in any more";
        assert_eq!(status(&answer), expected);
    }
}
