//! A population like a real organisation's, the same for the same seed: names in several scripts,
//! 15 % guests, gaps where people leave fields empty, a manager tree.
//!
//! Person `n` is made from `n` and the seed alone, so that a load generator can name any of them
//! without keeping a list.

use std::fmt::Write as _;

/// Of everything random below: the same people in every run.
const SEED: u64 = 20_261_125;

/// Share of guests, in a hundred.
const GUESTS: u64 = 15;

/// Direct reports of each manager.
const REPORTS: u64 = 8;

/// Spelled, and as an address spells it.
const GIVEN: &[(&str, &str)] = &[
    ("Adele", "adele"),
    ("Alex", "alex"),
    ("Aleksandra", "aleksandra"),
    ("Amélie", "amelie"),
    ("Anna", "anna"),
    ("Ahmed", "ahmed"),
    ("Ayşe", "ayse"),
    ("Bernd", "bernd"),
    ("Björn", "bjorn"),
    ("Carmen", "carmen"),
    ("Chloé", "chloe"),
    ("Christian", "christian"),
    ("Daniel", "daniel"),
    ("Diego", "diego"),
    ("Dmitri", "dmitri"),
    ("Елена", "elena"),
    ("Emma", "emma"),
    ("Eva", "eva"),
    ("Fatima", "fatima"),
    ("François", "francois"),
    ("Grace", "grace"),
    ("Günter", "gunter"),
    ("Hana", "hana"),
    ("Henrik", "henrik"),
    ("花子", "hanako"),
    ("Ingrid", "ingrid"),
    ("Иван", "ivan"),
    ("Isabel", "isabel"),
    ("James", "james"),
    ("Jan", "jan"),
    ("João", "joao"),
    ("Jürgen", "jurgen"),
    ("Karin", "karin"),
    ("Kenji", "kenji"),
    ("Lars", "lars"),
    ("Laura", "laura"),
    ("Łukasz", "lukasz"),
    ("Lynne", "lynne"),
    ("Maria", "maria"),
    ("Megan", "megan"),
    ("Mehmet", "mehmet"),
    ("Miriam", "miriam"),
    ("محمد", "mohammed"),
    ("Nadia", "nadia"),
    ("Nestor", "nestor"),
    ("Noël", "noel"),
    ("Olga", "olga"),
    ("Omar", "omar"),
    ("Patti", "patti"),
    ("Pedro", "pedro"),
    ("Priya", "priya"),
    ("Rania", "rania"),
    ("René", "rene"),
    ("Robert", "robert"),
    ("Sara", "sara"),
    ("Søren", "soren"),
    ("Sofia", "sofia"),
    ("太郎", "taro"),
    ("Thomas", "thomas"),
    ("Ulrike", "ulrike"),
    ("Wei", "wei"),
    ("Yūki", "yuki"),
    ("Zoë", "zoe"),
    ("Željko", "zeljko"),
];

