//! The figures as one chart: how far each stands from its aim, readable in both themes.

use std::fmt::Write as _;

/// One bar: a ratio and what it aims at.
#[derive(Clone, Debug)]
pub(super) struct Bar {
    name: &'static str,
    value: f64,
    aim: f64,
    /// Whether more is better.
    more: bool,
}

impl Bar {
    /// At least so much is wanted.
    pub(super) const fn at_least(name: &'static str, value: f64, aim: f64) -> Self {
        Self {
            name,
            value,
            aim,
            more: true,
        }
    }

    /// Less than so much is wanted.
    pub(super) const fn at_most(name: &'static str, value: f64, aim: f64) -> Self {
        Self {
            name,
            value,
            aim,
            more: false,
        }
    }
}

/// Pixels of the names' column, of the bars' column, and of a line.
const NAMES: f64 = 290.0;
const BARS: f64 = 360.0;
const LINE: f64 = 26.0;

/// The chart as SVG. Two panels: cost at 1,000,000 against 10,000 people, and rate against
/// `OpenLDAP`'s.
pub(super) fn draw(bars: &[Bar], machine: &str) -> String {
    let (sizes, rates): (Vec<&Bar>, Vec<&Bar>) = bars.iter().partition(|bar| !bar.more);
    let mut body = String::new();
    let mut y = 28.0;
    for (title, unit, panel) in [
        (
            "Server CPU for a request, 1,000,000 people against 10,000",
            "times",
            sizes,
        ),
        (
            "Rate against OpenLDAP (slapd) with the same million people",
            "times",
            rates,
        ),
    ] {
        if panel.is_empty() {
            continue;
        }
        y = self::panel(&mut body, y, title, unit, &panel) + 18.0;
    }
    // Writing into a String does not fail.
    let _ = write!(
        body,
        "<text x=\"16\" y=\"{:.0}\" class=\"small\">{}; the line marks the aim</text>",
        y,
        escaped(machine)
    );
    let (width, height) = (NAMES + BARS + 190.0, y + 18.0);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" role=\"img\" \
         aria-label=\"Measured ratios and their aims\"><style>\
         svg{{font:14px system-ui,sans-serif;color-scheme:light dark}}\
         text{{fill:#1f2328}}.small{{font-size:12px;fill:#59636e}}.title{{font-weight:600}}\
         .paper{{fill:#fff}}.bar{{fill:#2f6f8f}}.missed{{fill:#b35900}}.aim{{stroke:#1f2328;stroke-width:2}}\
         .axis{{stroke:#d1d9e0}}\
         @media(prefers-color-scheme:dark){{text{{fill:#f0f6fc}}.small{{fill:#9198a1}}.paper{{fill:#0d1117}}\
         .bar{{fill:#58a6c8}}.missed{{fill:#e0913c}}.aim{{stroke:#f0f6fc}}.axis{{stroke:#3d444d}}}}\
         </style><rect class=\"paper\" width=\"100%\" height=\"100%\"/>{body}</svg>\n"
    )
}

/// Draws a panel at `y`; where it ends.
fn panel(out: &mut String, mut y: f64, title: &str, unit: &str, bars: &[&Bar]) -> f64 {
    let most = bars
        .iter()
        .map(|bar| bar.value.max(bar.aim))
        .fold(1.0, f64::max);
    let _ = write!(
        out,
        "<text x=\"16\" y=\"{y:.0}\" class=\"title\">{}</text>",
        escaped(title)
    );
    y += 14.0;
    let top = y;
    for bar in bars {
        let middle = y + LINE / 2.0;
        let length = bar.value / most * BARS;
        let aim = NAMES + bar.aim / most * BARS;
        let held = (bar.value >= bar.aim) == bar.more;
        let class = if held { "bar" } else { "bar missed" };
        let said = if held { "" } else { ", missed" };
        let _ = write!(
            out,
            "<text x=\"16\" y=\"{text:.0}\">{name}</text>\
             <rect class=\"{class}\" x=\"{NAMES:.0}\" y=\"{bar_y:.1}\" width=\"{length:.1}\" height=\"16\" rx=\"2\"/>\
             <line class=\"aim\" x1=\"{aim:.1}\" x2=\"{aim:.1}\" y1=\"{bar_y:.1}\" y2=\"{bar_end:.1}\"/>\
             <text x=\"{after:.1}\" y=\"{text:.0}\" class=\"small\">{value:.1} {unit} (aim {sign} {aim_value}{said})</text>",
            text = middle + 5.0,
            name = escaped(bar.name),
            bar_y = middle - 8.0,
            bar_end = middle + 8.0,
            after = NAMES + length.max(bar.aim / most * BARS) + 8.0,
            value = bar.value,
            sign = if bar.more { "≥" } else { "&lt;" },
            aim_value = bar.aim,
        );
        y += LINE;
    }
    let _ = write!(
        out,
        "<line class=\"axis\" x1=\"{NAMES:.0}\" x2=\"{NAMES:.0}\" y1=\"{top:.0}\" y2=\"{y:.0}\"/>"
    );
    y + 14.0
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::{Bar, draw};

    #[test]
    fn a_missed_aim_is_said_in_words_too() {
        let held = draw(&[Bar::at_least("bulk load", 6.0, 5.0)], "2 cores");
        let missed = draw(&[Bar::at_least("bulk load", 4.0, 5.0)], "2 cores");
        assert!(!held.contains("missed)") && missed.contains("missed)"));
        let late = draw(&[Bar::at_most("$count", 3.0, 2.0)], "2 cores");
        assert!(late.contains("missed)"));
    }
}
