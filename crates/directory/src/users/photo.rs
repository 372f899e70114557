//! A user's photo: read, put, removed.

use jiff::Timestamp;
use serde_json::json;
use store::{Lookup, PhotoRow, Tx, UserRow};
use uuid::Uuid;

use super::picture::Picture;
use super::{Condition, UserKey, permitted_row};
use crate::actor::Actor;
use crate::audit;
use crate::directory::Directory;
use crate::permission::Operation;
use crate::refusal::Refusal;

/// A photo and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Photo {
    /// The user.
    pub user: Uuid,
    /// The photo.
    pub row: PhotoRow,
}

/// What the write needs, drawn before it.
struct PhotoChange {
    actor: Actor,
    key: UserKey,
    id: Uuid,
    condition: Condition,
    at: Timestamp,
    /// `None`: removed.
    photo: Option<PhotoRow>,
}

impl Directory {
    /// The photo, the picture with it. [`Refusal::NoPhoto`] without one.
    pub async fn photo(&self, actor: &Actor, key: &UserKey) -> Result<Photo, Refusal> {
        let reader = self.store().read(actor.tenant);
        reader
            .snapshot(async |on| {
                let user = pictured(actor, key, on).await?;
                let row = on.photo(user).await?.ok_or(Refusal::NoPhoto)?;
                Ok(Photo { user, row })
            })
            .await
    }

    /// Its version, type and size, without the picture.
    pub async fn photo_head(&self, actor: &Actor, key: &UserKey) -> Result<Photo, Refusal> {
        let reader = self.store().read(actor.tenant);
        reader
            .snapshot(async |on| {
                let user = pictured(actor, key, on).await?;
                let row = on.photo_head(user).await?.ok_or(Refusal::NoPhoto)?;
                Ok(Photo { user, row })
            })
            .await
    }

    /// Puts a photo in the place of the one there is; its version.
    pub async fn put_photo(
        &self,
        actor: &Actor,
        key: &UserKey,
        file: Vec<u8>,
        condition: Condition,
    ) -> Result<i64, Refusal> {
        let row = self.writable(actor, key).await?;
        let picture = Picture::of(&file).map_err(Refusal::Picture)?;
        let photo = PhotoRow {
            // Above each version that a photo of this user had before it was removed: an ETag of
            // those days must not pass for this one.
            version: self.now().as_microsecond(),
            media_type: picture.media_type.to_owned(),
            width: picture.width,
            height: picture.height,
            picture: file,
        };
        self.change_photo(actor, key, row.id, condition, Some(photo))
            .await
    }

    /// Removes it. [`Refusal::NoPhoto`] without one.
    pub async fn delete_photo(
        &self,
        actor: &Actor,
        key: &UserKey,
        condition: Condition,
    ) -> Result<(), Refusal> {
        let row = self.writable(actor, key).await?;
        self.change_photo(actor, key, row.id, condition, None)
            .await
            .map(drop)
    }

    async fn change_photo(
        &self,
        actor: &Actor,
        key: &UserKey,
        id: Uuid,
        condition: Condition,
        photo: Option<PhotoRow>,
    ) -> Result<i64, Refusal> {
        let input = PhotoChange {
            actor: actor.clone(),
            key: key.clone(),
            id,
            condition,
            at: self.now(),
            photo,
        };
        self.store()
            .write(actor.tenant, input, |tx, input| Box::pin(run(tx, input)))
            .await
    }

    /// The user whose photo the actor may write.
    async fn writable(&self, actor: &Actor, key: &UserKey) -> Result<UserRow, Refusal> {
        let operations = (Operation::WritePhoto, Operation::WriteOwnPhoto);
        self.permitted_row(actor, key, operations).await
    }
}

/// The user whose photo the actor may see.
async fn pictured(actor: &Actor, key: &UserKey, on: &mut impl Lookup) -> Result<Uuid, Refusal> {
    let operations = (Operation::ReadPhoto, Operation::ReadSelf);
    Ok(permitted_row(actor, key, on, operations).await?.id)
}

async fn run(tx: &mut Tx, input: &PhotoChange) -> Result<i64, Refusal> {
    if tx.user(input.id).await?.is_none() {
        return Err(input.key.not_found());
    }
    let found = tx.photo_head(input.id).await?.map(|photo| photo.version);
    input.condition.check_version(found.unwrap_or(0))?;
    let (activity, version) = match &input.photo {
        Some(photo) => ("Set user photo", tx.put_photo(input.id, photo).await?),
        None if tx.delete_photo(input.id).await? => ("Remove user photo", 0),
        None => return Err(Refusal::NoPhoto),
    };
    let details = match &input.photo {
        Some(photo) => json!({ "mediaType": photo.media_type, "bytes": photo.picture.len() }),
        None => json!({}),
    };
    let target = audit::Target::user(input.id);
    tx.audit(audit::record(
        &input.actor,
        input.at,
        activity,
        target,
        &details,
    ));
    Ok(version)
}
