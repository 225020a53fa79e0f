//! The loops in plain Rust, shaped so that the compiler can use what vector instructions every
//! machine of the target has.

use super::{BLOCK, Scale, Sums};

pub(super) fn scan(block: &[u8], tables: &[u8], sums: &mut [u16; BLOCK]) {
    *sums = [0; BLOCK];
    for (bytes, pair) in block.chunks_exact(BLOCK).zip(tables.chunks_exact(32)) {
        let (even, odd) = pair.split_at(16);
        for (sum, byte) in sums.iter_mut().zip(bytes) {
            *sum += u16::from(even[usize::from(byte & 15)]);
            *sum += u16::from(odd[usize::from(byte >> 4)]);
        }
    }
}

#[inline(always)]
pub(super) fn bounds(scale: Scale, of: Sums<'_>, bounds: &mut [f32]) -> f32 {
    let mut highest = [f32::MIN; 16];
    let bound = |sum: u16, factor: f32, error: f32| {
        (f32::from(sum) * scale.step + scale.offset) * factor + scale.margin * error
    };
    let parts = of.factors.chunks(16).zip(of.errors.chunks(16));
    let parts = parts.zip(of.sums.chunks(16)).zip(bounds.chunks_mut(16));
    for (((factors, errors), sums), bounds) in parts {
        let whole = (
            factors.first_chunk::<16>(),
            errors.first_chunk(),
            bounds.first_chunk_mut(),
        );
        if let (Some(factors), Some(errors), Some(bounds)) = whole {
            let bounds: &mut [f32; 16] = bounds;
            let errors: &[f32; 16] = errors;
            for lane in 0..16 {
                bounds[lane] = bound(sums[lane], factors[lane], errors[lane]);
                highest[lane] = if bounds[lane] > highest[lane] {
                    bounds[lane]
                } else {
                    highest[lane]
                };
            }
        } else {
            let rest = bounds.iter_mut().zip(sums).zip(factors).zip(errors);
            for (((slot, sum), factor), error) in rest {
                *slot = bound(*sum, *factor, *error);
                highest[0] = highest[0].max(*slot);
            }
        }
    }
    highest.into_iter().fold(f32::MIN, f32::max)
}

#[inline(always)]
pub(super) fn dot_codes(query: &[i8], code: &[i8]) -> i32 {
    let products = query.iter().zip(code);
    products.map(|(a, b)| i32::from(*a) * i32::from(*b)).sum()
}

/// Sixteen independent sums, which the compiler turns into vector instructions.
#[inline(always)]
pub(super) fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0f32; 16];
    let (a_lanes, b_lanes) = (a.chunks_exact(16), b.chunks_exact(16));
    let rest = a_lanes.remainder().iter().zip(b_lanes.remainder());
    let rest: f32 = rest.map(|(x, y)| x * y).sum();
    for (x, y) in a_lanes.zip(b_lanes) {
        for lane in 0..16 {
            sums[lane] += x[lane] * y[lane];
        }
    }
    sums.iter().sum::<f32>() + rest
}

#[inline(always)]
pub(super) fn dot_halves(query: &[f32], high: &[i8], low: &[i8]) -> f32 {
    let mut sums = [0.0f32; 16];
    let halves = high.chunks_exact(16).zip(low.chunks_exact(16));
    for (x, (high, low)) in query.chunks_exact(16).zip(halves) {
        for lane in 0..16 {
            let whole = i32::from(high[lane]) * 256 + i32::from(low[lane]);
            sums[lane] += x[lane] * whole as f32;
        }
    }
    sums.iter().sum()
}
