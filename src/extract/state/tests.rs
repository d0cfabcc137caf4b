use super::*;

fn check(scripts: &str, expected: &[&str]) {
    let html = Html::parse_document(&format!("<title>시장, 다리 연다</title><div id=app></div>{scripts}"));
    let found = text(&html, Some("시장, 다리 연다")).unwrap_or_default();
    assert_eq!(found.iter().map(String::as_str).collect::<Vec<_>>(), expected, "{scripts}");
}

const ONE: &str =
    "시는 새 다리를 다음 달에 연다고 밝혔다. 공사는 삼 년이 걸렸고, 주민들은 오래 기다렸다. 통행료는 받지 않는다.";
const TWO: &str = "시장은 개통식에서 안전 점검을 모두 마쳤다고 말했다. 걷는 길과 자전거 길도 함께 열린다고 덧붙였다.";
const OTHER: &str = "다른 도시의 이야기로, 이 기사와는 상관이 없는 긴 글이다. 문장이 여럿이고 길이도 더 길다. 그래도 제목이 다르다. 그래서 뽑히면 안 된다. 여기까지 읽은 사람은 없을 것이다.";

#[test]
fn parts_of_the_article_are_found_in_every_kind_of_state() {
    let typed = format!(
        r#"<script>Fusion.globalContent={{"headlines":{{"basic":"시장, 다리 연다"}},"content_elements":[{{"type":"text","content":"{ONE}"}},{{"type":"image","caption":"사진. 사진이다."}},{{"type":"text","content":"{TWO}"}}]}};Fusion.more={{"list":[{{"title":"다른 제목의 기사","url":"/b","body":"{OTHER}"}}]}}</script>"#
    );
    check(&typed, &[ONE, TWO]);
    let bare = format!(
        r#"<script>window.__NUXT__=(function(a){{return {{article:{{title:"시장, 다리 연다",body:"{ONE}",n:a}}}}}}(1))</script>"#
    );
    check(&bare, &[ONE]);
    let pieces = format!(
        r#"<script id="__NEXT_DATA__" type="application/json">{{"title":"시장, 다리 연다","blocks":[{{"tokens":[[{{"type":"text","content":"{ONE}"}},{{"type":"text","content":" 끝."}}],[{{"type":"text","content":"{TWO}"}}]]}}]}}</script>"#
    );
    check(&pieces, &[&format!("{ONE} 끝."), TWO]);
    let tree = format!(
        r#"1:["$","article",null,{{"children":[["$","p",null,{{"children":["{ONE}"," ",["$","b",null,{{"children":"굵게."}}]]}}],["$","p",null,{{"children":"{TWO}"}}],["$","p",null,{{"children":"{ONE}"}}]]}}]"#
    );
    let push = serde_json::json!([1, format!("{tree}\n")]);
    check(
        &format!("<script>self.__next_f.push({push})</script>"),
        &[&format!("<article><p>{ONE} <b>굵게.</b></p><p>{TWO}</p><p>{ONE}</p></article>")],
    );
}

#[test]
fn other_articles_comments_and_code_are_no_text() {
    let others = format!(
        r#"<script>var S={{"articles":[{{"title":"남의 제목 하나","url":"/1","body":"{OTHER}"}},{{"title":"남의 제목 둘","url":"/2","body":"{OTHER}"}}],"comments":["{OTHER}"],"code":"if (a) {{ b = c; }} return; {{ d; }}"}}</script>"#
    );
    check(&others, &[]);
}
