//! What kind of picture a file is, and how large: from its own first bytes, never from what its
//! sender calls it. Nothing is decoded.

use crate::refusal::PictureFault;

/// Bytes of a photo: the documented limit.
pub const MOST_BYTES: usize = 4 * 1024 * 1024;

/// Pixels of a side. A file of a few bytes can claim any size, and a program that shows it
/// allocates all of that: this many squared are 64 MB.
const MOST_PIXELS: u32 = 4_096;

/// A picture that is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Picture {
    /// `image/jpeg` or `image/png`.
    pub(super) media_type: &'static str,
    /// In pixels.
    pub(super) width: u32,
    /// In pixels.
    pub(super) height: u32,
}

impl Picture {
    pub(super) fn of(file: &[u8]) -> Result<Self, PictureFault> {
        if file.len() > MOST_BYTES {
            return Err(PictureFault::Bytes);
        }
        let (media_type, size) = match png(file) {
            Some(size) => ("image/png", size),
            None => ("image/jpeg", jpeg(file).ok_or(PictureFault::Kind)?),
        };
        let (width, height) = size;
        let fits = |side| (1..=MOST_PIXELS).contains(&side);
        if fits(width) && fits(height) {
            Ok(Self {
                media_type,
                width,
                height,
            })
        } else {
            Err(PictureFault::Pixels)
        }
    }
}

/// Width and height, which the first chunk begins with.
fn png(file: &[u8]) -> Option<(u32, u32)> {
    let rest = file.strip_prefix(b"\x89PNG\r\n\x1a\n")?;
    let header = rest.strip_prefix(b"\0\0\0\rIHDR")?;
    let (width, rest) = header.split_first_chunk()?;
    let (height, _) = rest.split_first_chunk()?;
    Some((u32::from_be_bytes(*width), u32::from_be_bytes(*height)))
}

/// Width and height from the first frame header. Each segment before it says how long it is, so
/// that every step goes on in the file.
fn jpeg(file: &[u8]) -> Option<(u32, u32)> {
    let mut rest = file.strip_prefix(b"\xff\xd8")?;
    loop {
        rest = rest.strip_prefix(b"\xff")?;
        let (&marker, after) = rest.split_first()?;
        rest = after;
        match marker {
            // Fill bytes and markers without a segment.
            0xff => {
                rest = file.get(file.len() - after.len() - 1..)?;
            }
            0x01 | 0xd0..=0xd7 => {}
            // A frame header: length, precision, height, width.
            0xc0..=0xcf if !matches!(marker, 0xc4 | 0xc8 | 0xcc) => {
                let [_, _, _, h1, h2, w1, w2, ..] = after else {
                    return None;
                };
                let side = |high: &u8, low: &u8| u32::from(u16::from_be_bytes([*high, *low]));
                return Some((side(w1, w2), side(h1, h2)));
            }
            // The picture begins, or ends, without a frame header.
            0xd8..=0xda => return None,
            _ => {
                let (length, _) = after.split_first_chunk()?;
                rest = after.get(usize::from(u16::from_be_bytes(*length)).max(2)..)?;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{MOST_BYTES, Picture};
    use crate::refusal::PictureFault;

    fn png(width: u32, height: u32) -> Vec<u8> {
        let mut file = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
        file.extend(width.to_be_bytes());
        file.extend(height.to_be_bytes());
        file
    }

    fn jpeg(before: &[u8], marker: u8, width: u16, height: u16) -> Vec<u8> {
        let mut file = b"\xff\xd8".to_vec();
        file.extend(before);
        file.extend([0xff, marker, 0, 11, 8]);
        file.extend(height.to_be_bytes());
        file.extend(width.to_be_bytes());
        file
    }

    #[test]
    fn kinds_and_sizes() {
        let check = |file: &[u8], expected: Result<(&str, u32, u32), PictureFault>| {
            let found = Picture::of(file);
            let found = found.map(|it| (it.media_type, it.width, it.height));
            let start = file.get(..12.min(file.len()));
            assert_eq!(found, expected, "{start:?}");
        };
        check(&png(640, 480), Ok(("image/png", 640, 480)));
        check(&jpeg(&[], 0xc0, 48, 64), Ok(("image/jpeg", 48, 64)));
        check(&jpeg(&[], 0xc2, 1, 4096), Ok(("image/jpeg", 1, 4096)));
        let segments = [0xff, 0xe0, 0, 4, 1, 2, 0xff, 0xff, 0xc4, 0, 2];
        check(&jpeg(&segments, 0xc1, 9, 8), Ok(("image/jpeg", 9, 8)));
        for (width, height) in [(0, 5), (5, 0), (4097, 5), (5, u32::MAX)] {
            check(&png(width, height), Err(PictureFault::Pixels));
        }
        check(&jpeg(&[], 0xc0, 5000, 5), Err(PictureFault::Pixels));
        for other in [
            &b""[..],
            b"GIF89a\x01\0\x01\0",
            b"BM\0\0\0\0",
            b"<svg xmlns='http://www.w3.org/2000/svg'/>",
            b"<html><script>",
            b"\xff\xd8",
            b"\xff\xd8\xff",
            b"\xff\xd8\xff\xff\xff\xff",
            b"\xff\xd8\xff\xe0",
            b"\xff\xd8\xff\xe0\0\0\0",
            b"\xff\xd8\xff\xda\0\x02",
            b"\xff\xd8\xff\xe0\xff\xff\0",
            b"\x89PNG\r\n\x1a\n",
        ] {
            check(other, Err(PictureFault::Kind));
        }
        // Cut anywhere, a picture is no picture.
        let whole = jpeg(&segments, 0xc0, 9, 8);
        for end in 0..whole.len() {
            check(&whole[..end], Err(PictureFault::Kind));
        }
        let mut long = png(1, 1);
        long.resize(MOST_BYTES + 1, 0);
        check(&long, Err(PictureFault::Bytes));
    }
}
