//! Where a page ended.

use uuid::Uuid;

/// Keys kept of a cursor: more than `$orderby` takes.
const KEYS: usize = 64;

/// The last row of a page, by its sort keys. The next page begins after them, even if the row was
/// changed or deleted since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    pub(crate) keys: Vec<Vec<u8>>,
    pub(crate) id: Uuid,
}

impl Cursor {
    /// After the object with this id, in an order by id alone.
    pub fn after_id(id: Uuid) -> Self {
        Self {
            keys: Vec::new(),
            id,
        }
    }

    /// As bytes, for a page token. They hold values of the object: seal them.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.id.as_bytes().to_vec();
        for key in &self.keys {
            // A key is a property's value: 16 KiB at most by the property table.
            let len = u16::try_from(key.len()).unwrap_or(u16::MAX);
            bytes.extend_from_slice(&len.to_be_bytes());
            bytes.extend(key.iter().take(usize::from(len)));
        }
        bytes
    }

    /// Of [`Cursor::to_bytes`]; `None` for anything else.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (id, mut rest) = bytes.split_at_checked(16)?;
        let mut keys = Vec::new();
        while !rest.is_empty() {
            let (len, after) = rest.split_first_chunk::<2>()?;
            let (key, after) = after.split_at_checked(usize::from(u16::from_be_bytes(*len)))?;
            keys.push(key.to_vec());
            rest = after;
            if keys.len() > KEYS {
                return None;
            }
        }
        Some(Self {
            keys,
            id: Uuid::from_slice(id).ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Cursor;
    use uuid::Uuid;

    #[test]
    fn there_and_back() {
        for keys in [
            vec![],
            vec![vec![]],
            vec![vec![0], vec![1, 2, 3]],
            vec![vec![7; 3000]],
        ] {
            let cursor = Cursor {
                keys,
                id: Uuid::from_u128(7),
            };
            let bytes = cursor.to_bytes();
            assert_eq!(Cursor::from_bytes(&bytes), Some(cursor));
            let cut = bytes.get(..bytes.len() - 1).unwrap();
            assert_ne!(
                Cursor::from_bytes(cut).map(|c| c.to_bytes()).as_deref(),
                Some(&*bytes)
            );
        }
        assert_eq!(Cursor::from_bytes(b"short"), None);
        assert_eq!(Cursor::from_bytes(&[1; 17]), None);
    }
}
