//! The loop that speaks to hubs.
use super::{IDLE, Scope, Shared, Stop, within_grace};
use crate::pipeline::hub;
use jiff::Timestamp;
use std::sync::Arc;

/// Only a worker that stays can be called back.
pub(super) async fn hub_loop(shared: Arc<Shared>, mut stop: Stop) -> anyhow::Result<()> {
    let Some(callback) = shared.kit.hub.as_ref().filter(|_| shared.settings.scope == Scope::Forever) else {
        return Ok(());
    };
    hub::settle_in(&shared.kit, &shared.feeds, Timestamp::now()).await?;
    while !stop.asked() && shared.has_room(&mut stop).await {
        // An outage of our own is waited out.
        if shared.kit.reader.offline().is_none() {
            let Some(turned) = within_grace(hub::turn(&shared.kit, Timestamp::now()), &mut stop).await else {
                return Ok(());
            };
            if let Err(fault) = turned {
                shared.weather(fault, &mut stop).await?;
            }
        }
        tokio::select! {
            () = callback.arrived.notified() => shared.entries.notify_one(),
            () = tokio::time::sleep(IDLE) => {}
            () = stop.wait() => {}
        }
    }
    Ok(())
}

pub(super) async fn end_hubs(
    shared: &Shared,
    running: tokio::task::JoinHandle<anyhow::Result<()>>,
    stop: &Stop,
) -> anyhow::Result<()> {
    // As with revisits: the entries ended by a fault, and the loop would never end by itself.
    if shared.settings.scope == Scope::Forever && !stop.asked() {
        running.abort();
    }
    match running.await {
        Ok(result) => result,
        Err(why) if why.is_cancelled() => Ok(()),
        Err(why) => Err(why.into()),
    }
}
