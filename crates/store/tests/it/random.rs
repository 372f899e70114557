//! Random users, conditions and orders, from a seed: nulls, ties, case, letters outside ASCII,
//! values of every kind.

use edm::complex::{assigned_license, employee_org, extension_attributes, object_identity};
use edm::{ComplexType, Kept, Prop, Property, Record, Returned, Type, Value, user};
use jiff::{SignedDuration, Timestamp};
use odata::filter::{
    Comparison, Filter, Literal, Matching, Node, NodeId, Order, Origin, Path, Quantifier,
};
use std::sync::LazyLock;
use uuid::Uuid;

#[path = "random_own.rs"]
pub(crate) mod own;

/// A generator of numbers that only a test would call random.
pub(crate) struct Random {
    state: u64,
    texts: &'static [String],
}

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self::with(seed, &TEXTS)
    }

    /// With these texts.
    pub(crate) fn with(seed: u64, texts: &'static [String]) -> Self {
        let state = seed ^ 0x9E37_79B9_7F4A_7C15;
        Self { state, texts }
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(end.max(1)).unwrap()).unwrap()
    }

    /// True so many times in a hundred.
    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        from.get(self.below(from.len())).unwrap()
    }
}

static TEXTS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let texts = [
        "Anna",
        "ANNA",
        "anna",
        "Annabel",
        "Änne",
        "ÄNNE",
        "A\u{308}nne",
        "Straße",
        "STRASSE",
        "Zoë",
        "İpek",
        "猫",
        "😀 x",
        "",
        "a b",
        "Hello-World 12",
        "hello",
        "world",
        "\u{1}x",
        "ÿ",
        "z",
        "smtp:anna@x.example",
        "SMTP:Anna@X.example",
        "anna@x.example",
    ];
    texts.map(str::to_owned).to_vec()
});

fn text(random: &mut Random) -> String {
    let texts = random.texts;
    random.pick(texts).clone()
}

fn instant(random: &mut Random) -> Timestamp {
    let base = Timestamp::from_second(1_700_000_000).unwrap();
    match random.below(8) {
        0 => Timestamp::from_microsecond(-1).unwrap(),
        // Finer than what is kept.
        1 => base + SignedDuration::from_nanos(i64::try_from(random.below(3000)).unwrap()),
        n => base + SignedDuration::from_secs(i64::try_from(n).unwrap()),
    }
}

fn primitive(random: &mut Random, ty: &Type) -> Value {
    match ty {
        Type::Boolean => Value::Bool(random.chance(50)),
        Type::Int32 | Type::Int64 => Value::Int(i64::try_from(random.below(5)).unwrap() - 2),
        Type::DateTimeOffset => Value::Instant(instant(random)),
        Type::Guid => Value::Guid(Uuid::from_u128(u128::from(random.next() % 4))),
        _ => Value::Text(text(random)),
    }
}

/// A long text, shortened to what the property takes; to one letter where its values are listed.
pub(crate) fn fitting(property: &Property, value: Value) -> Value {
    match value {
        Value::Text(text) if text.chars().count() > 100 => {
            let most = property.max_len.unwrap_or(1024);
            let is_listed = !property.values.is_any();
            let most = if is_listed { 1 } else { most as usize };
            Value::Text(text.chars().take(most).collect())
        }
        Value::List(values) => {
            let values = values.into_iter().map(|value| fitting(property, value));
            Value::List(values.collect())
        }
        value => value,
    }
}

fn complex(random: &mut Random, ty: &ComplexType) -> Record {
    let mut record = Record::new();
    for member in ty.properties() {
        if random.chance(50) && member.ty.is_primitive() && !member.collection {
            let value = if random.chance(10) {
                Value::Null
            } else {
                primitive(random, &member.ty)
            };
            let value = fitting(&member, value);
            record.set(member, value);
        }
    }
    record
}

const ADDRESSES: &[&Property] = &[
    &user::USER_PRINCIPAL_NAME,
    &user::MAIL,
    &user::OTHER_MAILS,
    &user::PROXY_ADDRESSES,
];

