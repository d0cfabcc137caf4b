//! The bundled world over real sockets: formats, encodings, validators, planned faults, and freed ports.
use super::server::{Served, serve};
use super::world::{Format, World};
use encoding_rs::Encoding;
use std::sync::Arc;

async fn start() -> (Arc<World>, Served) {
    let world = Arc::new(World::bundled().unwrap());
    let served = serve(Arc::clone(&world)).await.unwrap();
    (world, served)
}

fn client() -> reqwest::Client {
    // Another test may have installed it already, which is as good.
    drop(rustls::crypto::ring::default_provider().install_default());
    reqwest::Client::builder().no_proxy().build().unwrap()
}

#[tokio::test]
async fn every_feed_parses_as_its_format_with_all_titles() {
    let (world, served) = start().await;
    let client = client();
    for (site, base) in world.sites.iter().zip(&served.bases) {
        let reply = client.get(format!("{base}/feed")).send().await.unwrap();
        let bytes = reply.bytes().await.unwrap();
        let wanted: Vec<_> = world.listed(site).map(|page| page.title.clone()).collect();
        let titles: Vec<String> = if site.format == Format::Json {
            let feed: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
            let items = feed["items"].as_array().unwrap();
            items.iter().map(|item| item["title"].as_str().unwrap().to_owned()).collect()
        } else {
            let text = Encoding::for_label(site.encoding.as_bytes()).unwrap().decode(&bytes).0;
            let text = text.replace(&format!(" encoding=\"{}\"", site.encoding), "");
            let feed = feed_rs::parser::parse(text.as_bytes()).unwrap();
            feed.entries.into_iter().map(|entry| entry.title.unwrap().content).collect()
        };
        assert_eq!(titles, wanted, "{}", site.id);
    }
    served.stop().await;
}

#[tokio::test]
async fn pages_are_served_in_their_encoding_except_the_planned_ones() {
    let (world, served) = start().await;
    let client = client();
    for page in &world.pages {
        let at = world.sites.iter().position(|site| site.id == page.site).unwrap();
        let reply = client.get(format!("{}{}", served.bases[at], page.path)).send().await.unwrap();
        let wanted = if page.expected == "skipped.gone" { 404 } else { 200 };
        assert_eq!(reply.status().as_u16(), wanted, "{}", page.id);
        let bytes = reply.bytes().await.unwrap();
        let text = Encoding::for_label(world.sites[at].encoding.as_bytes()).unwrap().decode(&bytes).0;
        for paragraph in &page.paragraphs {
            assert!(text.contains(&super::render::escape(paragraph)), "{}: {paragraph}", page.id);
        }
    }
    assert_eq!(served.requests().values().sum::<u64>(), world.pages.len() as u64);
    served.stop().await;
}

#[tokio::test]
async fn validators_answer_304_and_stopping_frees_the_port() {
    let (_, served) = start().await;
    let url = format!("{}/feed", served.bases[0]);
    let client = client();
    let etag = client.get(&url).send().await.unwrap().headers()["etag"].clone();
    let again = client.get(&url).header("if-none-match", etag).send().await.unwrap();
    assert_eq!(again.status().as_u16(), 304);
    let other = client.get(&url).header("if-none-match", "\"other\"").send().await.unwrap();
    assert_eq!(other.status().as_u16(), 200);
    let port = served.port;
    served.stop().await;
    assert!(tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err());
}

#[test]
fn expected_counts_every_entry_of_every_feed_once() {
    let world = World::bundled().unwrap();
    let listed: usize = world.sites.iter().map(|site| world.listed(site).count()).sum();
    assert_eq!(world.expected().total(), listed as u64);
}
