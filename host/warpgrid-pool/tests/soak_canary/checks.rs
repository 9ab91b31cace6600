//! That each canary is seen where no reset stands in between: the soak can fail; knows no tenant.

use crate::lab::servers::{builders, connect, endpoint, manager};
use crate::visit::{Kind, Owners, compare, fresh, preparation};
use crate::{mysql, postgres, redis};
use std::sync::Arc;
use warpgrid_pool::Pool;
use warpgrid_pool::config::PoolOptions;
use warpgrid_pool::endpoint::Protocol;

/// Looks, plants one canary, and looks again in the same session.
async fn sees(protocol: Protocol, pool: &Arc<Pool>, fresh: &str, kind: Kind) -> Result<bool, String> {
    let (stream, marker) = (connect(pool, "a"), "bird_a_7");
    let (first, heard, second) = match protocol {
        Protocol::Postgres => {
            let mut guest = postgres::enter(stream).await?;
            let first = postgres::look(&mut guest, 1).await?;
            let heard = std::mem::take(&mut guest.heard);
            postgres::plant(&mut guest, &[kind], marker, 7).await?;
            (first, heard, postgres::look(&mut guest, 2).await)
        }
        Protocol::Mysql => {
            let mut guest = mysql::enter(stream).await?;
            let first = mysql::look(&mut guest, 1).await?;
            let heard = std::mem::take(&mut guest.heard);
            mysql::plant(&mut guest, &[kind], marker, 7).await?;
            (first, heard, mysql::look(&mut guest, 2).await)
        }
        Protocol::Redis => {
            let mut guest = redis::enter(stream);
            let first = redis::look(&mut guest, 1).await?;
            let heard = std::mem::take(&mut guest.heard);
            redis::plant(&mut guest, &[kind], marker, 7).await?;
            (first, heard, redis::look(&mut guest, 2).await)
        }
    };
    compare(fresh, &first.1, &heard)?;
    Ok(second.map_or(true, |second| compare(fresh, &second.1, b"").is_err()))
}

#[tokio::test]
async fn every_canary_is_seen_where_nothing_is_reset() {
    for (protocol, builder) in builders() {
        let server = builder.start().unwrap();
        preparation(protocol).map(|sql| server.admin_sql(sql).unwrap());
        let pool = manager(1).pool(endpoint(&server, PoolOptions::default()));
        let fresh = fresh(protocol, &pool).await.unwrap();
        let mut kinds = match protocol {
            Protocol::Postgres => [postgres::KINDS, postgres::ENDINGS, &[postgres::PREPARED]].concat(),
            Protocol::Mysql => [mysql::KINDS, mysql::ENDINGS, &[mysql::ROLE, mysql::PREPARED]].concat(),
            Protocol::Redis => [redis::KINDS, redis::ENDINGS].concat(),
        };
        // This one is for others.
        kinds.retain(|(name, _)| *name != "a message for who listens");
        for kind in kinds {
            let seen = sees(protocol, &pool, &fresh, kind).await;
            assert_eq!(seen, Ok(true), "{protocol}: {} of a guest that goes on is seen", kind.0);
            if protocol == Protocol::Redis {
                // A look in the middle of a transaction finishes it.
                server.admin_sql("DEL bird").unwrap();
            }
        }
    }
}

#[test]
fn a_marker_and_a_strange_owner_are_noticed() {
    assert!(compare("as new", "as new", b"what it heard").is_ok());
    assert!(compare("as new", "as new", b"of bird_b_7 it heard").is_err());
    assert!(compare("as new", "not as new", b"").is_err());
    let owners = Owners::default();
    assert!(
        owners.enter("7", "a").is_ok() && owners.enter("7", "a").is_ok() && owners.enter("8", "b").is_ok()
    );
    assert!(owners.enter("7", "b").is_err());
}
