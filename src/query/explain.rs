//! A query in words: shown with every answer, so that nobody guesses how it was read.
use super::{Expr, Query, TextField};

/// Brackets are written wherever a reader could doubt.
pub fn explain(query: &Query) -> String {
    write(&query.expr, false)
}

fn write(expr: &Expr, inside: bool) -> String {
    let group = |parts: &[Expr], with: &str| {
        let joined = parts.iter().map(|part| write(part, true)).collect::<Vec<_>>().join(with);
        if inside { format!("({joined})") } else { joined }
    };
    match expr {
        Expr::Everything => "everything".to_owned(),
        Expr::Word(field, text) => format!("{}{text}", prefix(*field)),
        Expr::Prefix(field, text) => format!("{}{text}*", prefix(*field)),
        Expr::Phrase(field, text) => format!("{}\"{text}\"", prefix(*field)),
        Expr::Filter(filter) => filter.to_text(),
        Expr::Not(inner) => format!("NOT {}", write(inner, true)),
        Expr::And(parts) => group(parts, " AND "),
        Expr::Or(parts) => group(parts, " OR "),
        Expr::Any(text) => format!("any word of: {text}"),
    }
}

fn prefix(field: TextField) -> &'static str {
    match field {
        TextField::Any => "",
        TextField::Title => "title:",
        TextField::Body => "body:",
    }
}
