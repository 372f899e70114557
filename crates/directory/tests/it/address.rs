//! No character of Unicode reaches the mailbox of an ASCII address (T-55).

use directory::address::{Address, LocalParts};
use icu_casemap::CaseMapper;
use icu_normalizer::ComposingNormalizerBorrowed;

/// Every ASCII text that some mapping makes of one non-ASCII character.
fn ascii_forms(c: char) -> Vec<String> {
    let one = c.to_string();
    let mapper = CaseMapper::new();
    let nfkc = ComposingNormalizerBorrowed::new_nfkc();
    let folded = mapper.fold_string(&one).into_owned();
    let forms = [
        one.to_lowercase(),
        one.to_uppercase(),
        nfkc.normalize(&one).into_owned(),
        nfkc.normalize(&folded).into_owned(),
        mapper.fold_string(&nfkc.normalize(&one)).into_owned(),
        folded,
    ];
    let mut forms: Vec<String> = forms
        .into_iter()
        .filter(|form| !form.is_empty() && form.is_ascii())
        .collect();
    forms.sort();
    forms.dedup();
    forms
}

#[test]
fn no_character_reaches_the_key_of_an_ascii_address() {
    const POSITIONS: [&str; 4] = [
        "{}am@fabrikam.example",
        "sa{}@fabrikam.example",
        "sam@fabri{}am.example",
        "sam@fabrikam.e{}ample",
    ];
    let mut twins = 0;
    for c in ('\u{80}'..=char::MAX).filter(|c| !c.is_ascii()) {
        let forms = ascii_forms(c);
        twins += usize::from(!forms.is_empty());
        for (position, form) in POSITIONS
            .iter()
            .flat_map(|position| forms.iter().map(move |form| (position, form)))
        {
            for locals in [LocalParts::Ascii, LocalParts::Utf8] {
                let victim = Address::parse(&position.replace("{}", form), locals);
                let twin = Address::parse(&position.replace("{}", &c.to_string()), locals);
                let (Ok(victim), Ok(twin)) = (victim, twin) else {
                    continue;
                };
                assert_ne!(
                    victim.key(),
                    twin.key(),
                    "U+{:04X} as {form:?} in {position}",
                    u32::from(c)
                );
            }
        }
    }
    // There are 1,320 of them; another version of Unicode may have some more.
    assert!(
        twins >= 1_300,
        "only {twins} code points found: the mappings are not what they were"
    );
}

#[test]
fn the_famous_twins_are_other_people_or_nobody() {
    for (victim, twin) in [
        ("mike@fabrikam.example", "mıke@fabrikam.example"),
        ("mike@fabrikam.example", "mi\u{212a}e@fabrikam.example"),
        ("sam@fabrikam.example", "ſam@fabrikam.example"),
        ("fin@fabrikam.example", "ﬁn@fabrikam.example"),
        ("strasse@fabrikam.example", "straße@fabrikam.example"),
        ("sam@fabrikam.example", "sam\u{ff20}fabrikam.example"),
        ("sam@strasse.example", "sam@straße.example"),
        ("sam@fabrikam.example", "sam@fabr\u{131}kam.example"),
        ("sam@fabrikam.example", "sam@\u{ff46}abrikam.example"),
    ] {
        for locals in [LocalParts::Ascii, LocalParts::Utf8] {
            let key = |text| Address::parse(text, locals).map(|address| address.key().to_owned());
            assert_ne!(key(victim), key(twin), "{twin}");
            assert!(key(victim).is_ok(), "{victim}");
        }
    }
}
