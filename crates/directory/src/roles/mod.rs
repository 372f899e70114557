//! Directory roles: which there are, who holds them, and who may touch whom.

mod assign;

pub use assign::{RoleAssigned, RoleAssignment, RoleRemoved};

use uuid::{Uuid, uuid};

/// Declares the roles once: variant, display name, template id.
macro_rules! roles {
    ($($variant:ident = $name:literal, $id:literal;)*) => {
        /// A directory role this server gives meaning to. Template ids are the documented ones.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Role {
            $(#[doc = $name] $variant,)*
        }

        impl Role {
            /// All of them, in declaration order.
            pub const ALL: &'static [Role] = &[$(Role::$variant,)*];

            /// The display name.
            pub const fn name(self) -> &'static str {
                match self { $(Role::$variant => $name,)* }
            }

            /// The template id, as in the `wids` claim.
            pub const fn template(self) -> Uuid {
                match self { $(Role::$variant => uuid!($id),)* }
            }
        }
    };
}

roles! {
    GlobalAdministrator = "Global Administrator", "62e90394-69f5-4237-9190-012177145e10";
    PrivilegedRoleAdministrator = "Privileged Role Administrator", "e8611ab8-c189-46e8-94e1-60213ab1f814";
    PrivilegedAuthenticationAdministrator = "Privileged Authentication Administrator", "7be44c8a-adaf-4e2a-84d6-ab2649e08a13";
    UserAdministrator = "User Administrator", "fe930be7-5e62-47db-91af-98c3a49a38b1";
    AuthenticationAdministrator = "Authentication Administrator", "c4e39bd9-1100-46d3-8c65-fb160da0071f";
    HelpdeskAdministrator = "Helpdesk Administrator", "729827e3-9c14-49f7-bb1b-9608f156bbb8";
    PasswordAdministrator = "Password Administrator", "966707d0-3269-4727-9be2-8c3a10f19b9d";
    GroupsAdministrator = "Groups Administrator", "fdd7a751-b60b-444a-984c-02652fe8fa1c";
    GuestInviter = "Guest Inviter", "95e79109-95c0-4d8e-aee3-d01accf2d47b";
    DirectoryReaders = "Directory Readers", "88d8e3e3-8f55-4a1e-953a-9b9898b8876b";
    MessageCenterReader = "Message Center Reader", "790c1fb9-7f7d-4f88-86a1-ef1f95c05c1b";
    ReportsReader = "Reports Reader", "4a5d8f65-41da-4de4-8968-e035b65339cf";
    UsageSummaryReportsReader = "Usage Summary Reports Reader", "75934031-6c7e-415a-99d7-48dbd49e875e";
    AttributeAssignmentAdministrator = "Attribute Assignment Administrator", "58a13ea3-c632-46ae-9ee0-9c0d43cd7f3d";
    AttributeAssignmentReader = "Attribute Assignment Reader", "ffd52fa5-98dc-465c-991d-fc073eb59f8f";
    AttributeDefinitionAdministrator = "Attribute Definition Administrator", "8424c6f0-a189-499e-bbd0-26c1753c96d4";
    AttributeDefinitionReader = "Attribute Definition Reader", "1d336d2c-4ae8-42ef-9711-b3604ce3fc2c";
}

impl Role {
    /// The role with that template id.
    pub fn from_template(id: Uuid) -> Option<Self> {
        Self::ALL.iter().copied().find(|role| role.template() == id)
    }

    /// The role with that display name (caseless) or template id, as typed on the command line.
    pub fn from_text(text: &str) -> Option<Self> {
        let by_id = Uuid::try_parse(text).ok().and_then(Self::from_template);
        by_id.or_else(|| {
            Self::ALL
                .iter()
                .copied()
                .find(|role| role.name().eq_ignore_ascii_case(text))
        })
    }
}

/// The roles somebody holds, as template ids. A role that [`Role`] does not know gives nothing, but
/// only the highest roles may touch its holder.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Roles(Vec<Uuid>);

impl Roles {
    /// From template ids.
    pub fn new(templates: impl IntoIterator<Item = Uuid>) -> Self {
        let mut templates: Vec<_> = templates.into_iter().collect();
        templates.sort_unstable();
        templates.dedup();
        Self(templates)
    }

    /// Whether `role` is among them.
    pub fn holds(&self, role: Role) -> bool {
        self.0.contains(&role.template())
    }

    /// The roles that are in both.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let mut both = self.0.clone();
        both.retain(|template| other.0.contains(template));
        Self(both)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The template ids, ascending.
    pub fn templates(&self) -> &[Uuid] {
        &self.0
    }

