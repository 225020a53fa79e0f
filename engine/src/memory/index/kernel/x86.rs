//! The loops for x86-64. The loops over floats are the portable ones, compiled for wider registers.
//!
//! The checked functions at the top are the only way in: each asks the processor (the answer is cached
//! by the standard library) before it calls what needs the instructions.

#![expect(
    unsafe_code,
    reason = "instructions that not every processor has can be called no other way"
)]

use std::arch::x86_64::*;

use super::{BLOCK, Scale, Sums, portable};

pub(super) fn has_avx2() -> bool {
    is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma")
}

pub(super) fn has_avx512() -> bool {
    has_avx2()
        && is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512vl")
        && is_x86_feature_detected!("avx512vnni")
}

macro_rules! checked {
    ($($name:ident = $has:ident ? $inner:ident : $other:path, ($($arg:ident: $type:ty),*) $(-> $result:ty)?;)*) => {
        $(pub(super) fn $name($($arg: $type),*) $(-> $result)? {
            if $has() {
                // SAFETY: the processor has the instructions, as was asked in the line above.
                unsafe { $inner($($arg),*) }
            } else {
                $other($($arg),*)
            }
        })*
    };
}

checked! {
    scan_avx2 = has_avx2 ? scan_256 : portable::scan, (block: &[u8], tables: &[u8], sums: &mut [u16; BLOCK]);
    scan_avx512 = has_avx512 ? scan_512 : portable::scan, (block: &[u8], tables: &[u8], sums: &mut [u16; BLOCK]);
    bounds_avx2 = has_avx2 ? bounds_256 : portable::bounds, (scale: Scale, of: Sums<'_>, bounds: &mut [f32]) -> f32;
    bounds_avx512 = has_avx512 ? bounds_512 : portable::bounds, (scale: Scale, of: Sums<'_>, bounds: &mut [f32]) -> f32;
    dot_codes_avx2 = has_avx2 ? dot_codes_256 : portable::dot_codes, (query: &[i8], code: &[i8]) -> i32;
    dot_codes_avx512 = has_avx512 ? dot_codes_512 : portable::dot_codes, (query: &[i8], code: &[i8]) -> i32;
    dot_avx2 = has_avx2 ? dot_256 : portable::dot, (a: &[f32], b: &[f32]) -> f32;
    dot_avx512 = has_avx512 ? dot_512 : portable::dot, (a: &[f32], b: &[f32]) -> f32;
    dot_halves_avx2 = has_avx2 ? dot_halves_256 : portable::dot_halves, (query: &[f32], high: &[i8], low: &[i8]) -> f32;
    dot_halves_avx512 = has_avx512 ? dot_halves_512 : portable::dot_halves, (query: &[f32], high: &[i8], low: &[i8]) -> f32;
}

#[target_feature(enable = "avx2,fma")]
fn bounds_256(scale: Scale, of: Sums<'_>, bounds: &mut [f32]) -> f32 {
    portable::bounds(scale, of, bounds)
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl,fma")]
fn bounds_512(scale: Scale, of: Sums<'_>, bounds: &mut [f32]) -> f32 {
    portable::bounds(scale, of, bounds)
}

#[target_feature(enable = "avx2,fma")]
fn dot_256(a: &[f32], b: &[f32]) -> f32 {
    portable::dot(a, b)
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl,fma")]
fn dot_512(a: &[f32], b: &[f32]) -> f32 {
    portable::dot(a, b)
}

#[target_feature(enable = "avx2,fma")]
fn dot_halves_256(query: &[f32], high: &[i8], low: &[i8]) -> f32 {
    portable::dot_halves(query, high, low)
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl,fma")]
fn dot_halves_512(query: &[f32], high: &[i8], low: &[i8]) -> f32 {
    portable::dot_halves(query, high, low)
}

#[target_feature(enable = "avx2")]
fn dot_codes_256(query: &[i8], code: &[i8]) -> i32 {
    portable::dot_codes(query, code)
}

#[target_feature(enable = "avx512f")]
fn load_512<T: Copy>(values: &[T; 64]) -> __m512i {
    const { assert!(size_of::<T>() == 1) };
    // SAFETY: the reference is to 64 bytes, and the load asks for no alignment.
    unsafe { _mm512_loadu_si512(values.as_ptr().cast()) }
}

#[target_feature(enable = "avx2")]
fn load_256(values: &[u8; 32]) -> __m256i {
    // SAFETY: the reference is to 32 bytes, and the load asks for no alignment.
    unsafe { _mm256_loadu_si256(values.as_ptr().cast()) }
}

/// The instruction multiplies unsigned with signed bytes: the query is shifted by 128 to be unsigned,
/// and what that adds is summed beside it and taken off again.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn dot_codes_512(query: &[i8], code: &[i8]) -> i32 {
    let (shift, one) = (_mm512_set1_epi8(i8::MIN), _mm512_set1_epi8(1));
    let mut products = _mm512_setzero_si512();
    let mut values = _mm512_setzero_si512();
    let codes = code.as_chunks::<64>().0.iter().map(|code| load_512(code));
    for (query, code) in query.as_chunks::<64>().0.iter().zip(codes) {
        let query = _mm512_xor_si512(load_512(query), shift);
        products = _mm512_dpbusd_epi32(products, query, code);
        values = _mm512_dpbusd_epi32(values, one, code);
    }
    _mm512_reduce_add_epi32(_mm512_sub_epi32(products, _mm512_slli_epi32::<7>(values)))
}

/// Table look-ups for 64 vectors by byte shuffles. Eight entries are summed in a byte before they are
/// widened, which the bound on entries allows.
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
fn scan_512(block: &[u8], tables: &[u8], sums: &mut [u16; BLOCK]) {
    let low = _mm512_set1_epi8(15);
    let mut halves = [_mm512_setzero_si512(); 2];
    let (rows, tables) = (block.as_chunks::<64>().0, tables.as_chunks::<16>().0);
    for (rows, tables) in rows.chunks(4).zip(tables.chunks(8)) {
        let mut bytes = _mm512_setzero_si512();
        for (row, pair) in rows.iter().zip(tables.as_chunks::<2>().0) {
            let row = load_512(row);
            let even = _mm512_and_si512(row, low);
            let odd = _mm512_and_si512(_mm512_srli_epi16::<4>(row), low);
            let even = _mm512_shuffle_epi8(_mm512_broadcast_i32x4(load_128(&pair[0])), even);
            let odd = _mm512_shuffle_epi8(_mm512_broadcast_i32x4(load_128(&pair[1])), odd);
            bytes = _mm512_add_epi8(bytes, _mm512_add_epi8(even, odd));
        }
        for (half, bytes) in halves.iter_mut().zip([
            _mm512_castsi512_si256(bytes),
            _mm512_extracti64x4_epi64::<1>(bytes),
        ]) {
            *half = _mm512_add_epi16(*half, _mm512_cvtepu8_epi16(bytes));
        }
    }
    let (first, second) = sums.split_at_mut(32);
    for (half, sums) in halves.into_iter().zip([first, second]) {
        // SAFETY: each part is of 32 sums, that is 64 bytes, and the store asks for no alignment.
        unsafe { _mm512_storeu_si512(sums.as_mut_ptr().cast(), half) };
    }
}

/// As [`scan_512`], in two halves of 32 vectors.
#[target_feature(enable = "avx2")]
fn scan_256(block: &[u8], tables: &[u8], sums: &mut [u16; BLOCK]) {
    let low = _mm256_set1_epi8(15);
    let mut parts = [_mm256_setzero_si256(); 4];
    let (rows, tables) = (block.as_chunks::<64>().0, tables.as_chunks::<16>().0);
    for (rows, tables) in rows.chunks(4).zip(tables.chunks(8)) {
        let mut bytes = [_mm256_setzero_si256(); 2];
        for (row, pair) in rows.iter().zip(tables.as_chunks::<2>().0) {
            let [even_table, odd_table] = pair
                .each_ref()
                .map(|t| _mm256_broadcastsi128_si256(load_128(t)));
            for (bytes, row) in bytes.iter_mut().zip(row.as_chunks::<32>().0) {
                let row = load_256(row);
                let even = _mm256_and_si256(row, low);
                let odd = _mm256_and_si256(_mm256_srli_epi16::<4>(row), low);
                let even = _mm256_shuffle_epi8(even_table, even);
                let odd = _mm256_shuffle_epi8(odd_table, odd);
                *bytes = _mm256_add_epi8(*bytes, _mm256_add_epi8(even, odd));
            }
        }
        for (parts, bytes) in parts.as_chunks_mut::<2>().0.iter_mut().zip(bytes) {
            let lower = _mm256_cvtepu8_epi16(_mm256_castsi256_si128(bytes));
            let upper = _mm256_cvtepu8_epi16(_mm256_extracti128_si256::<1>(bytes));
            parts[0] = _mm256_add_epi16(parts[0], lower);
            parts[1] = _mm256_add_epi16(parts[1], upper);
        }
    }
    for (part, sums) in parts.into_iter().zip(sums.as_chunks_mut::<16>().0) {
        // SAFETY: the array has 16 sums, that is 32 bytes, and the store asks for no alignment.
        unsafe { _mm256_storeu_si256(sums.as_mut_ptr().cast(), part) };
    }
}

#[target_feature(enable = "avx2")]
fn load_128(values: &[u8; 16]) -> __m128i {
    // SAFETY: the reference is to 16 bytes, and the load asks for no alignment.
    unsafe { _mm_loadu_si128(values.as_ptr().cast()) }
}
