//! Quality on labelled data, where it is at hand: each figure has its floor here, beside what was measured.
//!
//! `BANWATCH_EVAL` names the folder with `score.py`; without it, or without Python, these tests print NOT RUN.
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A figure of the scorer: where it stands in its answer, the floor, and what was measured when the floor was set.
struct Floor {
    at: &'static str,
    at_least: f64,
    measured: f64,
}

const fn floor(at: &'static str, at_least: f64, measured: f64) -> Floor {
    Floor { at, at_least, measured }
}

struct Bench {
    eval: PathBuf,
    work: tempfile::TempDir,
}

fn bench(name: &str) -> Option<Bench> {
    let eval = std::env::var_os("BANWATCH_EVAL").map(PathBuf::from).filter(|eval| eval.join("score.py").is_file());
    let python = Command::new("python3").arg("--version").stdout(Stdio::null()).status().is_ok_and(|s| s.success());
    match eval.filter(|_| python) {
        Some(eval) => Some(Bench { eval: eval.canonicalize().unwrap(), work: tempfile::tempdir().unwrap() }),
        None => {
            println!("{name}: NOT RUN (BANWATCH_EVAL names no folder with score.py, or there is no python3)");
            None
        }
    }
}

impl Bench {
    fn read(&self, files: &[&str]) -> String {
        files.iter().map(|file| fs::read_to_string(self.eval.join(file)).unwrap()).collect()
    }

    /// Runs a filter of the binary over the input, in the folder its relative paths start from.
    fn filter(&self, name: &str, input: &str, folder: &str) -> PathBuf {
        let from = self.work.path().join(format!("{name}.in.jsonl"));
        let to = self.work.path().join(format!("{name}.jsonl"));
        fs::write(&from, input).unwrap();
        let status = Command::new(env!("CARGO_BIN_EXE_banwatch"))
            .arg(name)
            .current_dir(self.eval.join(folder))
            .stdin(fs::File::open(from).unwrap())
            .stdout(fs::File::create(&to).unwrap())
            .status()
            .unwrap();
        assert!(matches!(status.code(), Some(0 | 3)), "{name} ended with {status}");
        to
    }

    fn score(&self, args: &[&str], pred: &Path, floors: &[Floor]) {
        let out = self.work.path().join("score.json");
        let mut command = Command::new("python3");
        command.arg(self.eval.join("score.py")).args(args).arg("--json").arg(&out).current_dir(&self.eval);
        command.arg("--pred").arg(pred);
        let done = command.output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        let figures: Value = serde_json::from_slice(&fs::read(&out).unwrap()).unwrap();
        for Floor { at, at_least, measured } in floors {
            let found = figure(&figures, at);
            println!("{} {at}: {found:.4} (floor {at_least}, measured {measured})", args[0]);
            assert!(found >= *at_least, "{} {at}: {found:.4} is below {at_least} (measured {measured})", args[0]);
        }
    }
}

/// `a/b` is the member b of the member a.
fn figure(figures: &Value, at: &str) -> f64 {
    let found = at.split('/').try_fold(figures, |value, key| value.get(key));
    found.and_then(Value::as_f64).unwrap_or_else(|| panic!("the scorer gives no {at}: {figures}"))
}

#[test]
fn topics() {
    let Some(bench) = bench("topics") else { return };
    let gold = ["topics/gold_dev/en.jsonl", "topics/gold_dev/ko.jsonl", "topics/gold_dev/zh.jsonl"];
    let pred = bench.filter("classify", &bench.read(&gold), ".");
    let args = [&["topics"], &gold[..], &["--entities", "topics/gold_dev/entities.json"]].concat();
    let floors = [
        floor("all.vendor_ban/f1", 0.82, 0.842),
        floor("all.distillation_allegation/f1", 0.83, 0.851),
        floor("all.language", 1.0, 1.0),
    ];
    bench.score(&args, &pred, &floors);
    let pred = bench.filter("classify", &bench.read(&["topics/real_dev.jsonl"]), ".");
    let floors = [floor("all.vendor_ban/f1", 0.7, 0.712), floor("all.distillation_allegation/f1", 0.6, 0.625)];
    bench.score(&["topics", "topics/real_dev.jsonl", "--skip-mentions"], &pred, &floors);
}

