//! The inner loops of vector search, for the machine that the program happens to run on.
//!
//! Each loop exists in a portable form, which is also the oracle of the others, and for x86-64 with
//! AVX2 or AVX-512, chosen when a search begins. All forms of the integer loops give the same bits; sums
//! of floats may differ in the last place, since they are added in another order.

mod portable;
#[cfg(target_arch = "x86_64")]
mod x86;

/// Vectors that one block of one-bit codes holds.
pub(super) const BLOCK: usize = 64;
/// Codes are padded to a multiple of so many components.
pub(super) const LANES: usize = 64;
/// Values in a table of [`Kernel::scan`] are at most this, so that eight of them fit a byte.
pub(super) const TABLE_MAX: u8 = 31;

/// What a sum over a query's tables means, and how much is allowed for error.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale {
    pub(super) step: f32,
    pub(super) offset: f32,
    /// Standard errors that are added.
    pub(super) margin: f32,
}

/// The sums of a block's vectors with each vector's factor and standard error.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sums<'a> {
    pub(super) sums: &'a [u16; BLOCK],
    pub(super) factors: &'a [f32],
    pub(super) errors: &'a [f32],
}

/// Which form of the loops is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kernel {
    /// Plain Rust.
    Portable,
    /// 256-bit integers.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// 512-bit integers with byte shuffles and byte dot products.
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

impl Kernel {
    /// The fastest that this machine has.
    pub(super) fn detected() -> Self {
        Self::available().last().copied().unwrap_or(Self::Portable)
    }

    /// All that this machine has, slowest first.
    pub(super) fn available() -> Vec<Self> {
        #[cfg_attr(
            not(target_arch = "x86_64"),
            expect(unused_mut, reason = "other machines have no more")
        )]
        let mut kernels = vec![Self::Portable];
        #[cfg(target_arch = "x86_64")]
        {
            if x86::has_avx2() {
                kernels.push(Self::Avx2);
            }
            if x86::has_avx512() {
                kernels.push(Self::Avx512);
            }
        }
        kernels
    }

    /// Sums table entries for each vector of a block. `block` holds, for each pair of groups, one
    /// byte per vector with the groups' four bits in its halves; `tables` holds 16 entries per group.
    pub(super) fn scan(self, block: &[u8], tables: &[u8], sums: &mut [u16; BLOCK]) {
        match self {
            Self::Portable => portable::scan(block, tables, sums),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => x86::scan_avx2(block, tables, sums),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => x86::scan_avx512(block, tables, sums),
        }
    }

    /// Turns the sums of a block into bounds of dot products, and gives the highest.
    pub(super) fn bounds(self, scale: Scale, of: Sums<'_>, bounds: &mut [f32]) -> f32 {
        match self {
            Self::Portable => portable::bounds(scale, of, bounds),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => x86::bounds_avx2(scale, of, bounds),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => x86::bounds_avx512(scale, of, bounds),
        }
    }

    /// The dot product of two codes of the same length, a multiple of [`LANES`].
    pub(super) fn dot_codes(self, query: &[i8], code: &[i8]) -> i32 {
        match self {
            Self::Portable => portable::dot_codes(query, code),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => x86::dot_codes_avx2(query, code),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => x86::dot_codes_avx512(query, code),
        }
    }

    /// The dot product of two vectors.
    pub(super) fn dot(self, a: &[f32], b: &[f32]) -> f32 {
        match self {
            Self::Portable => portable::dot(a, b),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => x86::dot_avx2(a, b),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => x86::dot_avx512(a, b),
        }
    }

    /// The dot product of a vector with a code in two halves: `high * 256 + low`.
    pub(super) fn dot_halves(self, query: &[f32], high: &[i8], low: &[i8]) -> f32 {
        match self {
            Self::Portable => portable::dot_halves(query, high, low),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => x86::dot_halves_avx2(query, high, low),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => x86::dot_halves_avx512(query, high, low),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_form_gives_the_sums_of_the_portable_one(
            block in prop::collection::vec(any::<u8>(), 24 * BLOCK),
            tables in prop::collection::vec(0..=TABLE_MAX, 48 * 16),
        ) {
            let mut want = [0u16; BLOCK];
            portable::scan(&block, &tables, &mut want);
            let one = |vector: usize| -> u16 {
                (0..48).map(|group| {
                    let byte = block[group / 2 * BLOCK + vector];
                    let bits = if group % 2 == 0 { byte & 15 } else { byte >> 4 };
                    u16::from(tables[group * 16 + usize::from(bits)])
                }).sum()
            };
            prop_assert_eq!(want.to_vec(), (0..BLOCK).map(one).collect::<Vec<_>>());
            for kernel in Kernel::available() {
                let mut sums = [7u16; BLOCK];
                kernel.scan(&block, &tables, &mut sums);
                prop_assert_eq!(sums, want, "{:?}", kernel);
            }
        }

        #[test]
        fn every_form_gives_the_same_bounds(
            sums in prop::array::uniform32(0u16..2000), factors in prop::collection::vec(0.0f32..0.2, 1..=BLOCK),
        ) {
            let mut block = [0; BLOCK];
            block[..32].copy_from_slice(&sums);
            block[32..].copy_from_slice(&sums);
            let of = Sums { sums: &block, factors: &factors, errors: &factors };
            let scale = Scale { step: 0.01, offset: -7.0, margin: 1.5 };
            for kernel in Kernel::available() {
                let mut bounds = vec![0.0; factors.len()];
                let highest = kernel.bounds(scale, of, &mut bounds);
                for (at, bound) in bounds.iter().enumerate() {
                    let want = (f64::from(block[at]) * 0.01 - 7.0) * f64::from(factors[at]) + 1.5 * f64::from(factors[at]);
                    prop_assert!((f64::from(*bound) - want).abs() < 1e-4, "{:?}", kernel);
                }
                prop_assert_eq!(Some(highest), bounds.iter().copied().reduce(f32::max));
            }
        }

        #[test]
        fn every_form_gives_the_same_dot_products(
            query in prop::collection::vec(any::<i8>(), 192),
            code in prop::collection::vec(any::<i8>(), 192),
        ) {
            let want: i32 = query.iter().zip(&code).map(|(a, b)| i32::from(*a) * i32::from(*b)).sum();
            let floats: Vec<f32> = query.iter().map(|q| f32::from(*q) / 128.0).collect();
            let halves: f64 = floats.iter().zip(query.iter().zip(&code))
                .map(|(f, (high, low))| f64::from(*f) * (f64::from(*high) * 256.0 + f64::from(*low)))
                .sum();
            let square: f64 = floats.iter().map(|f| f64::from(*f).powi(2)).sum();
            for kernel in Kernel::available() {
                prop_assert_eq!(kernel.dot_codes(&query, &code), want, "{:?}", kernel);
                let got = f64::from(kernel.dot_halves(&floats, &query, &code));
                prop_assert!((got - halves).abs() <= halves.abs() * 1e-4 + 1.0, "{:?}", kernel);
                let got = f64::from(kernel.dot(&floats, &floats));
                prop_assert!((got - square).abs() <= square * 1e-5, "{:?}", kernel);
            }
        }
    }
}
