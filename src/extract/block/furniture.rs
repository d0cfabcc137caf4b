//! Words by which a short line shows that it is no text of the article: signs for the judge of blocks, in three languages.
use aho_corasick::AhoCorasick;
use regex::Regex;
use std::sync::LazyLock;

/// Longer lines are prose that happens to hold such words.
const CHARS_MAX: u32 = 220;
/// Kinds of signs, in the order of [`WORDS`].
pub(super) const SIGNS: usize = 12;
/// Kinds told by more than a word; see [`is_byline`] and [`is_time`].
const BYLINE: u16 = 1 << 1;
const TIME: u16 = 1 << 11;

#[rustfmt::skip]
const WORDS: [&[&str]; SIGNS] = [
    // A caption or a credit.
    &["▲", "△", "▼", "▽", "◀", "사진=", "사진 =", "사진:", "[사진", "/뉴시스", "=뉴시스", "/연합뉴스", "=연합뉴스", "뉴스1", "게티이미지", "자료사진", "자료 사진", "사진 제공", "사진제공", "제공 사진", "갈무리", "캡처", "图源", "圖源", "图片来源", "圖片來源", "图/", "圖/", "图／", "圖／", "图：", "圖：", "资料图", "資料照", "示意图", "示意圖", "翻攝", "翻拍", "攝影", "摄影", "/摄", "／攝", "供图", "提供)", "提供）", "photo by", "photo:", "photo credit", "(ap", "(afp", "(reuters", "getty", "image credit", "courtesy of", "file photo"],
    // Who wrote it; more of it in is_byline.
    &["기자 =", "기자=", "특파원", "앵커", "written by", "staff writer", "本报记者", "本報記者", "实习记者", "作者：", "作者:", "文/", "文／", "文｜", "文|", "撰文"],
    // Whose it is.
    &["무단전재", "무단 전재", "무단복제", "무단 복제", "무단 배포", "저작권자", "재배포", "ⓒ", "©", "copyright", "all rights reserved", "版权", "版權", "未经授权", "未經授權", "未经许可", "未經許可", "请勿转载", "請勿轉載", "转载请", "轉載請", "著作權"],
    // What else to read.
    &["관련기사", "관련 기사", "관련뉴스", "관련 뉴스", "추천기사", "추천 기사", "추천뉴스", "많이 본", "많이본", "인기기사", "인기 기사", "인기뉴스", "이 시각", "주요뉴스", "주요 뉴스", "주요기사", "다른 기사", "다른기사", "더보기", "바로가기", "함께 보면", "함께 읽", "다음 기사", "이전 기사", "상관없는", "헤드라인", "相关阅读", "相关新闻", "相关文章", "相关推荐", "相关链接", "相关报道", "相關閱讀", "相關新聞", "相關文章", "相關報導", "延伸阅读", "延伸閱讀", "推荐阅读", "推荐文章", "推薦閱讀", "推薦文章", "热门", "熱門", "排行", "热文", "點閱", "更多新闻", "更多新聞", "更多文章", "更多精彩", "更多报道", "更多報導", "看更多", "查看更多", "猜你喜欢", "下一篇", "上一篇", "下一頁", "下一页", "read more", "read also", "related", "recommended", "most read", "most popular", "most viewed", "more from", "more on", "more stories", "you may like", "you may also like", "up next", "don't miss", "don’t miss", "trending", "see also", "popular", "editor's picks", "editors' picks", "latest news", "what to read next"],
    // Who edited it, where it is from.
    &["责任编辑", "責任編輯", "责编", "責編", "编辑：", "编辑:", "編輯：", "編輯:", "编辑/", "編輯／", "核稿", "校对", "审核", "審核", "原标题", "原標題", "来源：", "来源:", "來源：", "來源:", "편집=", "편집 =", "편집:", "편집|", "editing by", "reporting by", "contributed to this", "updated at", "updated on", "first published"],
    // What to sign up for, follow, install or pay.
    &["구독", "알림받기", "알림 설정", "앱에서", "앱 다운", "앱으로", "설치", "기사제보", "기사 제보", "제보하기", "제보는", "카카오톡", "채널추가", "채널 추가", "회원가입", "로그인", "이벤트", "쿠폰", "무료체험", "뉴스레터", "扫码", "扫描", "扫一扫", "掃碼", "掃描", "二维码", "公众号", "公眾號", "关注我们", "关注微信", "客户端", "下载", "下載", "打开app", "打開app", "订阅", "訂閱", "電子報", "加入會員", "加入会员", "加入好友", "成为会员", "成為會員", "按讚", "粉絲團", "追蹤我們", "subscribe", "newsletter", "sign up", "sign in", "log in", "login", "follow us", "join us", "join our", "download the", "download our", "get the app", "news app", "click here", "donate", "support us", "support our", "become a", "free trial", "register"],
    // What readers said.
    &["댓글", "답글", "공감", "신고", "评论", "評論", "留言", "回复", "回覆", "点赞", "點讚", "踩", "举报", "檢舉", "网友", "網友", "楼主", "comments", "comment", "reply", "replies", "report abuse", "upvote"],
    // Advertising.
    &["광고", "广告", "廣告", "advert", "sponsored", "스폰서", "推广", "贊助", "赞助", "affiliate", "commission", "合作伙伴", "不用抽", "請繼續往下", "继续往下", "story continues", "continue reading"],
    // Consent and terms.
    &["cookie", "privacy policy", "terms of use", "terms of service", "개인정보", "이용약관", "쿠키", "隐私", "隱私", "服務條款", "使用条款", "免责声明", "免責聲明", "特别声明", "仅代表作者", "不代表", "不構成", "不构成", "投资有风险", "책임은", "disclaimer"],
    // Company lines of a footer.
    &["등록번호", "발행인", "편집인", "청소년보호", "대표전화", "사업자", "icp备", "icp證", "icp证", "京公网安备", "公网安备", "许可证", "備案", "备案", "统一社会信用", "地址：", "地址:", "电话：", "电话:", "電話", "주소 :", "주소:", "tel.", "tel:", "fax"],
    // Sharing and tools.
    &["공유", "글자크기", "글자 크기", "글씨", "인쇄", "스크랩", "북마크", "기사 듣기", "기사듣기", "요약", "번역", "字号", "字號", "字体", "分享", "打印", "列印", "收藏", "複製", "复制", "朗读", "收聽", "share", "tweet", "print", "email", "facebook", "twitter", "whatsapp", "linkedin", "listen to"],
    // A time or a date at the start; more of it in is_time.
    &["기사입력", "최종수정", "최종 수정", "发布时间", "發布時間", "发表时间", "更新時間", "更新时间", "last updated", "published on", "posted on"],
];

