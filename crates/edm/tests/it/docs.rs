use std::path::Path;

#[test]
fn the_property_page_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/properties.md");
    let page = edm::docs::properties_markdown();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &page).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap();
    assert!(
        found == page,
        "docs/properties.md is not current: run UPDATE_DOCS=1 cargo test -p edm"
    );
}

#[test]
fn every_property_is_on_the_page() {
    let page = edm::docs::properties_markdown();
    for property in edm::user::TYPE
        .properties
        .iter()
        .chain(edm::invitation::TYPE.properties)
    {
        assert!(
            page.contains(&format!("| `{}` |", property.name())),
            "{}",
            property.name()
        );
    }
    // Every row of a table has as many cells as its head.
    let mut cells = 0;
    for line in page.lines() {
        let now = line.replace("\\|", "").matches('|').count();
        assert!(now == 0 || cells == 0 || now == cells, "{line}");
        cells = now;
    }
}
