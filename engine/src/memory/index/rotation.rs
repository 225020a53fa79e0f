//! A fixed random rotation, so that no component of a vector says more than another.
//!
//! One-bit codes estimate a dot product well when errors of the components are independent; learned
//! vectors are not like that, rotated ones are (Gao and Long 2024, "RaBitQ"). The rotation is a product
//! of sign changes and Walsh-Hadamard transforms, which takes `n log n` steps instead of `n²`. Lengths
//! that are no power of two are covered by two overlapping transforms per round.

use super::kernel::LANES;

const ROUNDS: usize = 3;
/// Where the sequence of signs begins. Part of the format: other signs make kept codes meaningless.
const SEED: u64 = 0x5eed_0f51_9a7e_c7e5;

/// Rotates vectors of one length.
#[derive(Debug, Clone)]
pub(super) struct Rotation {
    dimensions: usize,
    padded: usize,
    /// One sign per round and component.
    signs: Vec<f32>,
}

impl Rotation {
    pub(super) fn new(dimensions: usize) -> Self {
        let padded = dimensions.max(1).next_multiple_of(LANES);
        let mut state = SEED;
        let mut sign = || {
            // The generator of Steele, Lea and Flood 2014 ("SplitMix").
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut mixed = state;
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            if (mixed ^ (mixed >> 31)) & 1 == 0 {
                1.0
            } else {
                -1.0
            }
        };
        Self {
            dimensions,
            padded,
            signs: (0..ROUNDS * padded).map(|_| sign()).collect(),
        }
    }

    /// Components before the rotation.
    pub(super) fn dimensions(&self) -> usize {
        self.dimensions
    }

    /// Components after it.
    pub(super) fn padded(&self) -> usize {
        self.padded
    }

    /// The rotated vector; its length and its dot products are those of `vector`.
    pub(super) fn turn(&self, vector: impl Iterator<Item = f32>) -> Vec<f32> {
        let mut values: Vec<f32> = vector.take(self.dimensions).collect();
        values.resize(self.padded, 0.0);
        let reach = self.reach();
        for signs in self.signs.chunks_exact(self.padded) {
            for (value, sign) in values.iter_mut().zip(signs) {
                *value *= sign;
            }
            transform(&mut values[..reach]);
            if reach < self.padded {
                transform(&mut values[self.padded - reach..]);
            }
        }
        values
    }

    /// The vector that [`Self::turn`] made `values` of.
    pub(super) fn turn_back(&self, mut values: Vec<f32>) -> Vec<f32> {
        let reach = self.reach();
        for signs in self.signs.chunks_exact(self.padded).rev() {
            if reach < self.padded {
                transform(&mut values[self.padded - reach..]);
            }
            transform(&mut values[..reach]);
            for (value, sign) in values.iter_mut().zip(signs) {
                *value *= sign;
            }
        }
        values.truncate(self.dimensions);
        values
    }

    /// The largest power of two within the length.
    fn reach(&self) -> usize {
        (self.padded / 2 + 1).next_power_of_two()
    }
}

/// The Walsh-Hadamard transform in place, scaled so that applying it twice changes nothing.
fn transform(values: &mut [f32]) {
    let mut width = 1;
    while width < values.len() {
        for pair in values.chunks_exact_mut(width * 2) {
            let (left, right) = pair.split_at_mut(width);
            for (a, b) in left.iter_mut().zip(right) {
                (*a, *b) = (*a + *b, *a - *b);
            }
        }
        width *= 2;
    }
    let scale = 1.0 / (values.len() as f32).sqrt();
    for value in values {
        *value *= scale;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn dot(a: &[f32], b: &[f32]) -> f32 {
        a.iter().zip(b).map(|(x, y)| x * y).sum()
    }

    proptest! {
        #[test]
        fn dot_products_stay_and_the_way_back_is_exact(
            dimensions in 1usize..400,
            seed in prop::collection::vec(-1.0f32..1.0, 800),
        ) {
            let rotation = Rotation::new(dimensions);
            let (a, b) = (&seed[..dimensions], &seed[400..400 + dimensions]);
            let (turned_a, turned_b) = (rotation.turn(a.iter().copied()), rotation.turn(b.iter().copied()));
            prop_assert_eq!(turned_a.len() % LANES, 0);
            prop_assert!((dot(a, b) - dot(&turned_a, &turned_b)).abs() < 1e-3);
            for (there, back) in a.iter().zip(rotation.turn_back(turned_a)) {
                prop_assert!((there - back).abs() < 1e-5);
            }
        }
    }

    #[test]
    fn one_large_component_is_spread_over_all() {
        for dimensions in [256, 384, 100] {
            let rotation = Rotation::new(dimensions);
            let unit = (0..dimensions).map(|at| if at == 3 { 1.0 } else { 0.0 });
            let turned = rotation.turn(unit);
            let largest = turned.iter().fold(0.0f32, |m, v| m.max(v.abs()));
            assert!(largest < 0.35, "{dimensions}: {largest}");
        }
    }
}
