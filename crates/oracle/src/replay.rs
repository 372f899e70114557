//! The driver with which all crates replay and mutate their corpora in every test run, not led by
//! coverage.

/// What a target is: a plain function of bytes that ends the process by an assertion when something
/// does not hold.
pub type Target = fn(&[u8]);

/// Longest input that the driver makes: beyond it nothing new happens, it only takes longer.
const LONGEST: usize = 2_000;

/// Runs a target on a case of its corpus and on so many mutations of it, in which `words` are
/// strewn. A case is always mutated in the same way, so that a failure comes again.
pub fn replay(target: Target, case: &[u8], words: &[&str], mutations: usize) {
    target(case);
    // FNV-1a of the case: two of them are not mutated alike.
    let seed = case.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let mut chance = Chance(seed | 1);
    let mut bytes = case.to_vec();
    for _ in 0..mutations {
        mutate(&mut bytes, words, &mut chance);
        bytes.truncate(LONGEST);
        target(&bytes);
        // Start again from the case now and then: otherwise all becomes noise.
        if chance.below(12) == 0 {
            bytes = case.to_vec();
        }
    }
}

/// Xorshift: its state is never zero.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % (bound.max(1) as u64)).unwrap_or(0)
    }
}

fn mutate(bytes: &mut Vec<u8>, words: &[&str], chance: &mut Chance) {
    let at = chance.below(bytes.len() + 1);
    let end = (at + chance.below(8)).min(bytes.len());
    let piece = bytes.get(at..end).unwrap_or_default().to_vec();
    match chance.below(5) {
        0 => {
            bytes.drain(at..end);
        }
        1 => {
            let word = words.get(chance.below(words.len())).unwrap_or(&"");
            bytes.splice(at..at, word.bytes());
        }
        2 => {
            bytes.splice(at..at, piece.repeat(1 + chance.below(6)));
        }
        3 => {
            let byte = u8::try_from(chance.below(256)).unwrap_or(0);
            bytes.splice(at..end, [byte]);
        }
        _ => {
            let to = chance.below(bytes.len() + 1);
            bytes.splice(to..to, piece);
        }
    }
}
