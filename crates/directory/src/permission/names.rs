//! The permissions by their names, and sets of them.

/// Declares the permissions once: variant and the name that tokens and consent pages carry.
macro_rules! permissions {
    ($($variant:ident = $name:literal,)*) => {
        /// A Graph permission this server knows. Tokens may carry others; those give nothing here.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Permission {
            $(#[doc = $name] $variant,)*
        }

        impl Permission {
            /// All of them, in declaration order.
            pub const ALL: &'static [Permission] = &[$(Permission::$variant,)*];

            /// The name in tokens.
            pub const fn name(self) -> &'static str {
                match self { $(Permission::$variant => $name,)* }
            }
        }
    };
}

permissions! {
    UserRead = "User.Read",
    UserReadWrite = "User.ReadWrite",
    UserReadBasicAll = "User.ReadBasic.All",
    UserReadAll = "User.Read.All",
    UserReadWriteAll = "User.ReadWrite.All",
    UserInviteAll = "User.Invite.All",
    UserManageIdentitiesAll = "User.ManageIdentities.All",
    UserDeleteRestoreAll = "User.DeleteRestore.All",
    UserRevokeSessionsAll = "User.RevokeSessions.All",
    UserEnableDisableAccountAll = "User.EnableDisableAccount.All",
    UserPasswordProfileReadWriteAll = "User-PasswordProfile.ReadWrite.All",
    UserMailReadWriteAll = "User-Mail.ReadWrite.All",
    UserPhoneReadWriteAll = "User-Phone.ReadWrite.All",
    UserConvertToInternalReadWriteAll = "User-ConvertToInternal.ReadWrite.All",
    UserLifeCycleInfoReadAll = "User-LifeCycleInfo.Read.All",
    UserLifeCycleInfoReadWriteAll = "User-LifeCycleInfo.ReadWrite.All",
    CustomSecAttributeAssignmentReadAll = "CustomSecAttributeAssignment.Read.All",
    CustomSecAttributeAssignmentReadWriteAll = "CustomSecAttributeAssignment.ReadWrite.All",
    CustomSecAttributeDefinitionReadAll = "CustomSecAttributeDefinition.Read.All",
    CustomSecAttributeDefinitionReadWriteAll = "CustomSecAttributeDefinition.ReadWrite.All",
    AuditLogReadAll = "AuditLog.Read.All",
    DirectoryReadAll = "Directory.Read.All",
    DirectoryReadWriteAll = "Directory.ReadWrite.All",
    DirectoryAccessAsUserAll = "Directory.AccessAsUser.All",
    DomainReadAll = "Domain.Read.All",
    DomainReadWriteAll = "Domain.ReadWrite.All",
    OrganizationReadAll = "Organization.Read.All",
    OrganizationReadWriteAll = "Organization.ReadWrite.All",
    LicenseAssignmentReadAll = "LicenseAssignment.Read.All",
    LicenseAssignmentReadWriteAll = "LicenseAssignment.ReadWrite.All",
    ApplicationReadAll = "Application.Read.All",
    ApplicationReadWriteAll = "Application.ReadWrite.All",
}

impl Permission {
    /// The permission of that name, in the spelling of the documents.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|permission| permission.name() == name)
    }

    /// Whether an app can hold it; the others exist for signed-in people only.
    pub const fn for_apps(self) -> bool {
        !matches!(
            self,
            Self::UserRead | Self::UserReadWrite | Self::DirectoryAccessAsUserAll
        )
    }
}

/// A set of permissions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Permissions(u128);

/// Each permission is one bit of a set.
const _: () = assert!(Permission::ALL.len() <= u128::BITS as usize);

impl Permissions {
    /// From names as tokens carry them; unknown ones give nothing.
    pub fn from_names<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        names
            .into_iter()
            .filter_map(Permission::from_name)
            .collect()
    }

    /// Everything an app can hold.
    pub fn all_for_apps() -> Self {
        Permission::ALL
            .iter()
            .copied()
            .filter(|permission| permission.for_apps())
            .collect()
    }

    /// Whether `permission` is in the set.
    pub const fn contains(self, permission: Permission) -> bool {
        self.0 & (1_u128 << permission as u32) != 0
    }

    /// The permissions in both sets.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// The permissions in either set.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The permissions in this set and not in the other.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// The members in declaration order.
    pub fn iter(self) -> impl Iterator<Item = Permission> {
        Permission::ALL
            .iter()
            .copied()
            .filter(move |permission| self.contains(*permission))
    }
}

impl FromIterator<Permission> for Permissions {
    fn from_iter<T: IntoIterator<Item = Permission>>(permissions: T) -> Self {
        Self(
            permissions
                .into_iter()
                .fold(0, |bits, permission| bits | 1_u128 << permission as u32),
        )
    }
}
