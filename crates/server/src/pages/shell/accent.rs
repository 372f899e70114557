//! A tenant's accent colour, made readable in both themes.
//!
//! The colour a tenant picks is a wish: where it would not reach 4.5:1 it is darkened (light theme)
//! or lightened (dark theme) until it does, keeping its hue. The stylesheet depends on nothing but
//! the colour, so its address is the colour, and it can be cached for ever.

/// Contrast that text needs (WCAG 2.2, 1.4.3).
const READABLE: f64 = 4.5;

/// Paper of the light theme with the least contrast to a dark accent: `--ground` in the stylesheet.
const LIGHT_GROUND: Colour = Colour {
    red: 0xf4,
    green: 0xf2,
    blue: 0xed,
};

/// Paper of the dark theme with the least contrast to a light accent: `--tint` in the stylesheet.
const DARK_GROUND: Colour = Colour {
    red: 0x23,
    green: 0x2c,
    blue: 0x2a,
};

/// Text on an accent in the dark theme.
const INK: Colour = Colour {
    red: 0x10,
    green: 0x15,
    blue: 0x14,
};

/// Text on an accent in the light theme.
const WHITE: Colour = Colour {
    red: 0xff,
    green: 0xff,
    blue: 0xff,
};

/// Steps from a colour to white or black. 64 is finer than the eye, and bounds the work.
const STEPS: u16 = 64;

/// An sRGB colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colour {
    red: u8,
    green: u8,
    blue: u8,
}

impl Colour {
    /// Reads `rrggbb` with or without `#`, caseless; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#').unwrap_or(text);
        if digits.len() != 6 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        let [_, red, green, blue] = u32::from_str_radix(digits, 16).ok()?.to_be_bytes();
        Some(Self { red, green, blue })
    }

    /// Six lower-case hexadecimal digits.
    pub fn hex(self) -> String {
        format!("{:02x}{:02x}{:02x}", self.red, self.green, self.blue)
    }

    /// Relative luminance, 0 to 1 (WCAG 2.2).
    fn luminance(self) -> f64 {
        let channel = |value: u8| {
            let value = f64::from(value) / 255.0;
            if value <= 0.040_45 {
                value / 12.92
            } else {
                ((value + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * channel(self.red) + 0.7152 * channel(self.green) + 0.0722 * channel(self.blue)
    }

    /// Contrast of two colours, 1 to 21.
    fn contrast(self, other: Self) -> f64 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// `step` of [`STEPS`] on the way to `other`.
    fn towards(self, other: Self, step: u16) -> Self {
        let mix = |from: u8, to: u8| {
            let sum = u32::from(from) * u32::from(STEPS - step) + u32::from(to) * u32::from(step);
            u8::try_from(sum / u32::from(STEPS)).unwrap_or(u8::MAX)
        };
        Self {
            red: mix(self.red, other.red),
            green: mix(self.green, other.green),
            blue: mix(self.blue, other.blue),
        }
    }

    /// The nearest colour on the way to `end` that is readable against both grounds; `end` itself
    /// is.
    fn readable(self, end: Self, grounds: [Self; 2]) -> Self {
        (0..=STEPS)
            .map(|step| self.towards(end, step))
            .find(|colour| {
                grounds
                    .iter()
                    .all(|ground| colour.contrast(*ground) >= READABLE)
            })
            .unwrap_or(end)
    }
}

impl Colour {
    /// `#rrggbb` as it can be read in the light theme, and in the dark one.
    pub fn for_both_themes(self) -> [String; 2] {
        let black = Self {
            red: 0,
            green: 0,
            blue: 0,
        };
        let light = self.readable(black, [LIGHT_GROUND, WHITE]);
        let dark = self.readable(WHITE, [DARK_GROUND, INK]);
        [light, dark].map(|colour| format!("#{}", colour.hex()))
    }
}

/// The stylesheet that replaces the accent in both themes.
pub(in crate::pages) fn stylesheet(wish: Colour) -> String {
    let [light, dark] = wish.for_both_themes();
    format!(
        ":root {{\n  --accent: {light};\n  --on-accent: #{white};\n}}\n\n\
         @media (prefers-color-scheme: dark) {{\n  :root {{\n    --accent: {dark};\n    --on-accent: #{ink};\n  }}\n}}\n",
        white = WHITE.hex(),
        ink = INK.hex(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_six_digits_are_a_colour() {
        let check = |text, expected: Option<&str>| {
            assert_eq!(
                Colour::parse(text).map(Colour::hex).as_deref(),
                expected,
                "{text}"
            );
        };
        check("#1F6FEB", Some("1f6feb"));
        check("1f6feb", Some("1f6feb"));
        check("#fff", None);
        check("#1f6feb;}", None);
        check("+1f6fe", None);
        check("", None);
    }

    #[test]
    fn every_wish_becomes_readable_in_both_themes() {
        let white = Colour::parse("ffffff").unwrap();
        for wish in [
            "ffffff", "000000", "ffff00", "1f6feb", "808080", "ff0000", "00ffff", "0f5f4b",
        ] {
            let sheet = stylesheet(Colour::parse(wish).unwrap());
            let accents: Vec<Colour> = sheet
                .split("--accent: #")
                .skip(1)
                .map(|rest| Colour::parse(&rest[..6]).unwrap())
                .collect();
            assert_eq!(accents.len(), 2, "{wish}");
            for (colour, ground) in [
                (accents[0], LIGHT_GROUND),
                (accents[0], white),
                (accents[1], DARK_GROUND),
                (accents[1], INK),
            ] {
                assert!(
                    colour.contrast(ground) >= READABLE,
                    "{wish}: {colour:?} on {ground:?}"
                );
            }
        }
    }

    #[test]
    fn a_readable_wish_is_kept() {
        assert!(stylesheet(Colour::parse("0f5f4b").unwrap()).contains("--accent: #0f5f4b"));
    }

    #[test]
    fn the_grounds_are_those_of_the_stylesheet() {
        let css = include_str!("assets/shared.css");
        for (name, colour) in [("--ground", LIGHT_GROUND), ("--tint", DARK_GROUND)] {
            assert!(
                css.contains(&format!("{name}: #{};", colour.hex())),
                "{name}"
            );
        }
    }

    /// Every pair of text and ground that the stylesheet puts together, in both themes.
    #[test]
    fn the_stylesheet_keeps_its_contrast() {
        let css = include_str!("assets/shared.css");
        let (light, dark) = css.split_once("prefers-color-scheme: dark").unwrap();
        for theme in [light, dark] {
            let get = |name: &str| {
                let (_, rest) = theme.split_once(&format!("--{name}: #")).unwrap();
                Colour::parse(&rest[..6]).unwrap()
            };
            for (text, ground) in [
                ("text", "ground"),
                ("text", "sheet"),
                ("text", "tint"),
                ("soft", "ground"),
                ("soft", "sheet"),
                ("soft", "tint"),
                ("accent", "sheet"),
                ("accent", "ground"),
                ("on-accent", "accent"),
                ("wrong", "wrong-tint"),
                ("wrong", "sheet"),
            ] {
                let ratio = get(text).contrast(get(ground));
                assert!(ratio >= READABLE, "--{text} on --{ground}: {ratio:.2}");
            }
            // A field's edge is a part of the interface, not text (WCAG 2.2, 1.4.11).
            assert!(get("edge").contrast(get("sheet")) >= 3.0);
        }
    }
}
