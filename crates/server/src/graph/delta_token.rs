//! The tokens of change tracking: where a client stands and what it asks for, sealed (T-34). They
//! hold the whole query, so that a link needs nothing beside its token.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use directory::{DeltaPlace, DeltaStep, Directory, Sealer};
use edm::Version;
use jiff::Timestamp;
use odata::Changed;
use odata::limits::DELTA_TOKEN_BYTES;
use store::TenantId;
use uuid::Uuid;

use super::envelope::GraphError;

/// Life of a `$skiptoken` in seconds, as on lists: a client that pauses overnight may go on.
const PAGE_LIFE: i64 = 24 * 3600;

/// Life of a `$deltatoken` in seconds: as long as changes are kept. The documented service promises
/// seven days.
const DELTA_LIFE: i64 = 30 * 24 * 3600;

/// Bytes before the query: step, generation, three places, an id, page size, flags, expiry.
const FIXED: usize = 1 + 8 + 3 * 8 + 16 + 2 + 1 + 8;

/// Whose token it is.
#[derive(Clone, Copy, Debug)]
pub struct Scope {
    /// The tenant.
    pub tenant: TenantId,
    /// The version of the API, whose properties differ.
    pub version: Version,
    /// Whose changes; what one collection gave is none of the other's.
    pub of: Changed,
}

/// What a token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenContent {
    /// Where to go on.
    pub place: DeltaPlace,
    /// The query without tokens, canonical.
    pub query: String,
    /// The page size that was preferred by a header, which clients do not send again; 0 where none
    /// was.
    pub page_size: u16,
    /// Whether this round shows changed properties alone.
    pub minimal: bool,
}

/// Why a token is of no use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Useless {
    /// Made up, altered, of another tenant, version or collection, or no token of this kind.
    Foreign,
    /// Ours, but too old.
    Expired,
}

impl Scope {
    /// Authenticated beside the text: the two kinds do not open as each other.
    fn purpose(self, is_delta: bool) -> Vec<u8> {
        let mut purpose = self.tenant.0.as_bytes().to_vec();
        purpose.extend_from_slice(self.version.as_str().as_bytes());
        purpose.extend_from_slice(if is_delta { b" delta" } else { b" delta page" });
        if self.of == Changed::Objects {
            purpose.extend_from_slice(b" objects");
        }
        purpose
    }

    /// The token: a `$deltatoken` where the walk or round is over, else a `$skiptoken`.
    pub fn seal(
        self,
        directory: &Directory,
        token_content: &TokenContent,
    ) -> Result<String, GraphError> {
        let is_delta = token_content.place.is_end();
        let life = if is_delta { DELTA_LIFE } else { PAGE_LIFE };
        let expires = directory.now().as_second() + life;
        let plain = written(token_content, expires);
        let sealed = directory
            .keys()
            .page
            .seal(&self.purpose(is_delta), &plain, directory.ids().nonce())
            .map_err(|error| GraphError::internal(error.to_string()))?;
        let token = URL_SAFE_NO_PAD.encode(sealed);
        if token.len() > DELTA_TOKEN_BYTES {
            // Only hundreds of names that nobody declared are that long.
            return Err(GraphError::query("The query is too long to be tracked."));
        }
        Ok(token)
    }

    /// What the token says, of the kind asked for.
    pub fn open(
        self,
        directory: &Directory,
        is_delta: bool,
        token: &str,
    ) -> Result<TokenContent, Useless> {
        self.opened(&directory.keys().page, directory.now(), is_delta, token)
    }

    /// [`open`](Self::open) with a given key and at a given instant.
    pub fn opened(
        self,
        key: &Sealer,
        now: Timestamp,
        is_delta: bool,
        token: &str,
    ) -> Result<TokenContent, Useless> {
        let plain = URL_SAFE_NO_PAD
            .decode(token)
            .ok()
            .and_then(|sealed| key.open(&self.purpose(is_delta), &sealed))
            .ok_or(Useless::Foreign)?;
        let (token_content, expires) = read(&plain).ok_or(Useless::Foreign)?;
        if now.as_second() < expires {
            Ok(token_content)
        } else {
            Err(Useless::Expired)
        }
    }
}

/// The text of a token, as [`read`] takes it apart.
pub fn written(token_content: &TokenContent, expires: i64) -> Vec<u8> {
    let (kind, places, id) = match token_content.place.step {
        DeltaStep::Walk { head, after } => (1_u8, [head, 0, 0], after),
        DeltaStep::Round {
            after,
            head,
            position,
        } => (2, [after, head, position], Uuid::nil()),
        DeltaStep::Since { after } => (3, [after, 0, 0], Uuid::nil()),
    };
    let mut plain = Vec::with_capacity(FIXED + token_content.query.len());
    plain.push(kind);
    plain.extend_from_slice(&token_content.place.generation.to_be_bytes());
    for place in places {
        plain.extend_from_slice(&place.to_be_bytes());
    }
    plain.extend_from_slice(id.as_bytes());
    plain.extend_from_slice(&token_content.page_size.to_be_bytes());
    plain.push(u8::from(token_content.minimal));
    plain.extend_from_slice(&expires.to_be_bytes());
    plain.extend_from_slice(token_content.query.as_bytes());
    plain
}

/// Takes the text apart; the token's end is the query's.
pub fn read(plain: &[u8]) -> Option<(TokenContent, i64)> {
    fn number(rest: &mut &[u8]) -> Option<i64> {
        let (number, after) = rest.split_first_chunk::<8>()?;
        *rest = after;
        Some(i64::from_be_bytes(*number))
    }
    let (kind, mut rest) = plain.split_first()?;
    let generation = number(&mut rest)?;
    let places = [number(&mut rest)?, number(&mut rest)?, number(&mut rest)?];
    let (id, mut rest) = rest.split_first_chunk::<16>()?;
    let (size, after) = rest.split_first_chunk::<2>()?;
    let (minimal, after) = after.split_first()?;
    rest = after;
    let expires = number(&mut rest)?;
    let step = match (kind, places) {
        (1, [head, ..]) => DeltaStep::Walk {
            head,
            after: Uuid::from_bytes(*id),
        },
        (2, [after, head, position]) => DeltaStep::Round {
            after,
            head,
            position,
        },
        (3, [after, ..]) => DeltaStep::Since { after },
        _ => return None,
    };
    let token_content = TokenContent {
        place: DeltaPlace { generation, step },
        query: std::str::from_utf8(rest).ok()?.to_owned(),
        page_size: u16::from_be_bytes(*size),
        minimal: *minimal == 1,
    };
    Some((token_content, expires))
}
