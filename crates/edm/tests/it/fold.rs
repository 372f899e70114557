use edm::fold::display;

#[test]
fn folded_alike() {
    for (a, b) in [
        ("Adele Vance", "ADELE vance"),
        ("Straße", "STRASSE"),
        ("Ångström", "A\u{30a}ngstro\u{308}m"),
        ("\u{212b}", "å"),
        ("ΣΊΣΥΦΟΣ", "Σίσυφος"),
        ("ﬁn", "FIN"),
        ("\u{212a}elvin", "kelvin"),
        ("J\u{30c}", "\u{1f0}"),
    ] {
        assert_eq!(display(a), display(b), "{a} {b}");
    }
}

/// Full folding takes this letter apart; the key must hold it together, as every other key is
/// composed.
#[test]
fn composed_at_the_end() {
    assert_eq!(display("\u{1f0}"), "\u{1f0}");
}

#[test]
fn kept_apart() {
    // Compatibility forms and accents are different letters, and the dotted I does not become
    // Turkish.
    for (a, b) in [
        ("é", "e"),
        ("Ａ", "A"),
        ("ı", "i"),
        ("İ", "i"),
        ("²", "2"),
        ("a ", "a"),
    ] {
        assert_ne!(display(a), display(b), "{a} {b}");
    }
}

#[test]
fn folding_again_changes_nothing() {
    for text in [
        "Straße",
        "\u{1f0}",
        "ΐ",
        "İstanbul",
        "ᾳ",
        "ŉ",
        "e\u{301}\u{323}",
        "한국어",
        "",
    ] {
        assert_eq!(display(&display(text)), display(text), "{text}");
    }
}

#[test]
fn ordered() {
    let texts = ["", " ", "Adele", "adele v", "Bob", "Zoe", "Ähre"];
    let folded = texts.map(display);
    assert!(folded.is_sorted(), "{folded:?}");
    assert_eq!(display("Ab"), "ab");
}
