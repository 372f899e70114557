use edm::Version::{self, Beta, V1};
use odata::SyntaxErrorKind::{
    self, Duplicate, Escape, NotText, TooLong, TooManyItems, TooManyOptions, UnknownOption,
};
use odata::{OptionName, limits, parse};

#[test]
fn accepted() {
    for query in [
        "",
        "&&",
        "=",
        "$select=id",
        "%24select=id&$TOP=5",
        "$SELECT=id,%20displayName+,%09mail",
        "$select=",
        "$select=*",
        "$select",
        // Options of others are passed over, whatever they hold.
        "api-version=1.6&client-request-id=%zz&x",
        "select=id&select=id",
        "$select=microsoft.graph.user/displayName,employeeOrgData/division",
        "$select=extension_0123456789abcdef0123456789abcdef_skype-name",
        "$select=\u{f8}l",
    ] {
        parse(query, V1).unwrap_or_else(|error| panic!("{query}: {error}"));
    }
    parse("select=id&top=5", Beta).unwrap();
}

fn check(
    query: &str,
    version: Version,
    option: Option<OptionName>,
    offset: usize,
    kind: SyntaxErrorKind,
) {
    let error = parse(query, version).expect_err(query);
    assert_eq!(
        (error.option, error.offset, error.kind),
        (option, offset, kind),
        "{query}"
    );
}

#[test]
fn refused() {
    let select = Some(OptionName::Select);
    let top = Some(OptionName::Top);
    check("$top=5&$top=6", V1, top, 7, Duplicate(OptionName::Top));
    check(
        "$top=5&a=b&%24TOP=5",
        V1,
        top,
        11,
        Duplicate(OptionName::Top),
    );
    check("$top=5&top=6", Beta, top, 7, Duplicate(OptionName::Top));
    check(
        "select=id&select=id",
        Beta,
        select,
        10,
        Duplicate(OptionName::Select),
    );
    check(
        "$selekt=id",
        V1,
        None,
        0,
        UnknownOption("$selekt".to_owned()),
    );
    check("a=1&%24=x", V1, None, 4, UnknownOption("$".to_owned()));
    check("$top=%", V1, top, 5, Escape);
    check("$top=%4", V1, top, 5, Escape);
    check("$top=%+1", V1, top, 5, Escape);
    check("a%zz=1", V1, None, 1, Escape);
    check("$top=1%ff", V1, top, 6, NotText);
    check(
        "$skiptoken=a%00b",
        V1,
        Some(OptionName::SkipToken),
        12,
        NotText,
    );
}

#[test]
fn select_terms() {
    let term = |query: &str, offset: usize, term: &str| {
        let kind = SyntaxErrorKind::Select {
            term: term.to_owned(),
        };
        check(query, V1, Some(OptionName::Select), offset, kind);
    };
    term("$select=id,", 11, "");
    term("$select=,id", 8, "");
    term("$select=id,,mail", 11, "");
    term("$select=id%2C%20%2Cmail", 16, "");
    term("$select=display%20Name", 8, "display Name");
    term("a=b&$select=id,+1name", 16, "1name");
    term("$select=id,%e2%82%ac", 11, "€");
    term("$select=a//b", 8, "a//b");
    term("$select=/a", 8, "/a");
    term("$select=a/", 8, "a/");
    term("$select=a..b", 8, "a..b");
    term("$select=manager($select=id)", 8, "manager($select=id)");
    term("$select=id;mail", 8, "id;mail");
    term("$select=**", 8, "**");
    term("$select='id'", 8, "'id'");
    term("$select=a/b/c/d/e/f/g/h/i", 8, "a/b/c/d/e/f/g/h/i");
}

#[test]
fn bounds() {
    let long = |length: usize| format!("a={}", "x".repeat(length - 2));
    parse(&long(limits::QUERY_BYTES), V1).unwrap();
    check(
        &long(limits::QUERY_BYTES + 1),
        V1,
        None,
        limits::QUERY_BYTES,
        TooLong,
    );

    let options = |count: usize| vec!["a=b"; count].join("&");
    parse(&options(limits::OPTIONS), V1).unwrap();
    check(
        &options(limits::OPTIONS + 1),
        V1,
        None,
        4 * limits::OPTIONS,
        TooManyOptions,
    );

    let items = |count: usize| format!("$select={}", vec!["id"; count].join(","));
    parse(&items(limits::SELECT_ITEMS), V1).unwrap();
    let select = Some(OptionName::Select);
    check(
        &items(limits::SELECT_ITEMS + 1),
        V1,
        select,
        8 + 3 * limits::SELECT_ITEMS,
        TooManyItems,
    );

    let name = |length: usize| format!("$select={}", "n".repeat(length));
    parse(&name(limits::NAME_CHARS), V1).unwrap();
    parse(&name(limits::NAME_CHARS + 1), V1).unwrap_err();
}

/// The kind, and how far into the value of the option it is.
fn faulty(option: &str, value: &str, offset: usize, kind: &str) {
    let query = format!("{option}={value}");
    let error = parse(&query, V1).expect_err(&query);
    let found = (error.offset - option.len() - 1, error.kind.to_string());
    assert_eq!(found, (offset, kind.to_owned()), "{query}");
    assert_eq!(error.option.map(OptionName::as_str), Some(option));
}

