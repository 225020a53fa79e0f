//! One bit per component, and what it says of a dot product.
//!
//! The estimate is that of RaBitQ (Gao and Long, SIGMOD 2024): the signs `s` of a vector `r` give
//! `<q, r> ≈ <q, s> · |r|² / <r, s>`, without bias over random rotations, with a standard error that is
//! known for each vector. `<q, s>` is read from tables of sixteen entries, one per four components, as
//! faiss does in its fast scan (André, Kermarrec and Le Scouarnec 2017): 64 vectors at a time, without
//! touching a single float.

use super::kernel::{BLOCK, Kernel, Scale, Sums, TABLE_MAX};

/// The signs of many vectors in blocks of 64.
#[derive(Debug, Clone, Default)]
pub(super) struct Signs {
    padded: usize,
    /// Blocks; in a block, for each eight components one byte per vector.
    blocks: Vec<u8>,
    /// `|r|² / <r, s>`.
    factors: Vec<f32>,
    /// The standard error of the estimate for a query of length one.
    errors: Vec<f32>,
}

/// What the sums over a query's tables mean.
#[derive(Debug)]
pub(super) struct Tables {
    entries: Vec<u8>,
    step: f32,
    offset: f32,
}

impl Tables {
    /// The tables of a rotated query.
    pub(super) fn new(query: &[f32]) -> Self {
        let sums: Vec<[f32; 16]> = query.as_chunks::<4>().0.iter().map(sign_sums).collect();
        // The largest of a group is that of its absolute values, the smallest its negative.
        let spread = sums.iter().flatten().fold(0.0f32, |m, v| m.max(*v));
        let step = (2.0 * spread / f32::from(TABLE_MAX)).max(f32::MIN_POSITIVE);
        let lowest = |sums: &[f32; 16]| sums.iter().fold(0.0f32, |m, v| m.min(*v));
        let mut entries = Vec::with_capacity(sums.len() * 16);
        for group in &sums {
            let low = lowest(group);
            // Not `round`, which is a call where the processor's rounding is not assumed.
            entries.extend(group.iter().map(|v| ((v - low) / step + 0.5) as u8));
        }
        Self {
            entries,
            step,
            offset: sums.iter().map(lowest).sum(),
        }
    }
}

/// The sums of four values under each choice of signs; a set bit means plus.
fn sign_sums(values: &[f32; 4]) -> [f32; 16] {
    let mut sums = [0.0; 16];
    sums[0] = -values.iter().sum::<f32>();
    for bits in 1..16usize {
        let lowest = bits.trailing_zeros() as usize;
        sums[bits] = sums[bits & (bits - 1)] + 2.0 * values[lowest];
    }
    sums
}

impl Signs {
    pub(super) fn new(padded: usize) -> Self {
        Self {
            padded,
            ..Self::default()
        }
    }

    pub(super) fn len(&self) -> usize {
        self.factors.len()
    }

    fn block_bytes(&self) -> usize {
        self.padded / 8 * BLOCK
    }

    /// Adds the signs of a rotated vector.
    pub(super) fn push(&mut self, values: &[f32]) {
        let place = self.len();
        if place.is_multiple_of(BLOCK) {
            self.blocks
                .resize(self.blocks.len() + self.block_bytes(), 0);
        }
        let start = place / BLOCK * self.block_bytes() + place % BLOCK;
        for (row, values) in values.as_chunks::<8>().0.iter().enumerate() {
            let bit = |(at, v): (usize, &f32)| u8::from(*v > 0.0) << at;
            let byte = values.iter().enumerate().map(bit).sum();
            self.blocks[start + row * BLOCK] = byte;
        }
        let square: f32 = values.iter().map(|v| v * v).sum();
        let absolute: f32 = values.iter().map(|v| v.abs()).sum();
        if absolute > 0.0 {
            let dimensions = self.padded as f32;
            let aligned = (absolute * absolute / (square * dimensions)).clamp(1e-6, 1.0);
            let error = (square * (1.0 - aligned) / aligned / (dimensions - 1.0)).sqrt();
            self.factors.push(square / absolute);
            self.errors.push(error);
        } else {
            self.factors.push(0.0);
            self.errors.push(0.0);
        }
    }

    /// Removes the signs at `place`; the last ones take their place.
    pub(super) fn swap_remove(&mut self, place: usize) {
        let (last, bytes) = (self.len() - 1, self.block_bytes());
        let start = |place: usize| place / BLOCK * bytes + place % BLOCK;
        for row in 0..self.padded / 8 {
            self.blocks[start(place) + row * BLOCK] = self.blocks[start(last) + row * BLOCK];
        }
        self.factors.swap_remove(place);
        self.errors.swap_remove(place);
        self.blocks.truncate(last.div_ceil(BLOCK) * bytes);
    }

    /// For each vector, the estimated dot product plus `margin` standard errors, and for each block the
    /// highest of them with its place.
    pub(super) fn bounds(
        &self,
        kernel: Kernel,
        tables: &Tables,
        margin: f32,
        bounds: &mut Vec<f32>,
        highest: &mut Vec<(f32, u32)>,
    ) {
        highest.clear();
        let scale = Scale {
            step: tables.step,
            offset: tables.offset,
            margin,
        };
        bounds.resize(self.len(), 0.0);
        let mut sums = [0u16; BLOCK];
        let blocks = self.blocks.chunks_exact(self.block_bytes().max(1));
        let of_vectors = self.factors.chunks(BLOCK).zip(self.errors.chunks(BLOCK));
        let parts = blocks.zip(of_vectors).zip(bounds.chunks_mut(BLOCK));
        for (first, ((block, (factors, errors)), bounds)) in (0u32..).step_by(BLOCK).zip(parts) {
            kernel.scan(block, &tables.entries, &mut sums);
            let of = Sums {
                sums: &sums,
                factors,
                errors,
            };
            highest.push((kernel.bounds(scale, of, bounds), first));
        }
    }
}