const SURNAMES: &[(&str, &str)] = &[
    ("Abe", "abe"),
    ("Almeida", "almeida"),
    ("Andersson", "andersson"),
    ("Bauer", "bauer"),
    ("Becker", "becker"),
    ("Bianchi", "bianchi"),
    ("Brown", "brown"),
    ("Castro", "castro"),
    ("Çelik", "celik"),
    ("Chen", "chen"),
    ("Cohen", "cohen"),
    ("Dubois", "dubois"),
    ("Díaz", "diaz"),
    ("Eriksson", "eriksson"),
    ("Fernández", "fernandez"),
    ("Fischer", "fischer"),
    ("Garcia", "garcia"),
    ("Gonçalves", "goncalves"),
    ("Haas", "haas"),
    ("Hansen", "hansen"),
    ("Hernández", "hernandez"),
    ("Hoffmann", "hoffmann"),
    ("Иванов", "ivanov"),
    ("Jensen", "jensen"),
    ("Johnson", "johnson"),
    ("Kaya", "kaya"),
    ("Kim", "kim"),
    ("Koch", "koch"),
    ("Kowalski", "kowalski"),
    ("Kumar", "kumar"),
    ("Larsson", "larsson"),
    ("Lee", "lee"),
    ("López", "lopez"),
    ("Martin", "martin"),
    ("Mayer", "mayer"),
    ("Meyer", "meyer"),
    ("Müller", "muller"),
    ("Nakamura", "nakamura"),
    ("Nguyen", "nguyen"),
    ("Nielsen", "nielsen"),
    ("Novák", "novak"),
    ("O'Brien", "obrien"),
    ("Öztürk", "ozturk"),
    ("Patel", "patel"),
    ("Pereira", "pereira"),
    ("Petrov", "petrov"),
    ("Popescu", "popescu"),
    ("Rossi", "rossi"),
    ("Ruiz", "ruiz"),
    ("Sánchez", "sanchez"),
    ("佐藤", "sato"),
    ("Schäfer", "schafer"),
    ("Schmidt", "schmidt"),
    ("Schröder", "schroder"),
    ("Silva", "silva"),
    ("Singh", "singh"),
    ("Smith", "smith"),
    ("Suzuki", "suzuki"),
    ("Tanaka", "tanaka"),
    ("Torres", "torres"),
    ("Vance", "vance"),
    ("Wagner", "wagner"),
    ("Weiß", "weiss"),
    ("Wilber", "wilber"),
    ("Yılmaz", "yilmaz"),
    ("Zając", "zajac"),
    ("Zimmermann", "zimmermann"),
];

const CITIES: &[(&str, &str)] = &[
    ("Berlin", "DE"),
    ("München", "DE"),
    ("Zürich", "CH"),
    ("Paris", "FR"),
    ("Lyon", "FR"),
    ("Madrid", "ES"),
    ("São Paulo", "BR"),
    ("Lisboa", "PT"),
    ("London", "GB"),
    ("Dublin", "IE"),
    ("Kraków", "PL"),
    ("Göteborg", "SE"),
    ("København", "DK"),
    ("İstanbul", "TR"),
    ("Tel Aviv", "IL"),
    ("Pune", "IN"),
    ("東京", "JP"),
    ("Seoul", "KR"),
    ("Redmond", "US"),
    ("New York", "US"),
    ("Toronto", "CA"),
    ("Sydney", "AU"),
];

const JOBS: &[&str] = &[
    "Accountant",
    "Analyst",
    "Architect",
    "Assistant",
    "Auditor",
    "Buyer",
    "Consultant",
    "Controller",
    "Counsel",
    "Data Engineer",
    "Designer",
    "Developer",
    "Director",
    "Driver",
    "Editor",
    "Electrician",
    "Engineer",
    "Inspector",
    "Instructor",
    "Librarian",
    "Logistics Planner",
    "Machinist",
    "Manager",
    "Marketing Manager",
    "Nurse",
    "Operator",
    "Paralegal",
    "Planner",
    "Product Owner",
    "Recruiter",
    "Researcher",
    "Retail Manager",
    "Sales Rep.",
    "Scientist",
    "Secretary",
    "Support Engineer",
    "Technician",
    "Tester",
    "Trainer",
    "Writer",
];

/// Departments: `departments()` of them, of unequal size.
const AREAS: &[&str] = &[
    "Finance",
    "Sales",
    "Legal",
    "Research",
    "Service",
    "Production",
    "Logistics",
    "Marketing",
    "People",
    "IT",
];
const SITES: u64 = 20;

/// A person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Person {
    /// Which one, from 0.
    pub(crate) number: u64,
    /// `givenName`
    pub(crate) given: &'static str,
    /// `surname`
    pub(crate) surname: &'static str,
    /// `displayName`
    pub(crate) display: String,
    /// Local part of name and address: unique.
    pub(crate) local: String,
    /// `department`
    pub(crate) department: Option<String>,
    /// `jobTitle`
    pub(crate) job: Option<&'static str>,
    /// `city`, and the country's code.
    pub(crate) place: Option<(&'static str, &'static str)>,
    /// `mobilePhone`
    pub(crate) mobile: Option<String>,
    /// `accountEnabled`
    pub(crate) enabled: bool,
    /// Not one of the organisation.
    pub(crate) guest: bool,
}

