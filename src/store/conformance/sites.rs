//! What is learnt of sites.
use super::samples::at;
use crate::model::SiteLine;
use crate::store::Store;
use std::sync::Arc;

pub(super) async fn check_all(open: &impl AsyncFn() -> Arc<dyn Store>) {
    lines_are_learnt_once_and_in_order(&*open().await).await;
}

fn line(host: &str, line: &str, seen: u32) -> SiteLine {
    SiteLine { host: host.to_owned(), line: line.to_owned(), seen, of: 20 }
}

async fn lines_are_learnt_once_and_in_order(store: &dyn Store) {
    assert_eq!(store.site_lines().await.expect("read"), []);
    let tips = line("b.example", "제보를 기다립니다", 7);
    let other = line("a.example", "제보를 기다립니다", 9);
    store.learn_site_lines(&[tips.clone(), other.clone()], at(0)).await.expect("write");
    let again = line("b.example", "제보를 기다립니다", 12);
    let last = line("b.example", "责任编辑：某人", 6);
    store.learn_site_lines(&[again, last.clone()], at(9)).await.expect("write");
    store.learn_site_lines(&[], at(9)).await.expect("nothing is no fault");
    assert_eq!(store.site_lines().await.expect("read"), [tips, other, last], "the first word holds");
}