#[test]
fn conditions() {
    let check = |value: &str, offset, kind: &str| faulty("$filter", value, offset, kind);
    check("", 0, "expected a condition or a value");
    check("city eq", 7, "expected a condition or a value");
    check("city eq 'x", 8, "not closed");
    check("city%20eq%20'%C3%B8x", 12, "not closed");
    check("city eq %27O'Neil'", 17, "not closed");
    check("city eq 'x' 'y'", 12, "expected an operator or the end");
    check("city is 'x'", 5, "expected an operator or the end");
    check(
        "(city eq 'x'",
        12,
        "expected an operator or a closing parenthesis",
    );
    check("city eq 'x')", 11, "expected an operator or the end");
    check("()", 1, "expected a condition or a value");
    check(
        "city in ('x'",
        12,
        "expected a comma or a closing parenthesis",
    );
    check("city in ('x',)", 13, "expected a condition or a value");
    check(
        "a/any(x x eq 1)",
        8,
        "expected a colon after the range variable",
    );
    check("a/any(1:x)", 6, "expected a range variable");
    check("a/all()", 6, "expected a range variable");
    check("a//b", 2, "expected a name after the slash");
    check(
        "a eq 1and b eq 2",
        5,
        "expected a space after a number, a date or a time",
    );
    check("a eq 1.", 5, "expected a number");
    check("a eq %23", 5, "expected a name or a value");
    check("a eq {1:2}", 6, "expected the name of a member");
    check(
        "a eq {\"b\" 2}",
        10,
        "expected a colon after the name of a member",
    );
    check("a eq \"b\\x\"", 7, "expected an escape of JSON");
    check("a eq [1", 7, "expected a comma or a closing bracket");
    check("case(a)", 6, "expected a colon after the condition");
}

#[test]
fn other_options() {
    faulty("$orderby", "", 0, "expected a condition or a value");
    faulty("$orderby", "city up", 5, "expected asc or desc");
    faulty("$orderby", "city desc desc", 10, "expected a comma");
    faulty("$orderby", "city,", 5, "expected a condition or a value");
    faulty("$search", "", 0, "expected a clause of the search");
    faulty("$search", "\"a:b", 0, "not closed");
    faulty(
        "$search",
        "\"a:b\" AND",
        9,
        "expected a clause of the search",
    );
    faulty(
        "$search",
        "OR \"a:b\"",
        0,
        "expected a clause of the search",
    );
    faulty("$search", "(\"a:b\"", 6, "expected a closing parenthesis");
    faulty("$search", "\"a:b\")", 5, "expected an operator or the end");
    faulty(
        "$expand",
        "manager($levels=0)",
        16,
        "expected a number of levels or max",
    );
    faulty("$expand", "manager($levels=2", 7, "not closed");
    faulty("$expand", "manager(x)", 8, "expected an option");
    faulty("$expand", "manager($nope=1)", 8, "unknown option \"$nope\"");
    faulty(
        "$expand",
        "manager($select=id;$select=id)",
        19,
        "duplicate option $select",
    );
    faulty("$expand", "manager)", 7, "expected an option");
    faulty(
        "$expand",
        "manager($select=id)x",
        20,
        "expected a closing parenthesis",
    );
    faulty(
        "$expand",
        "manager($select=i d)",
        16,
        "term \"i d\" is not valid in $select",
    );
    faulty(
        "$expand",
        "man ager",
        0,
        "term \"man ager\" is not valid in $select",
    );
    faulty("$expand", "", 0, "term \"\" is not valid in $select");
}

#[test]
fn bounds_of_conditions() {
    let check = |value: String, offset, kind: &str| faulty("$filter", &value, offset, kind);
    let filter = |value: &str| parse(&format!("$filter={value}"), V1).map(|_| ());
    let nested = |depth: usize| format!("{}true{}", "(".repeat(depth), ")".repeat(depth));
    filter(&nested(limits::NESTING)).unwrap();
    check(
        nested(limits::NESTING + 1),
        limits::NESTING,
        "nested too deeply",
    );
    check("not ".repeat(500), 4 * limits::NESTING, "nested too deeply");
    let terms = |count: usize| vec!["a"; count].join(" or ");
    filter(&terms(limits::TERMS + 1)).unwrap();
    check(
        terms(limits::TERMS + 2),
        5 * limits::TERMS + 2,
        "too many terms",
    );
    let items = |count: usize| format!("a in ({})", vec!["1"; count].join(","));
    filter(&items(limits::LIST_ITEMS)).unwrap();
    check(items(limits::LIST_ITEMS + 1), 2, "too many items");
    let text = |length: usize| format!("a eq '{}'", "x".repeat(length));
    filter(&text(limits::TEXT_CHARS)).unwrap();
    check(text(limits::TEXT_CHARS + 1), 5, "text too long");
    check("n".repeat(limits::NAME_CHARS + 1), 0, "name too long");
    let keys = |count: usize| vec!["a"; count].join(",");
    parse(&format!("$orderby={}", keys(limits::ORDER_KEYS)), V1).unwrap();
    faulty(
        "$orderby",
        &keys(limits::ORDER_KEYS + 1),
        2 * limits::ORDER_KEYS + 1,
        "too many items",
    );
    faulty(
        "$expand",
        &keys(limits::EXPANSIONS + 1),
        2 * limits::EXPANSIONS,
        "too many items",
    );
    faulty(
        "$search",
        &vec!["a"; limits::TERMS + 1].join("+"),
        2 * limits::TERMS,
        "too many terms",
    );
    faulty(
        "$search",
        &"(".repeat(3_000),
        limits::NESTING,
        "nested too deeply",
    );
}