/// The generator's chance: one step of `SplitMix64`, whose output for neighbouring inputs is
/// unrelated.
pub(super) fn mixed(number: u64, salt: u64) -> u64 {
    let mut z = SEED
        .wrapping_add(number.wrapping_mul(0x9E37_79B9_7F4A_7C15))
        .wrapping_add(salt.wrapping_mul(0xD1B5_4A32_D192_ED03));
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

fn pick<T: Copy>(from: &[T], chance: u64) -> T {
    let at = usize::try_from(chance % from.len() as u64).unwrap_or(0);
    from[at]
}

impl Person {
    /// Person `number`.
    pub(crate) fn new(number: u64) -> Self {
        let chance = |salt| mixed(number, salt);
        let (given, given_ascii) = pick(GIVEN, chance(1));
        let (surname, surname_ascii) = pick(SURNAMES, chance(2));
        let initial = char::from(b'A' + u8::try_from(chance(3) % 26).unwrap_or(0));
        Self {
            number,
            given,
            surname,
            display: format!("{given} {initial}. {surname}"),
            local: format!("{given_ascii}.{surname_ascii}.{number}"),
            // One in twelve has none; the first areas are the largest.
            department: (chance(4) % 12 != 0).then(|| {
                let area = pick(AREAS, chance(5) % 10 * (chance(6) % 10) / 9);
                format!("{area} {}", chance(7) % SITES)
            }),
            job: (chance(8) % 5 != 0).then(|| pick(JOBS, chance(9))),
            place: (chance(10) % 6 != 0).then(|| pick(CITIES, chance(11))),
            mobile: (chance(12) % 10 < 6)
                .then(|| format!("+49 170 {:07}", chance(13) % 10_000_000)),
            enabled: chance(14) % 25 != 0,
            guest: chance(15) % 100 < GUESTS,
        }
    }

    /// `userPrincipalName`
    pub(crate) fn upn(&self) -> String {
        format!("{}@contoso.com", self.local)
    }

    /// `mail`; guests have theirs elsewhere.
    pub(crate) fn mail(&self) -> String {
        let domain = if self.guest {
            "fabrikam.example"
        } else {
            "contoso.com"
        };
        format!("{}@{domain}", self.local)
    }

    /// The number of the manager; the first few have none.
    pub(crate) fn manager(&self) -> Option<u64> {
        (self.number > 0).then(|| (self.number - 1) / REPORTS)
    }

    /// As one line of NDJSON: a Graph user, without a password.
    pub(crate) fn json(&self) -> String {
        let mut out = String::with_capacity(640);
        let text = |value: &str| serde_json::Value::from(value).to_string();
        // Writing into a String does not fail.
        let _ = write!(
            out,
            "{{\"accountEnabled\":{},\"displayName\":{},\"givenName\":{},\"surname\":{},\"mailNickname\":{},\
             \"userPrincipalName\":{},\"mail\":{},\"userType\":\"{}\",\"employeeId\":\"E{}\",\"preferredLanguage\":\"en-US\"",
            self.enabled,
            text(&self.display),
            text(self.given),
            text(self.surname),
            text(&self.local),
            text(&self.upn()),
            text(&self.mail()),
            if self.guest { "Guest" } else { "Member" },
            self.number,
        );
        let mut member = |name: &str, value: Option<&str>| {
            if let Some(value) = value {
                let _ = write!(out, ",\"{name}\":{}", text(value));
            }
        };
        member("department", self.department.as_deref());
        member("jobTitle", self.job);
        member("city", self.place.map(|(city, _)| city));
        member("usageLocation", self.place.map(|(_, country)| country));
        member("mobilePhone", self.mobile.as_deref());
        if let Some(manager) = self.manager() {
            let bound = format!("users/{}", Self::new(manager).upn());
            let _ = write!(out, ",\"manager@odata.bind\":{}", text(&bound));
        }
        out.push('}');
        out
    }

    /// The person as an LDAP entry.
    pub(crate) fn ldif(&self, suffix: &str) -> String {
        let mut out = String::with_capacity(640);
        let _ = writeln!(out, "dn: uid={},{suffix}", self.local);
        out.push_str("objectClass: inetOrgPerson\n");
        if let Some(manager) = self.manager() {
            let _ = writeln!(out, "manager: uid={},{suffix}", Self::new(manager).local);
        }
        for (name, value) in self.attributes() {
            if value.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
                let _ = writeln!(out, "{name}: {value}");
            } else {
                let _ = writeln!(out, "{name}:: {}", base64(value.as_bytes()));
            }
        }
        out.push('\n');
        out
    }

    /// Its LDAP attributes but the object class.
    pub(crate) fn attributes(&self) -> Vec<(&'static str, String)> {
        let mut found = vec![
            ("uid", self.local.clone()),
            ("cn", self.display.clone()),
            ("displayName", self.display.clone()),
            ("givenName", self.given.to_owned()),
            ("sn", self.surname.to_owned()),
            ("mail", self.mail()),
            ("employeeNumber", format!("E{}", self.number)),
            (
                "employeeType",
                if self.guest { "Guest" } else { "Member" }.to_owned(),
            ),
            ("preferredLanguage", "en-US".to_owned()),
        ];
        let optional = [
            ("departmentNumber", self.department.clone()),
            ("title", self.job.map(str::to_owned)),
            ("l", self.place.map(|(city, _)| city.to_owned())),
            ("mobile", self.mobile.clone()),
        ];
        found.extend(
            optional
                .into_iter()
                .filter_map(|(name, value)| Some((name, value?))),
        );
        found
    }
}