/// A user with this id.
pub(crate) fn record(random: &mut Random, id: Uuid) -> Record {
    let mut record = Record::new();
    for property in user::TYPE.properties.iter().copied() {
        let never = property == &user::DELETED_DATE_TIME
            || property.kept() == Kept::Computed
            || property.returned == Returned::Never
            || random.chance(55);
        if never {
            continue;
        }
        // No address is that long.
        let usual = random.texts;
        if ADDRESSES.contains(&property) {
            random.texts = &TEXTS;
        }
        let value = match &property.ty {
            Type::Complex(ty) if ty.open => continue,
            Type::Complex(ty) if property.collection => {
                let count = random.below(3);
                Value::List(
                    (0..count)
                        .map(|_| Value::Complex(complex(random, ty)))
                        .collect(),
                )
            }
            Type::Complex(ty) => Value::Complex(complex(random, ty)),
            ty if property.collection => {
                let count = random.below(4);
                Value::List((0..count).map(|_| primitive(random, ty)).collect())
            }
            ty => primitive(random, ty),
        };
        random.texts = usual;
        record.set(property, fitting(property, value));
    }
    record.set(&user::ID, id.to_string());
    record
}

/// Conditions on users.
pub(crate) struct Filters<'a> {
    pub(crate) random: Random,
    pub(crate) users: &'a [Record],
    /// The tenant's own properties, which half of the conditions are on.
    pub(crate) own: &'a [Prop],
}

