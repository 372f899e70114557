//! What a property is known by.

/// A property's number. It stays the same between builds and wherever the row stands in its table.
///
/// A core property's number follows from its name and its type's name. A tenant's own properties
/// have the highest bit set: whatever name somebody chooses, it never is the number of a core
/// property.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PropertyId {
    number: u64,
    /// For a member of an own complex property its number among the members, from 1; for all other
    /// properties 0.
    member: u16,
}

impl PropertyId {
    /// The bit that tells a tenant's own properties from those of the core.
    const OWN: u64 = 1 << 63;

    /// Of the core property `name` of the type `of`: FNV-1a of `of.name`. A test proves that no two
    /// have the same.
    pub const fn core(of: &str, name: &str) -> Self {
        let hash = fnv(0xcbf2_9ce4_8422_2325, of.as_bytes());
        let hash = fnv(fnv(hash, b"."), name.as_bytes());
        Self {
            number: hash & !Self::OWN,
            member: 0,
        }
    }

    /// Of a tenant's own property, which the tenant has given this number.
    pub const fn own(number: u64) -> Self {
        Self {
            number: number | Self::OWN,
            member: 0,
        }
    }

    /// The id of the member with this number, for the id of an own complex property.
    pub const fn member(of: u64, member: u16) -> Self {
        Self {
            member,
            ..Self::own(of)
        }
    }

    /// Whether it is the number of a tenant's own property.
    pub const fn is_own(self) -> bool {
        self.number & Self::OWN != 0
    }

    /// The number of an own property among the tenant's definitions, or of a member among the
    /// members; `None` for a core property.
    pub const fn own_number(self) -> Option<u64> {
        if !self.is_own() {
            None
        } else if self.member == 0 {
            Some(self.number & !Self::OWN)
        } else {
            // Widening: `From` is not const.
            Some(self.member as u64)
        }
    }

    /// The number.
    pub const fn number(self) -> u64 {
        self.number
    }
}

/// 64-bit FNV-1a, continued from `hash`.
const fn fnv(mut hash: u64, mut bytes: &[u8]) -> u64 {
    while let [first, rest @ ..] = bytes {
        // Widening: `From` is not const.
        hash = (hash ^ *first as u64).wrapping_mul(0x0100_0000_01b3);
        bytes = rest;
    }
    hash
}