/// Base64 as LDIF wants values that are not plain ASCII.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let word = byte(0) << 16 | byte(1) << 8 | byte(2);
        for at in 0..4_u32 {
            let index = usize::try_from(word >> (18 - 6 * at) & 63).unwrap_or(0);
            let filled = usize::try_from(at).is_ok_and(|at| at <= chunk.len());
            out.push(if filled {
                char::from(LETTERS[index])
            } else {
                '='
            });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{Person, base64};
    use std::collections::BTreeSet;

    #[test]
    fn people_are_the_same_every_time_and_no_two_share_an_address() {
        assert_eq!(Person::new(4711), Person::new(4711));
        let all: BTreeSet<_> = (0..10_000).map(|n| Person::new(n).upn()).collect();
        assert_eq!(all.len(), 10_000);
    }

    #[test]
    fn shares_are_as_said() {
        let guests = (0..10_000).filter(|n| Person::new(*n).guest).count();
        assert!((1_400..1_600).contains(&guests), "{guests}");
        let spelled = (0..10_000)
            .filter(|n| !Person::new(*n).display.is_ascii())
            .count();
        assert!(spelled > 3_000, "{spelled}");
    }

    #[test]
    fn a_line_is_json_and_an_entry_is_ldif() {
        let person = Person::new(12);
        let read: serde_json::Value = serde_json::from_str(&person.json()).unwrap();
        assert_eq!(read["userPrincipalName"], person.upn());
        assert_eq!(base64("Zoë".as_bytes()), "Wm/Dqw==");
        assert_eq!(base64(b"abc"), "YWJj");
        assert!(
            person
                .ldif("ou=people")
                .starts_with(&format!("dn: uid={},ou=people\n", person.local))
        );
    }

    #[test]
    fn managers_come_before_their_reports() {
        assert_eq!(Person::new(0).manager(), None);
        assert_eq!(Person::new(1).manager(), Some(0));
        assert_eq!(Person::new(9).manager(), Some(1));
    }
}