impl Filters<'_> {
    /// A condition.
    pub(crate) fn filter(&mut self) -> Filter {
        let mut nodes = Vec::new();
        let depth = self.random.below(4);
        self.node(&mut nodes, depth);
        Filter::new(nodes).unwrap()
    }

    /// An order.
    pub(crate) fn order(&mut self) -> Vec<Order> {
        let sortable: Vec<_> = user::TYPE
            .properties
            .iter()
            .copied()
            .filter(|property| property.kept() == Kept::Column)
            .collect();
        let indexed = [
            &user::DISPLAY_NAME,
            &user::DEPARTMENT,
            &user::SURNAME,
            &user::ID,
        ];
        (0..self.random.below(4))
            .map(|_| {
                let from: &[&'static Property] = if self.random.chance(50) {
                    &indexed
                } else {
                    &sortable
                };
                Order {
                    property: (*self.random.pick::<&'static Property>(from)).into(),
                    descending: self.random.chance(40),
                }
            })
            .collect()
    }

    fn add(nodes: &mut Vec<Node>, node: Node) -> NodeId {
        nodes.push(node);
        NodeId(u16::try_from(nodes.len() - 1).unwrap())
    }

    fn node(&mut self, nodes: &mut Vec<Node>, depth: usize) -> NodeId {
        if depth == 0 {
            let leaf = self.leaf(nodes);
            return Self::add(nodes, leaf);
        }
        match self.random.below(5) {
            0 => {
                let child = self.node(nodes, depth - 1);
                Self::add(nodes, Node::Not(child))
            }
            n => {
                let count = 2 + self.random.below(2);
                let children = (0..count)
                    .map(|_| {
                        let below = self.random.below(depth);
                        self.node(nodes, below)
                    })
                    .collect();
                Self::add(
                    nodes,
                    if n < 3 {
                        Node::And(children)
                    } else {
                        Node::Or(children)
                    },
                )
            }
        }
    }

    fn leaf(&mut self, nodes: &mut Vec<Node>) -> Node {
        if !self.own.is_empty() && self.random.chance(50) {
            return self.own_leaf(nodes);
        }
        let kinds = [
            "single", "single", "single", "indexed", "indexed", "member", "lambda", "lambda",
            "size", "tokens", "linked", "id", "constant",
        ];
        match *self.random.pick(&kinds) {
            "indexed" => {
                let property = *self.random.pick::<&'static Property>(&[
                    &user::DISPLAY_NAME,
                    &user::DEPARTMENT,
                    &user::MAIL,
                    &user::EMPLOYEE_ID,
                    &user::CREATED_DATE_TIME,
                    &user::JOB_TITLE,
                ]);
                self.comparison(Origin::Object, vec![property])
            }
            "member" => {
                let (outer, inner): (&'static Property, &'static Property) = *self.random.pick(&[
                    (&user::EMPLOYEE_ORG_DATA, &employee_org::DIVISION),
                    (
                        &user::ON_PREMISES_EXTENSION_ATTRIBUTES,
                        &extension_attributes::EXTENSION_ATTRIBUTE_1,
                    ),
                    (
                        &user::SIGN_IN_ACTIVITY,
                        &edm::complex::sign_in_activity::LAST_SIGN_IN_DATE_TIME,
                    ),
                    (
                        &user::PASSWORD_PROFILE,
                        &edm::complex::password_profile::FORCE_CHANGE_PASSWORD_NEXT_SIGN_IN,
                    ),
                ]);
                self.comparison(Origin::Object, vec![outer, inner])
            }
            "lambda" => self.lambda(nodes),
            "size" => {
                let property = *self.random.pick(&[
                    &user::OTHER_MAILS,
                    &user::PROXY_ADDRESSES,
                    &user::ASSIGNED_LICENSES,
                ]);
                Node::Size {
                    path: path(Origin::Object, vec![property]),
                    op: self.op(),
                    value: i64::try_from(self.random.below(4)).unwrap() - 1,
                }
            }
            "tokens" => {
                let words = text(&mut self.random);
                let mut tokens = odata::tokens(&words);
                if tokens.is_empty() {
                    tokens.push("anna".to_owned());
                }
                // People stop typing when they see whom they meant.
                if self.random.chance(50) {
                    for token in &mut tokens {
                        let kept = 1 + self.random.below(3);
                        *token = token.chars().take(kept).collect();
                    }
                }
                let property = *self.random.pick::<&'static Property>(&[
                    &user::DISPLAY_NAME,
                    &user::DISPLAY_NAME,
                    &user::DISPLAY_NAME,
                    &user::SURNAME,
                ]);
                let property = property.into();
                Node::Tokens { property, tokens }
            }
            "linked" => {
                let mut ids = Vec::new();
                for _ in 0..=self.random.below(3) {
                    // Few are somebody's manager: the first ones are.
                    let of = self.random.below(1 + self.users.len() / 9);
                    ids.extend(self.users.get(of).and_then(id_of));
                }
                Node::Linked {
                    navigation: &user::MANAGER_NAVIGATION,
                    ids,
                }
            }
            "id" => self.comparison(Origin::Object, vec![&user::ID]),
            "constant" => Node::Constant(self.random.chance(50)),
            _ => {
                let properties: Vec<_> = user::TYPE
                    .properties
                    .iter()
                    .copied()
                    .filter(|p| p.ty.is_primitive() && !p.collection)
                    .collect();
                let property = *self.random.pick(&properties);
                self.comparison(Origin::Object, vec![property])
            }
        }
    }

    fn lambda(&mut self, nodes: &mut Vec<Node>) -> Node {
        let property = *self.random.pick(&[
            &user::OTHER_MAILS,
            &user::PROXY_ADDRESSES,
            &user::BUSINESS_PHONES,
            &user::INTERESTS,
            &user::IDENTITIES,
            &user::ASSIGNED_LICENSES,
        ]);
        self.lambda_over(nodes, path(Origin::Object, vec![property]))
    }

    fn lambda_over(&mut self, nodes: &mut Vec<Node>, path: Path) -> Node {
        let how = if self.random.chance(70) {
            Quantifier::Any
        } else {
            Quantifier::All
        };
        if how == Quantifier::Any && self.random.chance(15) {
            return Node::Lambda {
                path,
                how,
                body: None,
            };
        }
        let depth = self.random.below(3);
        let of = path.steps.first().unwrap();
        let body = self.body(nodes, of, depth);
        Node::Lambda {
            path,
            how,
            body: Some(body),
        }
    }

    fn body(&mut self, nodes: &mut Vec<Node>, of: &Property, depth: usize) -> NodeId {
        if depth > 0 {
            let kind = self.random.below(3);
            let first = self.body(nodes, of, depth - 1);
            if kind == 0 {
                return Self::add(nodes, Node::Not(first));
            }
            let second = self.body(nodes, of, 0);
            let both = vec![first, second];
            return Self::add(
                nodes,
                if kind == 1 {
                    Node::And(both)
                } else {
                    Node::Or(both)
                },
            );
        }
        let leaf = if self.random.chance(6) {
            // The object itself is in sight as well.
            self.comparison(Origin::Object, vec![&user::DEPARTMENT])
        } else {
            let steps: Vec<&'static Property> = match &of.ty {
                Type::Complex(_) if *of == user::IDENTITIES => vec![*self.random.pick(&[
                    &object_identity::ISSUER_ASSIGNED_ID,
                    &object_identity::ISSUER_ASSIGNED_ID,
                    &object_identity::ISSUER,
                    &object_identity::SIGN_IN_TYPE,
                ])],
                Type::Complex(_) => vec![&assigned_license::SKU_ID],
                _ => vec![],
            };
            let ty = &steps.last().copied().unwrap_or(of).ty;
            self.compared(path(Origin::Variable(0), steps), ty)
        };
        Self::add(nodes, leaf)
    }

    fn op(&mut self) -> Comparison {
        *self.random.pick(&[
            Comparison::Eq,
            Comparison::Eq,
            Comparison::Ne,
            Comparison::Gt,
            Comparison::Ge,
            Comparison::Lt,
            Comparison::Le,
        ])
    }

    fn comparison(&mut self, origin: Origin, steps: Vec<&'static Property>) -> Node {
        let ty = &steps.last().unwrap().ty;
        self.compared(path(origin, steps), ty)
    }

    fn compared(&mut self, path: Path, ty: &Type) -> Node {
        let is_id = path.steps.first().is_some_and(|first| **first == user::ID);
        match self.random.below(10) {
            0 | 1 => Node::In {
                values: (0..=self.random.below(4))
                    .map(|_| self.constant(ty, is_id))
                    .collect(),
                path,
            },
            2..=4 if matches!(ty, Type::String) => {
                let folded = edm::fold::display(&text(&mut self.random));
                let length = folded.chars().count();
                let (from, take) = if length > 100 {
                    let from = *self.random.pick(&[0, 1, 300, length - 3, length - 1]);
                    (from, *self.random.pick(&[1, 3, 240, 330, length]))
                } else {
                    (self.random.below(2), 1 + self.random.below(4))
                };
                Node::Text {
                    path,
                    how: *self.random.pick(&[
                        Matching::StartsWith,
                        Matching::StartsWith,
                        Matching::EndsWith,
                        Matching::Contains,
                    ]),
                    text: folded.chars().skip(from).take(take).collect(),
                }
            }
            _ => {
                let value = self.constant(ty, is_id);
                let op = if value == Literal::Null {
                    *self.random.pick(&[Comparison::Eq, Comparison::Ne])
                } else {
                    self.op()
                };
                Node::Compare { path, op, value }
            }
        }
    }

    fn constant(&mut self, ty: &Type, is_id: bool) -> Literal {
        if self.random.chance(12) {
            return Literal::Null;
        }
        if is_id && self.random.chance(80) {
            let user = self.random.pick(self.users);
            return Literal::Text(user.text(&user::ID).unwrap().to_owned());
        }
        match primitive(&mut self.random, ty) {
            Value::Bool(value) => Literal::Bool(value),
            Value::Int(value) => Literal::Int(value),
            Value::Instant(at) => Literal::Instant(at),
            Value::Guid(id) => Literal::Guid(id),
            Value::Text(text) => Literal::Text(edm::fold::display(&text)),
            _ => Literal::Null,
        }
    }
}

fn path(origin: Origin, steps: Vec<&'static Property>) -> Path {
    let steps = steps.into_iter().map(Prop::Core).collect();
    Path { origin, steps }
}

/// The id of a user.
pub(crate) fn id_of(user: &Record) -> Option<Uuid> {
    user.text(&user::ID)?.parse().ok()
}
