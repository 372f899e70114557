//! `$skiptoken`: where the next page begins, sealed (T-34).
//!
//! The client keeps the position for us. It is sealed for the collection and tenant, and holds the
//! hash of the query it belongs to and when it ends: one that was made up, altered, taken to
//! another query or another tenant, or kept too long does not open.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use directory::{Directory, NotSealed, Sealer};
use jiff::Timestamp;
use store::{Cursor, TenantId};
use uuid::Uuid;

use super::envelope::{GraphError, code};

/// Life of a token in seconds: a client that pauses overnight may go on, one that kept a link for
/// weeks begins again.
const LIFETIME: i64 = 24 * 3600;

/// Bytes of the query's hash that are kept: the seal already keeps strangers out, the hash only has
/// to tell queries apart.
const HASH_BYTES: usize = 16;

/// What a page belongs to.
#[derive(Clone, Copy, Debug)]
pub struct PageOf<'a> {
    /// The entity set.
    pub collection: &'static str,
    /// Whose.
    pub tenant: TenantId,
    /// The query without its `$skiptoken`, in canonical form, with the version.
    pub query: &'a str,
}

impl PageOf<'_> {
    /// Authenticated beside the text: the collection and the tenant.
    fn purpose(&self) -> Vec<u8> {
        let mut purpose = self.tenant.0.as_bytes().to_vec();
        purpose.extend_from_slice(self.collection.as_bytes());
        purpose
    }

    fn query_hash(&self) -> Vec<u8> {
        let hash = digest(&SHA256, self.query.as_bytes());
        hash.as_ref().iter().copied().take(HASH_BYTES).collect()
    }

    /// The token for the page after `after`.
    pub fn seal(&self, directory: &Directory, after: Uuid) -> Result<String, GraphError> {
        self.sealed(directory, after.as_bytes())
    }

    fn sealed(&self, directory: &Directory, position: &[u8]) -> Result<String, GraphError> {
        let (keys, now) = (directory.keys(), directory.now());
        self.token(&keys.page, now, directory.ids().nonce(), position)
            .map_err(|error| GraphError::internal(error.to_string()))
    }

    /// The token that holds a position.
    pub fn token(
        &self,
        key: &Sealer,
        now: Timestamp,
        nonce: [u8; 12],
        position: &[u8],
    ) -> Result<String, NotSealed> {
        let expires = now.as_second() + LIFETIME;
        let mut plain = Vec::with_capacity(8 + HASH_BYTES + position.len());
        plain.extend_from_slice(&expires.to_be_bytes());
        plain.extend_from_slice(&self.query_hash());
        plain.extend_from_slice(position);
        let sealed = key.seal(&self.purpose(), &plain, nonce)?;
        Ok(URL_SAFE_NO_PAD.encode(sealed))
    }

    /// The token for the page after `cursor`.
    pub fn seal_cursor(
        &self,
        directory: &Directory,
        cursor: &Cursor,
    ) -> Result<String, GraphError> {
        let token = self.sealed(directory, &cursor.to_bytes())?;
        if token.len() > odata::limits::SKIP_TOKEN_BYTES {
            let message = "What this page is sorted by is too long for a link to the next one. Sort by fewer or shorter \
                           properties, or by one that is indexed.";
            return Err(GraphError::query(message));
        }
        Ok(token)
    }

    /// Where the page begins.
    pub fn open_cursor(&self, directory: &Directory, token: &str) -> Result<Cursor, GraphError> {
        let bytes = self.position(&directory.keys().page, directory.now(), token);
        bytes
            .and_then(|bytes| Cursor::from_bytes(&bytes))
            .ok_or_else(expired)
    }

    /// The object the page begins after.
    pub fn open(&self, directory: &Directory, token: &str) -> Result<Uuid, GraphError> {
        let bytes = self.position(&directory.keys().page, directory.now(), token);
        bytes
            .and_then(|bytes| Uuid::from_slice(&bytes).ok())
            .ok_or_else(expired)
    }

    /// The position that a token holds.
    pub fn position(&self, key: &Sealer, now: Timestamp, token: &str) -> Option<Vec<u8>> {
        let sealed = URL_SAFE_NO_PAD.decode(token).ok()?;
        let plain = key.open(&self.purpose(), &sealed)?;
        let (expires, rest) = plain.split_first_chunk::<8>()?;
        let (hash, position) = rest.split_first_chunk::<HASH_BYTES>()?;
        let live = now.as_second() < i64::from_be_bytes(*expires);
        (live && hash[..] == self.query_hash()[..]).then(|| position.to_vec())
    }
}

/// Status 400: the walk has to begin anew.
pub(super) fn expired() -> GraphError {
    let message = "The page token is not valid, has expired, or belongs to another query. Begin again with the first page.";
    let mut error = GraphError::query(message);
    error.code = code::EXPIRED_PAGE_TOKEN;
    error
}
