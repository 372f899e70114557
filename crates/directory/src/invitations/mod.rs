//! Inviting a guest and looking at invitations.