#[test]
fn copies() {
    let Some(bench) = bench("copies") else { return };
    let pred = bench.filter("cluster", &bench.read(&["dedup/dev_gen/docs.jsonl"]), ".");
    let args = ["cluster", "dedup/dev_gen/gold.jsonl", "--hard-neg", "dedup/dev_gen/hard_neg.jsonl"];
    let floors = [
        floor("copies.without invented-event pairs/p", 0.98, 0.9869),
        floor("copies.without invented-event pairs/r", 0.89, 0.8988),
    ];
    bench.score(&args, &pred, &floors);
}

/// Of the seven titles that differ, five are feedparser's own mojibake (old encodings without a label).
#[test]
fn feeds() {
    let Some(bench) = bench("feeds") else { return };
    // The oracle was made with this address: relative links in titles resolve against it.
    let served = |line: &str| {
        let mut row: Value = serde_json::from_str(line).unwrap();
        row["url"] = json!("http://example.org/");
        row.to_string() + "\n"
    };
    let input: String = bench.read(&["feeds/inputs.jsonl"]).lines().map(served).collect();
    let pred = bench.filter("parse-feed", &input, "feeds");
    let floors = [floor("all/same", 0.997, 0.998), floor("all/kept", 0.996, 0.997), floor("all/titles", 0.986, 0.988)];
    bench.score(&["feeds", "feeds/oracle_dev"], &pred, &floors);
}

/// Hand-made bad input: every row holds, none takes a second.
#[test]
fn bad_feeds() {
    let Some(bench) = bench("bad feeds") else { return };
    let rows: Value = serde_json::from_str(&bench.read(&["feeds/badinput_dev/expected.json"])).unwrap();
    let rows = rows.as_object().unwrap();
    let line = |(name, want): (&String, &Value)| {
        json!({"id": name, "path": format!("badinput_dev/{name}"), "content_type": want.get("content_type")})
            .to_string()
            + "\n"
    };
    let input: String = rows.iter().map(line).collect();
    let started = std::time::Instant::now();
    let twice: Vec<String> =
        (0..2).map(|_| fs::read_to_string(bench.filter("parse-feed", &input, "feeds")).unwrap()).collect();
    // Two runs of all of them; the bound is one second for each input.
    assert!(started.elapsed().as_secs() < 2 * rows.len() as u64);
    for ((line, again), (name, want)) in twice[0].lines().zip(twice[1].lines()).zip(rows) {
        let out: Value = serde_json::from_str(line).unwrap();
        let none = Vec::new();
        let entries = out["entries"].as_array().unwrap_or(&none);
        assert!(entries.len() as u64 >= want["min_items"].as_u64().unwrap(), "{name}: {} entries", entries.len());
        if let Some(title) = want["title"].as_str() {
            assert_eq!(entries[0]["title_text"], title, "{name}");
        }
        let has_problem = out.get("error").is_some() || out["problems"].as_array().is_some_and(|list| !list.is_empty());
        assert!(has_problem || want["problem"] != true, "{name} says nothing");
        assert!(
            want["max_bytes_out"].as_u64().is_none_or(|most| line.len() as u64 <= most),
            "{name}: {} bytes",
            line.len()
        );
        assert!(want["must_not_contain"].as_str().is_none_or(|text| !line.contains(text)), "{name} gives away a file");
        assert!(want["stable_key"] != true || line == again, "{name} has other keys the second time");
    }
}

/// Real and broken OPML: nothing panics, and a feed is found wherever an outline with an address stands.
#[test]
fn opml_files() {
    let Some(bench) = bench("OPML") else { return };
    let mut folders = vec![bench.eval.join("feeds/feeds_dev/opml_listparser/files")];
    let (mut files, mut with_feeds) = (0, 0);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
            files += 1;
            let found = banwatch::catalogue::read_opml(&text).unwrap_or_default();
            let lower = text.to_lowercase();
            let has_address = lower.split("xmlurl").skip(1).any(|after| {
                after
                    .trim_start()
                    .strip_prefix('=')
                    .is_some_and(|rest| rest.trim_start().get(1..).is_some_and(|v| v.trim_start().starts_with("http")))
            });
            if has_address && lower.contains("<outline") {
                with_feeds += 1;
                assert!(!found.is_empty(), "{} holds a feed that was not found", path.display());
            }
        }
    }
    println!("OPML: {files} files, {with_feeds} with feeds");
    assert!(with_feeds > 0);
}

