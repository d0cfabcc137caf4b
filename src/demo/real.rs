//! A world made at run time from a folder of labelled pages: full size, nothing of it in the binary.
use super::world::{Declared, Format, Page, Site, World, WorldError};
use serde::Deserialize;
use std::fs;
use std::path::{Path, PathBuf};

const SITES: usize = 40;
const PAGE_FOLDERS: [&str; 3] = ["extraction/html", "extraction/wcxb-articles/html", "extraction/cjk-pages/html"];
const TEXT_FILES: [&str; 4] =
    ["topics/gold_dev/en.jsonl", "topics/gold_dev/ko.jsonl", "topics/gold_dev/zh.jsonl", "topics/real_dev.jsonl"];

#[derive(Deserialize)]
struct Labelled {
    id: String,
    lang: String,
    script: Option<String>,
    published: Option<String>,
    title: String,
    body: String,
}

/// Reads every page and text under `dir`; what becomes of them is not foretold (`expected` is empty).
pub fn world(dir: &Path) -> Result<World, WorldError> {
    let mut pages = Vec::new();
    for folder in PAGE_FOLDERS {
        read_pages(&dir.join(folder), &mut pages)?;
    }
    for file in TEXT_FILES {
        read_texts(&dir.join(file), &mut pages)?;
    }
    World::checked((0..SITES).map(site).collect(), pages)
}

fn site(at: usize) -> Site {
    let formats = [Format::Rss, Format::Rdf, Format::Atom, Format::Json];
    // GB18030 holds all of Unicode; EUC-KR and Big5 do not, and would turn real text into references.
    let encodings = ["utf-8", "utf-8", "gb18030"];
    let declared = [Declared::Both, Declared::Header, Declared::Meta];
    Site {
        id: format!("real-{at}"),
        name: format!("Feed {at}"),
        lang: "en".to_owned(),
        region: "INT".to_owned(),
        zone: "UTC".to_owned(),
        format: formats[at % formats.len()],
        encoding: encodings[at % encodings.len()].to_owned(),
        declared: declared[(at / 3) % declared.len()],
        gzip: at.is_multiple_of(5),
        disallow: None,
        json_ld: at.is_multiple_of(2),
    }
}

fn read_pages(folder: &Path, pages: &mut Vec<Page>) -> Result<(), WorldError> {
    let fault = |source| WorldError::Read { path: folder.display().to_string(), source };
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .map_err(fault)?
        .map(|file| file.map(|file| file.path()))
        .collect::<Result<_, _>>()
        .map_err(fault)?;
    files.retain(|file| file.to_string_lossy().ends_with(".html.gz"));
    files.sort();
    for file in files {
        let raw = fs::read(&file).map_err(fault)?;
        let name = file.file_name().unwrap_or_default().to_string_lossy().replace(".html.gz", "");
        let mut page = blank(pages.len(), &name);
        page.raw = Some(raw);
        pages.push(page);
    }
    Ok(())
}

fn read_texts(file: &Path, pages: &mut Vec<Page>) -> Result<(), WorldError> {
    let path = || file.display().to_string();
    let text = fs::read_to_string(file).map_err(|source| WorldError::Read { path: path(), source })?;
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let item: Labelled = serde_json::from_str(line).map_err(|source| WorldError::Json { path: path(), source })?;
        let mut page = blank(pages.len(), &item.id);
        page.lang = item.script.map_or(item.lang.clone(), |script| format!("{}-{script}", item.lang));
        page.published = item.published;
        page.title = item.title;
        page.paragraphs = item.body.split("\n\n").map(str::to_owned).collect();
        pages.push(page);
    }
    Ok(())
}

fn blank(at: usize, name: &str) -> Page {
    Page {
        id: format!("{at}-{name}"),
        site: format!("real-{}", at % SITES),
        path: format!("/article/{at}"),
        lang: "en".to_owned(),
        published: None,
        title: name.to_owned(),
        paragraphs: Vec::new(),
        byline: None,
        expected: String::new(),
        story: String::new(),
        also_in: None,
        raw: None,
    }
}
