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
        "$filter=%zz".replace("%zz", "%27").as_str(),
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
    check("$top=5&$top=6", V1, top, 7, Duplicate);
    check("$top=5&a=b&%24TOP=5", V1, top, 11, Duplicate);
    check("$top=5&top=6", Beta, top, 7, Duplicate);
    check("select=id&select=id", Beta, select, 10, Duplicate);
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
