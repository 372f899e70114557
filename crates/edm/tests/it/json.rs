use edm::JsonErrorKind::{self, Duplicate, Empty, NotAnObject, Syntax, TooDeep, TooLong};
use edm::json::{MAX_BYTES, MAX_DEPTH, parse};

#[test]
fn accepted() {
    for text in [
        "{}",
        " \r\n\t{ } ",
        r#"{"b":1,"a":[null,true,-1.5e3,"\u00e9\ud83d\ude00"]}"#,
        // One name in two objects is no duplicate.
        r#"{"a":{"x":1},"b":{"x":1},"c":[{"x":1},{"x":1}]}"#,
        // Beyond ASCII, case is left alone.
        r#"{"é":1,"É":2}"#,
        "\u{feff}{}",
    ] {
        parse(text.as_bytes()).unwrap_or_else(|error| panic!("{text}: {error}"));
    }
}

#[test]
fn members_keep_their_order() {
    assert_eq!(
        parse(br#"{"b":1,"a":2}"#).unwrap().to_string(),
        r#"{"b":1,"a":2}"#
    );
}

fn check(text: &str, kind: JsonErrorKind, line: usize, column: usize, offset: usize) {
    let error = parse(text.as_bytes()).expect_err(text);
    assert_eq!(
        (error.kind, error.line, error.column, error.offset),
        (kind, line, column, offset),
        "{text}"
    );
}

#[test]
fn refused() {
    let duplicate = |name: &str| Duplicate(name.to_owned());
    check("", Empty, 1, 1, 0);
    check(" \n\t", Empty, 1, 1, 0);
    check("[]", NotAnObject, 1, 1, 0);
    check("\n null", NotAnObject, 2, 2, 2);
    check("\"x\"", NotAnObject, 1, 1, 0);
    check("{", Syntax, 1, 1, 0);
    check("{\"a\":}", Syntax, 1, 6, 5);
    check("{\"a\":1,}", Syntax, 1, 8, 7);
    check("{'a':1}", Syntax, 1, 2, 1);
    check("{\n  \"a\": nul\n}", Syntax, 2, 11, 12);
    check("{} {}", Syntax, 1, 4, 3);
    check("{\"a\":NaN}", Syntax, 1, 6, 5);
    check("{\"a\":01}", Syntax, 1, 7, 6);
    check("\u{feff}{,}", Syntax, 1, 5, 4);
    check(r#"{"a":1,"a":2}"#, duplicate("a"), 1, 10, 9);
    check(
        r#"{"displayName":1,"DisplayName":2}"#,
        duplicate("DisplayName"),
        1,
        30,
        29,
    );
    check(r#"{"a":[{"x":1,"X":2}]}"#, duplicate("X"), 1, 16, 15);
    check(r#"{"a":1,"\u0061":2}"#, duplicate("a"), 1, 15, 14);
}

#[test]
fn not_utf8_and_lone_surrogates() {
    assert_eq!(parse(b"{\"a\":\"\xff\"}").unwrap_err().kind, Syntax);
    assert_eq!(parse(br#"{"a":"\ud800"}"#).unwrap_err().kind, Syntax);
}

#[test]
fn depth() {
    let nested = |levels: usize| {
        format!(
            "{}{}",
            "{\"a\":".repeat(levels - 1) + "{",
            "}".repeat(levels)
        )
    };
    parse(nested(MAX_DEPTH).as_bytes()).unwrap();
    let error = parse(nested(MAX_DEPTH + 1).as_bytes()).unwrap_err();
    assert_eq!((error.kind, error.offset), (TooDeep, 5 * MAX_DEPTH));
    // A million brackets: answered before anything recurses.
    assert_eq!(
        parse("[".repeat(1_000_000).as_bytes()).unwrap_err().kind,
        TooDeep
    );
    // Brackets in strings nest nothing.
    let quoted = format!(r#"{{"a":"{}\"{}"}}"#, "[".repeat(100), "{".repeat(100));
    parse(quoted.as_bytes()).unwrap();
}

#[test]
fn length() {
    let body = |padding: usize| format!("{{}}{}", " ".repeat(padding));
    parse(body(MAX_BYTES - 2).as_bytes()).unwrap();
    assert_eq!(
        parse(body(MAX_BYTES - 1).as_bytes()).unwrap_err().kind,
        TooLong
    );
}
