//! Randomness as an argument: a seeded stream, for jitter and for keys that are worth nothing by themselves.

/// SplitMix64 (Steele, Lea, Flood 2014): one word of state, good enough to spread deadlines.
#[derive(Clone, Debug)]
pub(crate) struct Rng(u64);

impl Rng {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// 128 bits as text that a header can carry.
    pub(crate) fn text(&mut self) -> String {
        let mut text = String::new();
        for _ in 0..32 {
            let digit = self.up_to(15) as usize;
            text.push_str("0123456789abcdef".get(digit..=digit).unwrap_or_default());
        }
        text
    }

    /// A tab's name, which is never zero.
    pub(crate) fn tab(&mut self) -> u32 {
        (self.up_to(u64::from(u32::MAX)) as u32).max(1)
    }

    /// A number from 0 to `bound`, both included.
    pub(crate) fn up_to(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^= z >> 31;
        match bound.checked_add(1) {
            Some(n) => z % n,
            None => z,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stream_is_splitmix64_as_its_authors_print_it() {
        let mut rng = Rng::new(1_234_567);
        let first = [6_457_827_717_110_365_317, 3_203_168_211_198_807_973];
        assert_eq!([rng.up_to(u64::MAX), rng.up_to(u64::MAX)], first);
    }

    #[test]
    fn a_tab_is_never_zero_and_two_are_rarely_the_same() {
        let names: std::collections::BTreeSet<u32> =
            (0..1_000).map(|seed| Rng::new(seed).tab()).collect();
        assert!(!names.contains(&0));
        assert_eq!(names.len(), 1_000);
        let halves = names.iter().filter(|name| **name > u32::MAX / 2).count();
        assert!((400..600).contains(&halves), "all bits are used: {halves}");
    }
}