#[test]
fn extraction() {
    let Some(bench) = bench("extraction") else { return };
    let pages = |dir: &str| -> String {
        let truth: Value =
            serde_json::from_slice(&fs::read(bench.eval.join(dir).join("ground-truth.json")).unwrap()).unwrap();
        let row = |(id, gold): (&String, &Value)| {
            let page = format!("{dir}/html/{id}.html.gz");
            json!({"id": id, "html_path": page, "url": gold.get("url")}).to_string() + "\n"
        };
        truth.as_object().unwrap().iter().map(row).collect()
    };
    let sets = [
        ("extraction", vec![floor("F1", 0.97, 0.979)]),
        (
            "extraction/wcxb-articles",
            vec![
                floor("F1", 0.97, 0.977),
                floor("title", 0.88, 0.887),
                floor("date", 0.87, 0.881),
                floor("author", 0.83, 0.843),
            ],
        ),
        ("extraction/cjk-pages", vec![floor("F1cjk", 0.98, 0.988), floor("date", 0.93, 1.0)]),
    ];
    for (dir, floors) in sets {
        let pred = bench.filter("extract", &pages(dir), ".");
        let done = Command::new("python3")
            .arg(bench.eval.join("score.py"))
            .args(["extraction", dir])
            .arg(&pred)
            .current_dir(&bench.eval)
            .output()
            .unwrap();
        let text = String::from_utf8(done.stdout).unwrap();
        for Floor { at, at_least, measured } in floors {
            let found = column(&text, at);
            println!("{dir} {at}: {found} (floor {at_least}, measured {measured})");
            assert!(found >= at_least, "{dir} {at}: {found} is below {at_least} (measured {measured})\n{text}");
        }
    }
}

/// The value under a heading in the scorer's table, in its row for all languages.
fn column(table: &str, name: &str) -> f64 {
    let cells = |line: &str| line.split_whitespace().filter(|cell| *cell != "|").map(str::to_owned).collect::<Vec<_>>();
    let mut lines = table.lines();
    let at = lines.next().map(cells).unwrap().iter().position(|cell| cell == name).unwrap();
    let row = lines.map(cells).find(|row| row.get(1).is_some_and(|lang| lang == "all")).unwrap();
    row[at].parse().unwrap()
}

/// Of `pages = "gated"`: what the gate loses, and what it saves. Titles and the first 200 characters stand in for a feed's
/// titles and summaries.
#[test]
fn the_gate_loses_little_and_saves_fetches() {
    let Some(bench) = bench("gate") else { return };
    let gold = ["topics/gold_dev/en.jsonl", "topics/gold_dev/ko.jsonl", "topics/gold_dev/zh.jsonl"];
    let hard = ["topics/corpus/en.jsonl", "topics/corpus/ko.jsonl", "topics/corpus/zh.jsonl"];
    let real = ["topics/real_dev.jsonl"];
    let kept = |files, summary_chars| bench.passed(files, Rows { on_topic: true, summary_chars });
    let saved = |files| 1.0 - bench.passed(files, Rows { on_topic: false, summary_chars: 200 });
    let figures = [
        ("gold kept", kept(&gold[..], 200), 0.98, 0.985),
        ("gold kept by title alone", kept(&gold[..], 0), 0.95, 0.97),
        ("real kept", kept(&real[..], 200), 1.0, 1.0),
        ("hard kept", kept(&hard[..], 200), 0.91, 0.923),
        ("gold saved", saved(&gold[..]), 0.05, 0.091),
        ("real saved", saved(&real[..]), 0.2, 0.217),
        ("hard saved", saved(&hard[..]), 0.28, 0.306),
    ];
    for (name, found, at_least, measured) in figures {
        println!("gate {name}: {found:.4} (floor {at_least}, measured {measured})");
        assert!(found >= at_least, "gate {name}: {found:.4} is below {at_least} (measured {measured})");
    }
}

struct Rows {
    on_topic: bool,
    summary_chars: usize,
}

impl Bench {
    /// The share of such rows that passes the gate.
    fn passed(&self, files: &[&str], rows: Rows) -> f64 {
        let (mut all, mut passed) = (0_u32, 0_u32);
        for line in self.read(files).lines() {
            let row: Value = serde_json::from_str(line).unwrap();
            let text = |key: &str| row[key].as_str().unwrap_or_default().to_owned();
            if row["topics"].as_array().is_some_and(|topics| !topics.is_empty()) == rows.on_topic {
                let summary: String = text("body").chars().take(rows.summary_chars).collect();
                all += 1;
                passed += u32::from(banwatch::topic::Lexicon::embedded().gate(&text("title"), &summary).pass);
            }
        }
        f64::from(passed) / f64::from(all)
    }
}
