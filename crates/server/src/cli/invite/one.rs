//! `vestibule invite ADDRESS`: one guest.

use directory::UserKey;
use edm::body::{self, Purpose};
use edm::{Entity, Version, invitation};
use serde_json::json;

use super::{InviteArgs, policy};
use crate::cli::stopped::{self, refused};
use crate::terminal::{self, Failure, printable};

/// Whether one address was named and not a file: no format ends like an address, and no file is
/// called so.
pub(super) fn is_meant(args: &InviteArgs) -> bool {
    args.file.to_str().is_some_and(|text| {
        text.contains('@')
            && crate::bulk::input::Format::of(&args.file).is_none()
            && !args.file.exists()
    })
}

/// Invites the one guest, by the rules and quotas of POST /invitations.
pub(super) fn run(args: &InviteArgs) -> Result<(), Failure> {
    let address = args.file.to_string_lossy();
    let redirect = args.redirect.as_deref().ok_or_else(|| {
        Failure::usage("it is not said where the guest lands")
            .mend("--redirect https://portal.example.com")
    })?;
    let mut request = json!({
        "invitedUserEmailAddress": address,
        "inviteRedirectUrl": redirect,
        "sendInvitationMessage": true,
    });
    if let (Some(language), Some(members)) = (&args.language, request.as_object_mut()) {
        members.insert(
            "invitedUserMessageInfo".to_owned(),
            json!({ "messageLanguage": language }),
        );
    }
    let what = format!("{} was not invited", printable(&address));
    // The tenant is known only later; this body has no property of a tenant's own.
    let ty = Entity::core(&invitation::TYPE);
    let body = body::check(&request, ty, Version::V1, Purpose::Create)
        .map_err(|error| refused(&what, &error.into()))?
        .map_binds(UserKey::of_reference);
    let invited = stopped::with_policy(&args.place, policy(&args.place)?, async |directory| {
        let tenant = stopped::tenant(directory, args.tenant.as_deref()).await?;
        let actor = stopped::actor(directory, tenant.id).await?;
        let refuses = directory.refuses_invitations(&actor, &address).await;
        if refuses.map_err(|refusal| refused(&what, &refusal))? {
            return Err(Failure::new(&what)
                .because("who reads this mailbox asked not to be invited again")
                .mend("vestibule block remove ADDRESS, when they want to be invited after all"));
        }
        let invited = directory.invite(&actor, Version::V1, &body, None).await;
        invited.map_err(|refusal| refused(&what, &refusal))
    })?;
    let link = args.show_links.then_some(&invited.link);
    if args.json {
        return Ok(terminal::print_json(&json!({
            "id": invited.invitation, "userId": invited.user, "address": address, "link": link,
        }))?);
    }
    let mut text = format!(
        "{} invited as {}\n",
        printable(&address),
        invited.invitation
    );
    if let Some(link) = link {
        text = text + link + "\n";
    }
    Ok(terminal::print(&text)?)
}
