//! A file as UTF-8, whatever Unicode it was saved in: Excel's "Unicode Text" and PowerShell's `>`
//! write UTF-16.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

/// Bytes read from the file at a time.
pub(super) const BUFFER: usize = 256 * 1024;
/// No byte of UTF-8: it stands for what is no UTF-16, and makes the row that has it be refused.
const NOT_TEXT: u8 = 0xFF;

/// An open file.
pub(super) type Source = Box<dyn BufRead + Send>;

/// Opens a file, and says how many of its bytes stand behind one that is read.
pub(super) fn open(path: &Path) -> io::Result<(Source, u64)> {
    decoded(BufReader::with_capacity(BUFFER, File::open(path)?))
}

/// UTF-16 begins with a mark, which tells the order of its bytes; all else is taken for UTF-8.
fn decoded(mut input: impl BufRead + Send + 'static) -> io::Result<(Source, u64)> {
    let start = input.fill_buf()?;
    let order: Option<fn([u8; 2]) -> u16> = match start {
        [0xFF, 0xFE, ..] => Some(u16::from_le_bytes),
        [0xFE, 0xFF, ..] => Some(u16::from_be_bytes),
        _ => None,
    };
    let Some(order) = order else {
        return Ok((Box::new(input), 1));
    };
    input.consume(2);
    let utf16 = Utf16 {
        input,
        order,
        high: None,
        ready: Vec::new(),
        taken: 0,
    };
    Ok((Box::new(BufReader::with_capacity(BUFFER, utf16)), 2))
}

/// Reads UTF-16 as UTF-8.
struct Utf16<R> {
    input: R,
    order: fn([u8; 2]) -> u16,
    /// The first half of a pair, whose other half comes next.
    high: Option<u16>,
    ready: Vec<u8>,
    taken: usize,
}

impl<R: BufRead> Utf16<R> {
    /// Decodes what the input has in its buffer; `false` at its end.
    fn decode(&mut self) -> io::Result<bool> {
        self.ready.clear();
        self.taken = 0;
        let buffer = self.input.fill_buf()?;
        if buffer.is_empty() {
            if self.high.take().is_some() {
                self.ready.push(NOT_TEXT);
                return Ok(true);
            }
            return Ok(false);
        }
        let mut units: Vec<u16> = self.high.take().into_iter().collect();
        let used = if let [only] = buffer {
            // A unit that lies across two buffers, or a file with an odd number of bytes.
            let first = *only;
            self.input.consume(1);
            let Some(second) = self.input.fill_buf()?.first().copied() else {
                self.ready.push(NOT_TEXT);
                return Ok(true);
            };
            units.push((self.order)([first, second]));
            1
        } else {
            let pairs = buffer.chunks_exact(2);
            let rest = pairs.remainder().len();
            units.extend(pairs.filter_map(|pair| Some((self.order)(pair.try_into().ok()?))));
            buffer.len() - rest
        };
        self.input.consume(used);
        if units
            .last()
            .is_some_and(|unit| (0xD800..0xDC00).contains(unit))
        {
            self.high = units.pop();
        }
        for letter in char::decode_utf16(units) {
            match letter {
                Ok(letter) => {
                    let mut bytes = [0; 4];
                    self.ready
                        .extend_from_slice(letter.encode_utf8(&mut bytes).as_bytes());
                }
                Err(_) => self.ready.push(NOT_TEXT),
            }
        }
        Ok(true)
    }
}

impl<R: BufRead> Read for Utf16<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.taken == self.ready.len() {
            if !self.decode()? {
                return Ok(0);
            }
        }
        let mut left = self.ready.get(self.taken..).unwrap_or_default();
        let count = left.read(out)?;
        self.taken += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: Vec<u8>, capacity: usize) -> Vec<u8> {
        let input = BufReader::with_capacity(capacity, io::Cursor::new(bytes));
        let mut out = Vec::new();
        decoded(input).unwrap().0.read_to_end(&mut out).unwrap();
        out
    }

    #[test]
    fn both_orders_are_read_across_every_boundary() {
        let text = "Name;Größe;はい 𝒳\r\n";
        let units: Vec<u16> = std::iter::once(0xFEFF).chain(text.encode_utf16()).collect();
        let little: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
        let big: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
        for capacity in [2, 3, 4, 5, 7, 64] {
            assert_eq!(
                read(little.clone(), capacity),
                text.as_bytes(),
                "{capacity}"
            );
            assert_eq!(read(big.clone(), capacity), text.as_bytes(), "{capacity}");
        }
        assert_eq!(read(text.as_bytes().to_vec(), 64), text.as_bytes());
    }

    #[test]
    fn what_is_no_utf_16_is_no_utf_8_either() {
        for bytes in [
            vec![0xFF, 0xFE, b'a', 0, b'b'],
            vec![0xFF, 0xFE, 0x00, 0xD8],
            vec![0xFF, 0xFE, 0x00, 0xDC, b'a', 0],
            vec![0xFF, 0xFE, 0x00, 0xD8, b'a', 0],
        ] {
            assert!(
                String::from_utf8(read(bytes.clone(), 64)).is_err(),
                "{bytes:?}"
            );
        }
    }
}