static MATCHER: LazyLock<(AhoCorasick, Vec<u16>)> = LazyLock::new(|| {
    let words = WORDS.iter().enumerate().flat_map(|(kind, words)| words.iter().map(move |word| (*word, 1 << kind)));
    let (words, bits): (Vec<&str>, Vec<u16>) = words.unzip();
    let matcher = AhoCorasick::builder().ascii_case_insensitive(true).build(words).expect("the words are constant");
    (matcher, bits)
});

/// One bit per kind of sign on a short line.
pub(super) fn signs(text: &str, chars: u32) -> u16 {
    if chars > CHARS_MAX {
        return 0;
    }
    let (matcher, kinds) = &*MATCHER;
    let words = matcher.find_overlapping_iter(text).filter_map(|found| kinds.get(found.pattern().as_usize()));
    let mut bits = words.fold(0, |bits, kind| bits | kind);
    bits |= if is_byline(text) { BYLINE } else { 0 };
    bits | if is_time(text) { TIME } else { 0 }
}

fn is_byline(text: &str) -> bool {
    static BYLINES: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"[가-힣]{2,4} ?(?:선임|수석|인턴|전문|객원)? ?(?:기자|PD|리포터) ?(?:[\w.+-]+@|$|[\])=/·|])|^[(（\[【]?(?:本报|本報|本刊|本网|新华社|中新社)? ?(?:记者|記者|作者|文) ?[:：/／|｜]? ?\p{Han}{2,4}")
            .expect("the pattern is constant")
    });
    text.starts_with("By ")
        || text.starts_with("BY ")
        || (text.contains(['기', 'P', '리', '记', '記', '作', '文']) && BYLINES.is_match(text))
}

/// Begins with a date, a time, or a time ago, after at most a label.
fn is_time(text: &str) -> bool {
    static TIMES: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^.{0,10}?(?:(?:19|20)\d\d ?[-./年년]|\d{1,2} ?(?:분|시간|일|分钟|分鐘|小时|小時|天) ?(?:전|前)|\d{1,2}:\d\d|\d+ (?:minutes?|hours?|days?) ago|[A-Z][a-z]{2,8}\.? \d{1,2}, (?:19|20)\d\d)")
            .expect("the pattern is constant")
    });
    let head = text.chars().take(24).any(|c| c.is_ascii_digit());
    head && TIMES.is_match(text)
}
