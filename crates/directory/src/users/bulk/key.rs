//! The property by which a row of a file and a user of the directory are the same.

use edm::{Json, Property, Schema, fold, user};
use odata::filter::{Comparison, Filter, Literal, Node, Origin, Path};
use store::{Query, Reader, UserRow, Users};
use uuid::Uuid;

use crate::refusal::Refusal;
use crate::users::{names, row};

/// A property by which users are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// `userPrincipalName`
    UserPrincipalName,
    /// `id`
    Id,
    /// `mail`
    Mail,
    /// `employeeId`, which need not be unique: a value that several users have finds none of them.
    EmployeeId,
}

impl Key {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::UserPrincipalName,
        Self::Id,
        Self::Mail,
        Self::EmployeeId,
    ];

    /// The property.
    pub const fn property(self) -> &'static Property {
        match self {
            Self::UserPrincipalName => &user::USER_PRINCIPAL_NAME,
            Self::Id => &user::ID,
            Self::Mail => &user::MAIL,
            Self::EmployeeId => &user::EMPLOYEE_ID,
        }
    }

    /// The row's value.
    pub(super) fn of(self, members: &serde_json::Map<String, Json>) -> Result<String, Refusal> {
        let name = self.property().name();
        let value = members
            .get(name)
            .or_else(|| {
                let mut all = members.iter();
                all.find_map(|(own, value)| own.eq_ignore_ascii_case(name).then_some(value))
            })
            .and_then(Json::as_str)
            .filter(|text| !text.is_empty());
        value
            .map(str::to_owned)
            .ok_or_else(|| Refusal::missing_user(name))
    }

    /// As it is compared.
    pub(super) fn folded(self, value: &str) -> String {
        match self {
            Self::UserPrincipalName | Self::Mail => names::upn_key(value),
            Self::Id => value.to_ascii_lowercase(),
            Self::EmployeeId => fold::display(value),
        }
    }

    /// The live user with this value.
    pub(super) async fn find(
        self,
        reader: &Reader,
        value: &str,
    ) -> Result<Option<UserRow>, Refusal> {
        let folded = self.folded(value);
        Ok(match self {
            // Nearly always there is no such user, and looking up the address is cheaper than the
            // user.
            Self::UserPrincipalName => match reader.address_owner(&folded).await? {
                Some(owner) if owner.uses.has(store::AddressUses::UPN) => {
                    reader.user(owner.object).await?
                }
                _ => None,
            },
            Self::Id => match Uuid::try_parse(&folded) {
                Ok(id) => reader.user(id).await?,
                Err(_) => None,
            },
            Self::Mail => with_mail(reader, &folded).await?,
            Self::EmployeeId => only_employee(reader, folded).await?,
        })
    }

    /// Whether a user, read again within a write, still has the value they were found by.
    pub(super) fn is_of(
        self,
        row: &UserRow,
        schema: &Schema,
        value: &str,
    ) -> Result<bool, Refusal> {
        Ok(match self {
            Self::UserPrincipalName => row.upn.eq_ignore_ascii_case(value),
            Self::Id => true,
            Self::Mail => row::record(row, schema)?
                .text(&user::MAIL)
                .is_some_and(|mail| mail.eq_ignore_ascii_case(value)),
            Self::EmployeeId => row::record(row, schema)?
                .text(&user::EMPLOYEE_ID)
                .is_some_and(|id| self.folded(id) == self.folded(value)),
        })
    }
}

/// The user whose mail this is. A guest is found by it only if it leads to them: what somebody else
/// wrote into it must not decide whose row of the file they get.
async fn with_mail(reader: &Reader, key: &str) -> Result<Option<UserRow>, Refusal> {
    for holder in reader.address_holders(key).await? {
        if !holder.uses.has(store::AddressUses::MAIL) {
            continue;
        }
        let row = reader.user(holder.object).await?;
        if let Some(row) = row.filter(|row| holder.standing.leads_to(row) || row.state.is_none()) {
            return Ok(Some(row));
        }
    }
    Ok(None)
}

async fn only_employee(reader: &Reader, folded: String) -> Result<Option<UserRow>, Refusal> {
    let is_he = Node::Compare {
        path: Path {
            origin: Origin::Object,
            steps: vec![(&user::EMPLOYEE_ID).into()],
        },
        op: Comparison::Eq,
        value: Literal::Text(folded),
    };
    let query = Query {
        filter: Filter::new(vec![is_he]),
        order: Vec::new(),
        after: None,
        limit: 2,
        ..Query::default()
    };
    let mut found = reader.find(UserRow::among(Users::Live), query).await?.rows;
    if found.len() > 1 {
        return Err(ambiguous());
    }
    Ok(found.pop())
}

/// An employee id that several users have.
pub(super) fn ambiguous() -> Refusal {
    Refusal::invalid_user(
        user::EMPLOYEE_ID.name(),
        "several users have it, so that it names none of them",
    )
}