    /// Whether the holder of these roles may change sensitive properties of, or delete, the holder
    /// of `target` (P-permissions-3). A target without roles may be touched by all.
    pub fn may_touch(&self, target: &Roles) -> bool {
        if self.holds(Role::GlobalAdministrator)
            || self.holds(Role::PrivilegedAuthenticationAdministrator)
        {
            return true;
        }
        target
            .0
            .iter()
            .all(|template| Role::from_template(*template).is_some_and(|held| self.outranks(held)))
    }

    /// Whether the holder of these roles, short of the two highest, may touch somebody with the
    /// role `held`.
    fn outranks(&self, held: Role) -> bool {
        let user = self.holds(Role::UserAdministrator);
        let authentication = self.holds(Role::AuthenticationAdministrator);
        match held {
            Role::DirectoryReaders
            | Role::GuestInviter
            | Role::MessageCenterReader
            | Role::ReportsReader
            | Role::PasswordAdministrator
            | Role::UsageSummaryReportsReader => user || authentication,
            Role::AuthenticationAdministrator => authentication,
            Role::UserAdministrator | Role::HelpdeskAdministrator | Role::GroupsAdministrator => {
                user
            }
            // Who holds one of the last four can read or set what a Global Administrator cannot.
            Role::PrivilegedRoleAdministrator
            | Role::AttributeAssignmentAdministrator
            | Role::AttributeAssignmentReader
            | Role::AttributeDefinitionAdministrator
            | Role::AttributeDefinitionReader
            | Role::PrivilegedAuthenticationAdministrator
            | Role::GlobalAdministrator => false,
        }
    }

    /// Whether the holder of these roles may reset the password of the holder of `target`: two
    /// lesser roles may that for some targets, beyond [`Roles::may_touch`].
    pub fn may_reset_password_of(&self, target: &Roles) -> bool {
        let lesser = |held: Role| match held {
            Role::DirectoryReaders | Role::GuestInviter | Role::PasswordAdministrator => {
                self.holds(Role::PasswordAdministrator) || self.holds(Role::HelpdeskAdministrator)
            }
            Role::HelpdeskAdministrator
            | Role::MessageCenterReader
            | Role::ReportsReader
            | Role::UsageSummaryReportsReader => self.holds(Role::HelpdeskAdministrator),
            _ => false,
        };
        self.may_touch(target)
            || target
                .0
                .iter()
                .all(|template| Role::from_template(*template).is_some_and(lesser))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roles(held: &[Role]) -> Roles {
        Roles::new(held.iter().map(|role| role.template()))
    }

    #[test]
    fn template_ids_are_distinct_and_found_by_text() {
        for role in Role::ALL {
            assert_eq!(Role::from_template(role.template()), Some(*role));
            assert_eq!(Role::from_text(&role.name().to_uppercase()), Some(*role));
            assert_eq!(Role::from_text(&role.template().to_string()), Some(*role));
        }
        assert_eq!(Role::from_text("Emperor"), None);
    }

    #[test]
    fn who_may_touch_whom() {
        use Role::{
            AuthenticationAdministrator as Auth, DirectoryReaders, GlobalAdministrator as Global,
            GuestInviter, HelpdeskAdministrator as Helpdesk, PasswordAdministrator as Password,
            PrivilegedAuthenticationAdministrator as PrivAuth,
            PrivilegedRoleAdministrator as PrivRole, UserAdministrator as User,
        };
        let check = |actor: &[Role], target: &[Role], expected: bool| {
            assert_eq!(
                roles(actor).may_touch(&roles(target)),
                expected,
                "{actor:?} {target:?}"
            );
        };
        check(&[], &[], true);
        check(&[], &[GuestInviter], false);
        check(&[Auth], &[GuestInviter], true);
        check(&[User], &[DirectoryReaders], true);
        check(&[User], &[Auth], false);
        check(&[Auth], &[Auth], true);
        check(&[Auth], &[User], false);
        check(&[User], &[User], true);
        check(&[User], &[User, Global], false);
        check(&[User], &[PrivRole], false);
        check(&[PrivAuth], &[Global], true);
        check(&[Global], &[PrivAuth, Global], true);
        check(&[Helpdesk], &[GuestInviter], false);
        let unknown = Roles::new([Uuid::from_u128(7)]);
        assert!(!roles(&[User]).may_touch(&unknown));
        assert!(roles(&[Global]).may_touch(&unknown));
        let reset = |actor: &[Role], target: &[Role], expected: bool| {
            assert_eq!(
                roles(actor).may_reset_password_of(&roles(target)),
                expected,
                "{actor:?} {target:?}"
            );
        };
        reset(&[Password], &[GuestInviter, Password], true);
        reset(&[Password], &[Helpdesk], false);
        reset(&[Helpdesk], &[Helpdesk], true);
        reset(&[Helpdesk], &[User], false);
        reset(&[User], &[Helpdesk], true);
    }
}
