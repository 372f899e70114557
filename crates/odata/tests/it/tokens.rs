use odata::tokens;

fn check(text: &str, expected: &[&str]) {
    assert_eq!(tokens(text), expected, "{text}");
}

#[test]
fn documented() {
    check("hello world", &["hello", "world"]);
    check("HelloWorld", &["hello", "world"]);
    check("HELLOworld", &["helloworld"]);
    check("hello123world", &["hello", "123", "world"]);
    check("hello.world", &["hello", ".", "world", "helloworld"]);
}

#[test]
fn borders() {
    check("", &[]);
    check(" \t\u{a0}", &[]);
    check("a a A", &["a"]);
    check(
        "O'Neil-Smith",
        &["o", "'", "neil", "-", "smith", "oneilsmith"],
    );
    check("(Sales) EMEA", &["(", "sales", ")", "emea"]);
    check("...", &["."]);
    check("a.b c.d", &["a", ".", "b", "ab", "c", "d", "cd"]);
    check("iPhone15Pro", &["i", "phone", "15", "pro"]);
    check("X1", &["x", "1"]);
}

#[test]
fn beyond_ascii() {
    check("Straße", &["strasse"]);
    check("ÅsaØrsted", &["åsa", "ørsted"]);
    // Composed or not, it is the same text.
    assert_eq!(tokens("Jose\u{301} A\u{30a}sa"), tokens("José Åsa"));
    check("ΣΊΣΥΦΟΣ σίσυφος", &["σίσυφοσ"]);
    check("山田太郎", &["山田太郎"]);
    check("٣cats", &["٣", "cats"]);
}
