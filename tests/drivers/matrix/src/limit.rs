//! What a door refuses by intention, and how it says so: such a row must fail in just this way. Knows no program.
use warpgrid_test_services::ProductKind;

use crate::row::Outcome;

/// One refusal.
struct Limit {
    door: &'static str,
    products: &'static [ProductKind],
    /// None for all.
    drivers: Option<&'static [&'static str]>,
    cell: &'static str,
    /// A part of what the driver is told.
    says: &'static str,
    /// Why, for the table.
    reason: &'static str,
}

const LIMITS: &[Limit] = &[
    Limit {
        door: "proxy",
        products: &[ProductKind::Mariadb, ProductKind::Mysql],
        drivers: Some(&["sqlx", "go-sql-driver/mysql"]),
        cell: "cancel",
        says: "Unknown thread id",
        reason: "`KILL` goes by the thread id of the greeting, which the driver keeps to itself; that of `SELECT CONNECTION_ID()` is the server's own",
    },
    Limit {
        door: "proxy",
        products: &[ProductKind::Redis],
        drivers: None,
        cell: "cancel",
        says: "this CLIENT command is not for a pooled session",
        reason: "`CLIENT UNBLOCK` is not for a pooled session",
    },
];

/// Turns the failure that a limit of this door asks for into a refusal, and anything else into a failure.
pub(crate) fn judge(outcome: Outcome, door: &str, product: ProductKind, driver: &str, cell: &str) -> Outcome {
    let limit = LIMITS.iter().find(|limit| {
        limit.door == door
            && limit.products.contains(&product)
            && limit.drivers.is_none_or(|drivers| drivers.contains(&driver))
            && limit.cell == cell
    });
    match (limit, outcome) {
        (Some(limit), Outcome::Failed(text)) if text.contains(limit.says) => {
            Outcome::Refused(limit.reason.to_owned())
        }
        (Some(limit), Outcome::Passed(_)) => Outcome::Failed(format!(
            "it works: take the limit `{}` out of `tests/drivers/matrix/src/limit.rs`",
            limit.reason
        )),
        (_, outcome) => outcome,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_just_that_failure() {
        let redis = |outcome, door| judge(outcome, door, ProductKind::Redis, "ioredis", "cancel");
        let refusal =
            Outcome::Failed("failed: NOPERM this CLIENT command is not for a pooled session".into());
        assert!(matches!(redis(refusal.clone(), "proxy"), Outcome::Refused(_)));
        assert_eq!(redis(refusal.clone(), "direct"), refusal);
        let other = Outcome::Failed("failed: something else".into());
        assert_eq!(redis(other.clone(), "proxy"), other);
        assert!(matches!(redis(Outcome::Passed(String::new()), "proxy"), Outcome::Failed(_)));
        let passed = Outcome::Passed(String::new());
        let mysql2 = judge(passed.clone(), "proxy", ProductKind::Mysql, "mysql2", "cancel");
        assert_eq!(mysql2, passed);
    }
}
