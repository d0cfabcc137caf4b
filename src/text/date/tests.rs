use super::*;
use proptest::prelude::*;

fn seoul() -> TimeZone {
    TimeZone::get("Asia/Seoul").unwrap()
}

fn read(raw: &str, zone: &TimeZone) -> Option<String> {
    parse(raw, zone, TimeSource::Feed).map(|stamp| stamp.to_text())
}

#[test]
fn feed_dates_of_every_form() {
    for (raw, want) in [
        ("Wed, 02 Oct 2024 13:00:00 GMT", "2024-10-02T13:00:00Z"),
        ("Mon, 02 Oct 2024 13:00:00 KST", "2024-10-02T13:00:00+09:00"),
        ("2 Oct 24 13:00 EST", "2024-10-02T13:00:00-05:00"),
        ("Wed, 02 Oct 2024 13:00:00 +0800", "2024-10-02T13:00:00+08:00"),
        ("Wed, 02 Oct 2024 13:00:00", "2024-10-02T13:00:00+09:00"),
        ("Wed Oct  2 13:00:00 CST 2024", "2024-10-02T13:00:00-06:00"),
        ("October 2nd, 2024 at 10:30 p.m. ET", "2024-10-02T22:30:00-04:00"),
        ("02-Oct-2024", "2024-10-02"),
        ("02-Oct-24", "2024-10-02"),
        ("수, 02 10월 2024 13:00:00 +0900", "2024-10-02T13:00:00+09:00"),
        ("週三, 02 10 月 2024 13:00:00 +0800", "2024-10-02T13:00:00+08:00"),
        ("星期三, 02 十二月 2024 13:00", "2024-12-02T13:00:00+09:00"),
        ("2024-10-02T22:00:00.123Z", "2024-10-02T22:00:00Z"),
        ("2024-10-02T22:00+09", "2024-10-02T22:00:00+09:00"),
        ("20241002T220000Z", "2024-10-02T22:00:00Z"),
        ("20241002220000", "2024-10-02T22:00:00+09:00"),
        ("2024-10-02 22:00:00", "2024-10-02T22:00:00+09:00"),
        ("2024-10-02 22:00:00 UTC+8", "2024-10-02T22:00:00+08:00"),
        ("2024.10.02 22:00", "2024-10-02T22:00:00+09:00"),
        ("2024. 10. 2. 오후 2:05", "2024-10-02T14:05:00+09:00"),
        ("2024. 10. 2. (수) 오후 14:05", "2024-10-02T14:05:00+09:00"),
        ("2024/10/02 22:00:00", "2024-10-02T22:00:00+09:00"),
        ("2024년 10월 2일 오후 10시 5분", "2024-10-02T22:05:00+09:00"),
        ("2024年10月02日 22:00", "2024-10-02T22:00:00+09:00"),
        ("2024年10月2日星期三 上午12時30分", "2024-10-02T00:30:00+09:00"),
        ("２０２４年１０月２日 ９：０５", "2024-10-02T09:05:00+09:00"),
        ("24.10.02 22:00", "2024-10-02T22:00:00+09:00"),
        ("2024-10-02 24:00", "2024-10-03T00:00:00+09:00"),
        ("10/02/2024", "2024-10-02"),
        ("2024.10.02 PM 02:20", "2024-10-02T14:20:00+09:00"),
        ("October 2024", "2024-10"),
        ("民國113年10月2日 14:20", "2024-10-02T14:20:00+09:00"),
        ("2024年10月", "2024-10"),
        ("1727874000", "2024-10-02T13:00:00Z"),
        ("1727874000123", "2024-10-02T13:00:00Z"),
    ] {
        assert_eq!(read(raw, &seoul()).as_deref(), Some(want), "{raw}");
    }
}

#[test]
fn cst_is_chinas_in_a_chinese_source() {
    let shanghai = TimeZone::get("Asia/Shanghai").unwrap();
    assert_eq!(read("Wed, 02 Oct 2024 13:00:00 CST", &shanghai).unwrap(), "2024-10-02T13:00:00+08:00");
    assert_eq!(read("Wed, 02 Oct 2024 13:00:00 CST", &TimeZone::UTC).unwrap(), "2024-10-02T13:00:00-06:00");
}

#[test]
fn nonsense_is_not_a_date() {
    for raw in [
        "",
        "yesterday",
        "2 hours ago",
        "3시간 전",
        "Wed, 02 Oct 20245 13:00:00 GMT",
        "Fri, 31 Dec 9999 23:59:59 GMT",
        "0000-00-00 00:00:00",
        "2024-13-40",
        "1970-01-01",
        "99999999999",
        "0",
        "::::",
        "2024",
    ] {
        assert_eq!(read(raw, &seoul()), None, "{raw}");
    }
}

#[test]
fn the_raw_text_and_precision_are_kept() {
    let stamp = parse(" 2026.07.03 14:20 ", &seoul(), TimeSource::Meta).unwrap();
    assert_eq!(
        (stamp.raw.as_str(), stamp.precision, stamp.source),
        ("2026.07.03 14:20", Precision::Minute, TimeSource::Meta)
    );
}

#[test]
fn visible_dates_are_found() {
    for (text, want) in [
        ("제목\n홍길동 기자\n수정 2026.07.04 09:00\n입력 2026.07.03 14:20\n본문", "2026-07-03T14:20:00+09:00"),
        ("입력 2026.07.03 14:20 수정 2026.07.03 15:00", "2026-07-03T14:20:00+09:00"),
        ("등록\n2026. 7. 3. 오전 9:05", "2026-07-03T09:05:00+09:00"),
        ("首页 > 科技\n来源：某网 2026年07月03日 14:20", "2026-07-03T14:20:00+09:00"),
        ("发布时间：2026-07-03 14:20:11", "2026-07-03T14:20:11+09:00"),
        ("By A. Writer\nJuly 3, 2026 2:20 PM EDT\nText", "2026-07-03T14:20:00-04:00"),
        ("전화 02-2024-1000 과 1.5배, 그리고 2026년 7월 3일 발표", "2026-07-03"),
    ] {
        assert_eq!(find_in_text(text, &seoul()).map(|s| s.to_text()).as_deref(), Some(want), "{text}");
    }
    assert_eq!(find_in_text("2.5万 users, 12/25 and 3.14, 5 May 20 people, 2, 3월 20일", &seoul()), None);
    assert_eq!(find_in_text("입력 2026.07.03 14:20 |", &seoul()).unwrap().raw, "2026.07.03 14:20");
}

proptest! {
    #[test]
    fn any_text_is_survived(text in ".{0,120}") {
        let zone = seoul();
        if let Some(stamp) = parse(&text, &zone, TimeSource::Feed) {
            prop_assert!(YEARS.contains(&stamp.local_date().year()) || stamp.local_date().year() == 2101);
        }
        let again = (find_in_text(&text, &zone), find_in_text(&text, &zone));
        prop_assert_eq!(again.0, again.1);
    }

    #[test]
    fn rfc3339_comes_back(seconds in 631_152_000i64..4_102_444_800) {
        let text = Timestamp::from_second(seconds).unwrap().to_string();
        prop_assert_eq!(read(&text, &seoul()).unwrap(), text);
    }
}
