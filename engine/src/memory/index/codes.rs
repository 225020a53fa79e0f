//! Vectors in 16 bits per component, kept as two planes of 8: a dot product with the upper plane
//! alone is good for choosing, one with both is within 0.0001 of that with the vector itself.
//!
//! What is coded is the rotated vector, each with a scale of its own, so that a code depends on nothing
//! but its vector. The upper plane is what a scan walks over; the lower is read for the few that are
//! left. Taking off a common centre first would make rougher codes do, but then every code would depend
//! on what else is there; an embedder that gives all texts a common part takes it off itself.

use super::kernel::Kernel;
use super::rotation::Rotation;

/// The largest value of a 16-bit code, so that its rounded upper half still fits a byte.
const CODE_MAX: f32 = 127.0 * 256.0;

/// The nearest whole number. `round` is a call where the processor's own rounding is not assumed.
fn nearest(value: f32) -> i32 {
    (value + 0.5f32.copysign(value)) as i32
}

/// A query made ready for all codes.
#[derive(Debug)]
pub(super) struct CodedQuery {
    /// Rotated.
    pub(super) values: Vec<f32>,
    high: Vec<i8>,
    scale: f32,
}

/// The codes of many vectors.
#[derive(Debug, Clone, Default)]
pub(super) struct Codes {
    pub(super) high: Vec<i8>,
    pub(super) low: Vec<i8>,
    /// What a 16-bit code is to be multiplied with.
    pub(super) scales: Vec<f32>,
}

impl CodedQuery {
    pub(super) fn new(rotation: &Rotation, query: &[f32]) -> Self {
        let values = rotation.turn(query.iter().copied());
        let largest = values.iter().fold(0.0f32, |m, v| m.max(v.abs()));
        let scale = largest.max(f32::MIN_POSITIVE) / 127.0;
        let high = values.iter().map(|v| nearest(v / scale) as i8).collect();
        Self {
            values,
            high,
            scale,
        }
    }
}

impl Codes {
    pub(super) fn len(&self) -> usize {
        self.scales.len()
    }

    /// Adds the code of a rotated vector.
    pub(super) fn push(&mut self, values: &[f32]) {
        let largest = values.iter().fold(0.0f32, |m, v| m.max(v.abs()));
        let scale = largest.max(f32::MIN_POSITIVE) / CODE_MAX;
        for value in values {
            let code = nearest(value / scale);
            let high = (code + 128) >> 8;
            self.high.push(high as i8);
            self.low.push((code - high * 256) as i8);
        }
        self.scales.push(scale);
    }

    /// Puts codes back that were kept; none if the planes do not belong together.
    pub(super) fn restored(
        padded: usize,
        high: Vec<i8>,
        low: Vec<i8>,
        scales: Vec<f32>,
    ) -> Option<Self> {
        let whole = scales.len().checked_mul(padded)?;
        if high.len() != whole || low.len() != whole || padded == 0 {
            return None;
        }
        Some(Self { high, low, scales })
    }

    /// Removes the code at `place`; the last one takes its place.
    pub(super) fn swap_remove(&mut self, place: usize, padded: usize) {
        let last = self.len() - 1;
        for plane in [&mut self.high, &mut self.low] {
            plane.copy_within(last * padded..(last + 1) * padded, place * padded);
            plane.truncate(last * padded);
        }
        self.scales.swap_remove(place);
    }

    /// The dot product by the upper planes.
    pub(super) fn rough(&self, kernel: Kernel, query: &CodedQuery, place: usize) -> f32 {
        let padded = query.values.len();
        let code = &self.high[place * padded..(place + 1) * padded];
        let whole = kernel.dot_codes(&query.high, code);
        whole as f32 * (query.scale * self.scales[place] * 256.0)
    }

    /// The dot product by both planes.
    pub(super) fn fine(&self, kernel: Kernel, query: &CodedQuery, place: usize) -> f32 {
        let range = place * query.values.len()..(place + 1) * query.values.len();
        let sum = kernel.dot_halves(&query.values, &self.high[range.clone()], &self.low[range]);
        (sum * self.scales[place]).clamp(-1.0, 1.0)
    }

    /// The rotated vector at `place`.
    pub(super) fn decoded(&self, place: usize, padded: usize) -> Vec<f32> {
        let range = place * padded..(place + 1) * padded;
        let halves = self.high[range.clone()].iter().zip(&self.low[range]);
        let scale = self.scales[place];
        halves
            .map(|(high, low)| (i32::from(*high) * 256 + i32::from(*low)) as f32 * scale)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_code_is_within_a_ten_thousandth_of_its_vector(
            values in prop::collection::vec(-1.0f32..1.0, 128), query in prop::collection::vec(-1.0f32..1.0, 128),
        ) {
            let unit = |v: Vec<f32>| { let n = v.iter().map(|x| x * x).sum::<f32>().sqrt().max(1e-6); v.into_iter().map(|x| x / n).collect::<Vec<_>>() };
            let (values, query) = (unit(values), unit(query));
            let mut codes = Codes::default();
            codes.push(&values);
            for (value, decoded) in values.iter().zip(codes.decoded(0, 128)) {
                prop_assert!((value - decoded).abs() < 1e-4);
            }
            let rotation = Rotation::new(128);
            let mut codes = Codes::default();
            codes.push(&rotation.turn(values.iter().copied()));
            let coded = CodedQuery::new(&rotation, &query);
            let want: f32 = values.iter().zip(&query).map(|(a, b)| a * b).sum();
            for kernel in Kernel::available() {
                prop_assert!((codes.fine(kernel, &coded, 0) - want).abs() < 1e-4);
                prop_assert!((codes.rough(kernel, &coded, 0) - want).abs() < 0.02);
            }
        }
    }

    #[test]
    fn planes_that_do_not_belong_together_are_refused() {
        assert!(Codes::restored(64, vec![0; 64], vec![0; 63], vec![1.0]).is_none());
        assert!(Codes::restored(64, vec![0; 64], vec![0; 64], vec![1.0]).is_some());
    }
}
