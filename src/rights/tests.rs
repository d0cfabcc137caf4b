//! Statements × uses, as docs/adr/0009-rights-signals.md has them.
use super::*;

const USES: [Use; 6] = [Use::OwnPage, Use::PublicPage, Use::Send, Use::Api, Use::Export, Use::Index];

fn signal(kind: &str, raw: &str, place: &str) -> RightsSignal {
    RightsSignal { kind: kind.to_owned(), raw: raw.to_owned(), place: place.to_owned() }
}

fn ruling(signals: &[RightsSignal], use_: Use) -> Ruling {
    permit(&ArticleRights { signals, policy: None }, use_)
}

/// One letter for each of `USES`: F full text, Q quotation, M metadata, - nothing.
fn letters(signals: &[RightsSignal]) -> String {
    let letter = |use_| match ruling(signals, use_).permit {
        Permit::FullText => 'F',
        Permit::Quotation => 'Q',
        Permit::Metadata => 'M',
        Permit::Nothing => '-',
    };
    USES.into_iter().map(letter).collect()
}

#[test]
fn every_signal_means_what_the_decision_says() {
    let unsaid = "FQQQFF";
    assert_eq!(letters(&[]), unsaid);
    let cases = [
        // Own page, public page, digest, API, export, index.
        ("robots_txt", "allowed: no rule applies", unsaid),
        ("robots_txt", "forbidden by Disallow: /", "FQQQQF"),
        ("robots_meta", "index, follow, max-image-preview:large", unsaid),
        ("robots_meta", "noindex, follow", "F-MMMF"),
        ("robots_meta", "none", "F-MMMF"),
        ("x_robots_tag", "googlebot: nosnippet", "FMMMMF"),
        ("x_robots_tag", "NOARCHIVE", "FQQQQF"),
        ("robots_meta", "nocache", "FQQQQF"),
        ("robots_meta", "max-snippet:0", "FMMMMF"),
        ("robots_meta", "max-snippet:-1", unsaid),
        ("robots_meta", "max-snippet: 20", "FQQQQF"),
        ("robots_meta", "noai, noimageai", "FQQQQF"),
        ("tdm_reservation", "1", "FQQQMF"),
        ("tdm_reservation", "0", unsaid),
        ("tdm_reservation", r#"{"location":"/*","tdm-reservation":1}"#, "FQQQMF"),
        ("tdm_reservation", r#"{"location":"/free","tdm-reservation":0}"#, unsaid),
        ("tdm_reservation", "yes", "FQQQMF"),
        ("content_usage", "train-ai=n", "FQQQQF"),
        ("content_usage", "train-ai=y, search=y", unsaid),
        ("content_signal", "search=yes, ai-train=no", "FQQQQF"),
        ("content_signal", "ai-input=no", "FQQQQF"),
        ("content_signal", "search=no", "F-MMMF"),
        ("rsl_licence", "https://n.example/rsl.xml", "FQQQQF"),
        ("licence", "https://n.example/terms", "FQQQQF"),
        ("licence", "https://creativecommons.org/licenses/by/4.0/", "FFFFFF"),
        ("licence", "https://creativecommons.org/licenses/by-nc/4.0/", "FQQQQF"),
        ("licence", "CC BY-SA 4.0", "FFFFFF"),
        ("licence", "CC BY-NC-ND 4.0", "FQQQQF"),
        ("licence", "공공누리 제1유형", "FFFFFF"),
        ("feed_rights", "© n.example", "FQQQQF"),
        ("feed_rights", "Creative Commons CC0", "FFFFFF"),
        ("footer", "© n.example", "FQQQQF"),
        ("footer", "© n.example. All rights reserved.", "QQQQQF"),
        ("footer", "ⓒ 샘플일보, 무단전재 및 재배포 금지", "QQQQQF"),
        ("footer", "AI학습 및 활용 금지", "QQQQQF"),
        ("footer", "AI 학습 이용 금지", "QQQQQF"),
        ("footer", "未经授权禁止转载", "QQQQQF"),
        ("footer", "版權所有，請勿轉載", "QQQQQF"),
        ("footer", "转载请注明出处", "FQQQQF"),
        ("feed_rights", "May not be republished without permission", "QQQQQF"),
        ("some_new_kind", "whatever", unsaid),
    ];
    for (kind, raw, want) in cases {
        let said = [signal(kind, raw, "text")];
        assert_eq!(letters(&said), want, "{kind}: {raw}");
        for use_ in USES {
            let ruling = ruling(&said, use_);
            let moved = ruling.permit != use_.unsaid();
            assert!(!moved || ruling.reasons[0].signal == said[0], "{kind}: {raw} moved {use_:?} without saying so");
        }
    }
    assert_eq!(letters(&[signal("tdm_reservation", "https://n.example/p.json", "meta tdm-policy")]), unsaid);
}

#[test]
fn the_narrowest_statement_holds_and_is_the_reason() {
    let licence = signal("licence", "https://creativecommons.org/licenses/by/4.0/", "link");
    let bare = signal("footer", "© n.example", "text");
    let banned = signal("footer", "무단 전재 금지", "text");
    let hidden = signal("robots_meta", "nosnippet", "meta robots");
    assert_eq!(letters(&[bare.clone(), licence.clone()]), "FFFFFF", "a licence is given on top of a copyright");
    assert_eq!(letters(&[licence.clone(), banned.clone()]), "QQQQQF", "never on top of a prohibition");
    let ruling = ruling(&[licence, banned, hidden.clone()], Use::Send);
    assert_eq!((ruling.permit, ruling.reasons.len()), (Permit::Metadata, 1));
    assert_eq!(ruling.words(), "headline and address only: no snippet (robots_meta: nosnippet, meta robots)");
}

#[test]
fn the_operators_rule_stands_above_the_site_in_both_directions() {
    let banned = [signal("footer", "무단 전재 금지", "text")];
    let mut policies = Policies::none();
    for (host, show) in [("leave.example", Permit::FullText), ("shy.leave.example", Permit::Metadata)] {
        let policy = SitePolicy { show, why: "written leave".to_owned(), place: "t.toml:4".to_owned() };
        policies.add(host, policy);
    }
    for (url, want) in [
        ("https://www.leave.example/1", "FFFFFF"),
        ("https://shy.leave.example:8080/1", "MMMMMF"),
        ("https://leave.example.org/1", "QQQQQF"),
        ("not an address", "QQQQQF"),
    ] {
        let permits: Vec<Permit> = USES
            .into_iter()
            .map(|use_| permit(&ArticleRights { signals: &banned, policy: policies.of(url) }, use_).permit)
            .collect();
        let drawn: String = permits.iter().map(|p| p.as_str().chars().next().unwrap().to_ascii_uppercase()).collect();
        assert_eq!(drawn, want, "{url}");
    }
    let ruling = permit(&ArticleRights { signals: &banned, policy: policies.of("https://leave.example/") }, Use::Send);
    assert!(ruling.words().contains("written leave, t.toml:4"), "{}", ruling.words());
}

#[test]
fn a_snippet_is_cut_to_the_number_the_site_names() {
    let signals = [signal("robots_meta", "max-snippet:5", "meta robots"), signal("x_robots_tag", "max-snippet:9", "h")];
    let ruling = ruling(&signals, Use::Send);
    assert_eq!((ruling.permit, ruling.quotation_chars_max), (Permit::Quotation, 5));
    let (mut text, mut marks) = ("알리바바가 클로드".to_owned(), vec![(0, 4), (6, 9)]);
    shorten(&ruling, &mut text, &mut marks);
    assert_eq!((text.as_str(), marks), ("알리바바가", vec![(0, 4)]));
}
