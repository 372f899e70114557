//! Just enough XML for CSDL: tags with attributes, checked to nest.

/// One element with its attributes and the path of elements around it.
#[derive(Clone, Debug)]
pub(crate) struct Element {
    pub(crate) name: String,
    attributes: Vec<(String, String)>,
    /// Index of the element around it.
    pub(crate) parent: Option<usize>,
}

impl Element {
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, value)| value.as_str())
    }
}

/// All elements in document order. Fails on tags that do not nest and on attributes that are not
/// quoted.
pub(crate) fn elements(text: &str) -> Vec<Element> {
    let mut found: Vec<Element> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    for chunk in text.split('<').skip(1) {
        let (tag, after) = chunk.split_once('>').expect("a tag that ends");
        assert!(!after.contains('&') || after.contains(';'), "{after}");
        if tag.starts_with('?') || tag.starts_with('!') {
            continue;
        }
        if let Some(name) = tag.strip_prefix('/') {
            let at = open.pop().expect("an open element");
            assert_eq!(found[at].name, name.trim());
            continue;
        }
        let (tag, empty) = tag
            .strip_suffix('/')
            .map_or((tag, false), |tag| (tag, true));
        let (name, mut rest) = tag.split_once(char::is_whitespace).unwrap_or((tag, ""));
        let mut attributes = Vec::new();
        while !rest.trim().is_empty() {
            let (key, value) = rest.split_once('=').expect("an attribute");
            let quote = value
                .chars()
                .next()
                .filter(|c| "\"'".contains(*c))
                .expect("a quote");
            let (value, left) = value[1..].split_once(quote).expect("a closing quote");
            assert!(
                value.split('&').skip(1).all(|entity| entity.contains(';')),
                "{value}"
            );
            attributes.push((key.trim().to_owned(), value.to_owned()));
            rest = left;
        }
        found.push(Element {
            name: name.to_owned(),
            attributes,
            parent: open.last().copied(),
        });
        if !empty {
            open.push(found.len() - 1);
        }
    }
    assert!(open.is_empty(), "an element left open");
    found
}

/// The children with that tag of the element with that tag and `Name`.
pub(crate) fn children<'a>(
    all: &'a [Element],
    parent: (&str, &str),
    tag: &str,
) -> Option<Vec<&'a Element>> {
    let at = all
        .iter()
        .position(|e| e.name == parent.0 && e.get("Name") == Some(parent.1))?;
    Some(
        all.iter()
            .filter(|e| e.parent == Some(at) && e.name == tag)
            .collect(),
    )
}
