//! Random values of a tenant's own properties, and conditions on them.

use super::{Filters, Random, complex, fitting, primitive};
use edm::{ComplexType, Op, Operators, Ops, Prop, Property, Record, Type, Value};
use odata::filter::{Node, Origin, Path};

/// Definitions of every kind, under the same numbers and names with each `turn`, but with other
/// types.
pub(crate) fn definitions(turn: usize) -> Vec<Prop> {
    let types = [
        Type::String,
        Type::Int32,
        Type::Boolean,
        Type::DateTimeOffset,
        Type::Int64,
        Type::String,
    ];
    let ty = |at: usize| types.get((at + turn) % types.len()).unwrap().clone();
    let mut found = Vec::new();
    for at in 0..types.len() {
        let number = u64::try_from(at).unwrap();
        for is_collection in [false, true] {
            let name = format!("extension_{at}_{is_collection}");
            let number = 1 + 2 * number + u64::from(is_collection);
            let mut property = filterable(Property::own(number, name, ty(at), ""));
            property.collection = is_collection;
            found.push(property.into());
        }
    }
    let members = [20, 21, 22].into_iter().enumerate();
    let members = members.map(|(at, n)| Property::own(n, format!("m{at}"), ty(at), ""));
    let course = Type::Complex(ComplexType::own("course", members).into());
    found.push(filterable(Property::own(30, "ext_course", course, "")).into());
    // One without keys.
    found.push(Property::own(31, "extension_unfilterable", ty(0), "").into());
    found
}

fn filterable(mut property: Property) -> Property {
    property.max_len = Some(256);
    property.filter = Operators {
        default: Ops::of(&[Op::Eq]),
        ..Operators::NONE
    };
    property
}

/// Sets about half of these properties, some of them to null.
pub(crate) fn set_own(random: &mut Random, record: &mut Record, own: &[Prop]) {
    for property in own {
        record.remove(property);
        if random.chance(45) {
            continue;
        }
        let value = match &property.ty {
            _ if random.chance(8) => Value::Null,
            Type::Complex(ty) => Value::Complex(complex(random, ty)),
            ty if property.collection => {
                let count = random.below(4);
                Value::List((0..count).map(|_| primitive(random, ty)).collect())
            }
            ty => primitive(random, ty),
        };
        record.set(property.clone(), fitting(property, value));
    }
}

impl Filters<'_> {
    /// A condition on one of the tenant's own properties.
    pub(super) fn own_leaf(&mut self, nodes: &mut Vec<Node>) -> Node {
        let property = self.random.pick(self.own).clone();
        let origin = Origin::Object;
        let path = |steps| Path { origin, steps };
        match &property.ty {
            Type::Complex(ty) => {
                let members: Vec<Prop> = ty.properties().collect();
                let inner = self.random.pick(&members).clone();
                self.compared(path(vec![property.clone(), inner.clone()]), &inner.ty)
            }
            _ if property.collection && self.random.chance(20) => Node::Size {
                path: path(vec![property.clone()]),
                op: self.op(),
                value: i64::try_from(self.random.below(4)).unwrap() - 1,
            },
            _ if property.collection => self.lambda_over(nodes, path(vec![property])),
            ty => self.compared(path(vec![property.clone()]), ty),
        }
    }
}
