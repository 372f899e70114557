//! The query string that a next link repeats.

use crate::checked::Checked;
use crate::parse::expand::Levels;
use crate::percent::encode;

impl Checked {
    /// The options without `$skiptoken` and `$deltatoken`, as a query string, always the same for
    /// the same query: what a next link repeats and what its token is bound to.
    pub fn canonical(&self) -> String {
        let mut out = String::new();
        if let Some(selection) = &self.select {
            option(&mut out, "$select");
            selection.canonical(&mut out);
        }
        if let Some(text) = &self.filter_text {
            option(&mut out, "$filter");
            encode(&mut out, text);
        }
        if let Some(text) = &self.search_text {
            option(&mut out, "$search");
            encode(&mut out, text);
        }
        if !self.order.is_empty() {
            option(&mut out, "$orderby");
        }
        for (at, key) in self.order.iter().enumerate() {
            if at > 0 {
                out.push(',');
            }
            out.push_str(key.property.name());
            if key.descending {
                out.push_str("%20desc");
            }
        }
        if !self.expand.is_empty() {
            option(&mut out, "$expand");
        }
        for (at, expansion) in self.expand.iter().enumerate() {
            if at > 0 {
                out.push(',');
            }
            out.push_str(expansion.navigation.property.name());
            let mut inner = String::new();
            if let Some(selection) = &expansion.select {
                inner.push_str("$select=");
                selection.canonical(&mut inner);
            }
            if let Some(id) = &expansion.id {
                if !inner.is_empty() {
                    inner.push_str("%3B");
                }
                inner.push_str("$filter=");
                encode(&mut inner, &format!("id eq '{}'", id.replace('\'', "''")));
            }
            if let Some(levels) = expansion.levels {
                if !inner.is_empty() {
                    inner.push_str("%3B");
                }
                inner.push_str("$levels=");
                match levels {
                    Levels::Number(number) => inner.push_str(&number.to_string()),
                    Levels::Max => inner.push_str("max"),
                }
            }
            if !inner.is_empty() {
                out.push('(');
                out.push_str(&inner);
                out.push(')');
            }
        }
        if self.count {
            option(&mut out, "$count");
            out.push_str("true");
        }
        if let Some(top) = self.top {
            option(&mut out, "$top");
            out.push_str(&top.to_string());
        }
        if self.explain {
            option(&mut out, "$explain");
            out.push_str("true");
        }
        out
    }
}

/// The name of the next option, and what stands between two.
fn option(out: &mut String, name: &str) {
    if !out.is_empty() {
        out.push('&');
    }
    out.push_str(name);
    out.push('=');
}
