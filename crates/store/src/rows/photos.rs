//! Photos of users, one each. Apart from the users, so that no list of them reads a picture from
//! the disk.

use crate::engine::connection::Connection;
use crate::engine::row::{Read, only};
use crate::sql::statements;
use crate::sql::value::binds;
use crate::{StoreError, TenantId, Tx};
use uuid::Uuid;

/// A photo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhotoRow {
    /// Counts up with every photo that replaces another: the ETag.
    pub version: i64,
    /// Media type, by the picture's own first bytes.
    pub media_type: String,
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// The file. Empty where only the other columns were asked for.
    pub picture: Vec<u8>,
}

statements! {
    Tenant PHOTO = "SELECT version, media_type, width, height, picture FROM photos \
        WHERE tenant_id = ?1 AND user_id = ?2";
    Tenant PHOTO_HEAD = "SELECT version, media_type, width, height FROM photos WHERE tenant_id = ?1 AND user_id = ?2";
    Tenant PUT_PHOTO = "INSERT INTO photos (tenant_id, user_id, version, media_type, width, height, picture) \
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (tenant_id, user_id) DO UPDATE SET version = photos.version + 1, \
        media_type = ?4, width = ?5, height = ?6, picture = ?7 RETURNING version";
    Tenant DELETE_PHOTO = "DELETE FROM photos WHERE tenant_id = ?1 AND user_id = ?2";
}

const READ_HEAD: Read<PhotoRow> = |row| {
    Ok(PhotoRow {
        version: row.take()?,
        media_type: row.take()?,
        width: row.take()?,
        height: row.take()?,
        picture: Vec::new(),
    })
};
const READ_PHOTO: Read<PhotoRow> = |row| {
    let head = READ_HEAD(row)?;
    Ok(PhotoRow {
        picture: row.take()?,
        ..head
    })
};

pub(crate) async fn photo(
    on: &mut Connection,
    tenant: TenantId,
    user: Uuid,
) -> Result<Option<PhotoRow>, StoreError> {
    on.row(&PHOTO, binds![tenant, user], READ_PHOTO).await
}

pub(crate) async fn photo_head(
    on: &mut Connection,
    tenant: TenantId,
    user: Uuid,
) -> Result<Option<PhotoRow>, StoreError> {
    on.row(&PHOTO_HEAD, binds![tenant, user], READ_HEAD).await
}

impl Tx {
    /// Puts a photo in the place of the one there is; its version. `photo.version` counts only
    /// where there is none.
    pub async fn put_photo(&mut self, user: Uuid, photo: &PhotoRow) -> Result<i64, StoreError> {
        let binds = binds![
            self.tenant(),
            user,
            photo.version,
            &photo.media_type,
            photo.width,
            photo.height,
            &photo.picture,
        ];
        let version = self.connection().row(&PUT_PHOTO, binds, only).await?;
        version.ok_or_else(|| StoreError::Corrupt("photo vanished".into()))
    }

    /// Removes a photo; `false` when there is none.
    pub async fn delete_photo(&mut self, user: Uuid) -> Result<bool, StoreError> {
        let binds = binds![self.tenant(), user];
        Ok(self.connection().execute(&DELETE_PHOTO, binds).await? == 1)
    }
}
