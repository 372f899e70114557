//! One letter of each kind, with all that a letter can have and with as little as it can have: what
//! an operator's templates are tried out with.

use std::collections::BTreeSet;
use std::path::Path;

use directory::MailPicture;
use directory::letter::{InvitationText, LetterKind, MemberText};
use jiff::Timestamp;
use minijinja::{Environment, context};
use uuid::Uuid;

use super::branding::Brand;
use super::languages;
use super::letters;
use crate::pages::Colour;
use crate::templates::{TemplateFault, check_variables, names_in};

/// Renders every template with every letter, and looks for variables there are not.
pub(super) fn try_out(
    set: &Environment<'static>,
    folder: &Path,
    own: &[(&'static str, String)],
) -> Result<(), TemplateFault> {
    for (name, source) in own {
        let mut known = BTreeSet::new();
        for (kind, brand) in letters() {
            let words = letters::words(languages::of(None), &kind);
            let frame = letters::frame(languages::of(None), &words, &brand);
            known.extend(names_in(&frame));
            if name
                .strip_prefix(words.template)
                .is_some_and(|rest| rest.starts_with('.'))
            {
                known.extend(names_in(&words.values));
            }
        }
        check_variables(set, (folder, name, source), &known)?;
    }
    for (kind, brand) in letters() {
        for sentences in languages::ALL {
            let words = letters::words(sentences, &kind);
            let frame = letters::frame(sentences, &words, &brand);
            let values = context! { ..words.values.clone(), ..frame };
            for form in ["txt", "html"] {
                let template = set.get_template(&format!("{}.{form}", words.template));
                template
                    .and_then(|template| template.render(&values))
                    .map_err(|error| TemplateFault::of(folder, &error))?;
            }
        }
    }
    Ok(())
}

fn letters() -> Vec<(LetterKind, Brand)> {
    let full = Brand {
        logo: Some(MailPicture {
            media_type: "image/png",
            bytes: Vec::new().into(),
        }),
        accent: Colour::parse("#0f5f4b"),
        reply_to: Some("help@contoso.example".to_owned()),
        footer: Some("Contoso Ltd\nLondon".to_owned()),
        ..Brand::default()
    };
    let mut found = Vec::new();
    for (brand, is_full) in [(full, true), (Brand::default(), false)] {
        found.extend(kinds(is_full).into_iter().map(|kind| (kind, brand.clone())));
    }
    found
}

fn kinds(is_full: bool) -> [LetterKind; 5] {
    let member = MemberText {
        member: Uuid::nil(),
        organisation: "Contoso".to_owned(),
        organisation_domain: "contoso.example".to_owned(),
        person: "Sam Rivera".to_owned(),
    };
    let invitation = InvitationText {
        invitation: Uuid::nil(),
        organisation: "Contoso".to_owned(),
        organisation_domain: "contoso.example".to_owned(),
        inviter: "Adele Vance".to_owned(),
        by_person: is_full,
        invited: "sam@fabrikam.example".to_owned(),
        guest_name: is_full.then(|| "Sam Rivera".to_owned()),
        message: is_full.then(|| "Welcome.".to_owned()),
        redirect_host: "app.contoso.example".to_owned(),
        expires_at: Timestamp::UNIX_EPOCH,
    };
    [
        LetterKind::Invitation {
            invitation: invitation.clone(),
            link: "https://id.contoso.example/redeem/?ticket=x".to_owned(),
            cc: None,
        },
        LetterKind::InvitationCopy {
            invitation,
            name: None,
        },
        LetterKind::Code {
            organisation: "Contoso".to_owned(),
            code: "12345678".to_owned(),
            expires_at: Timestamp::UNIX_EPOCH,
        },
        LetterKind::Membership {
            member: member.clone(),
            approved: is_full,
            sign_in_name: "sam@contoso.example".to_owned(),
            contact: is_full.then(|| "help@contoso.example".to_owned()),
        },
        LetterKind::MembershipRequest {
            member,
            asked_by: "Portal".to_owned(),
            address: "sam@fabrikam.example".to_owned(),
        },
    ]
}
