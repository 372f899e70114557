//! What makes a row of a file and a user of the directory the same.

use edm::{Json, Property, user};
use store::{Reader, UserRow};
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
}

impl Key {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::UserPrincipalName, Self::Id, Self::Mail];

    /// The property.
    pub const fn property(self) -> &'static Property {
        match self {
            Self::UserPrincipalName => &user::USER_PRINCIPAL_NAME,
            Self::Id => &user::ID,
            Self::Mail => &user::MAIL,
        }
    }

    /// The row's value.
    pub(super) fn of(self, members: &serde_json::Map<String, Json>) -> Result<String, Refusal> {
        let name = self.property().name;
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
            // Nearly always nobody: the look-up of the address alone is cheaper than one of the user.
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
            Self::Mail => match reader.address_owner(&folded).await? {
                Some(owner) if owner.uses.has(store::AddressUses::MAIL) => {
                    reader.user(owner.object).await?
                }
                _ => None,
            },
        })
    }

    /// The same within a write, of a user known by id: whether the value is still his.
    pub(super) fn is_of(self, row: &UserRow, value: &str) -> Result<bool, Refusal> {
        Ok(match self {
            Self::UserPrincipalName => row.upn.eq_ignore_ascii_case(value),
            Self::Id => true,
            Self::Mail => row::record(row)?
                .text(&user::MAIL)
                .is_some_and(|mail| mail.eq_ignore_ascii_case(value)),
        })
    }
}
