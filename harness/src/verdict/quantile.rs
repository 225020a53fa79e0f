//! Quantiles of the normal distribution and of Student's t at any level, for judgements that have to
//! be surer than 99 % each so that all of them together are.

/// The value above which the normal distribution has a share of `tail` (0 to 0.5): Acklam's rational
/// approximation, relative error below 1.2e-9.
#[must_use]
pub(super) fn normal(tail: f64) -> f64 {
    const A: [f64; 6] = [
        -3.969_683_028_665_376e1,
        2.209_460_984_245_205e2,
        -2.759_285_104_469_687e2,
        1.383_577_518_672_69e2,
        -3.066_479_806_614_716e1,
        2.506_628_277_459_239,
    ];
    const B: [f64; 5] = [
        -5.447_609_879_822_406e1,
        1.615_858_368_580_409e2,
        -1.556_989_798_598_866e2,
        6.680_131_188_771_972e1,
        -1.328_068_155_288_572e1,
    ];
    const C: [f64; 6] = [
        -7.784_894_002_430_293e-3,
        -3.223_964_580_411_365e-1,
        -2.400_758_277_161_838,
        -2.549_732_539_343_734,
        4.374_664_141_464_968,
        2.938_163_982_698_783,
    ];
    const D: [f64; 4] = [
        7.784_695_709_041_462e-3,
        3.224_671_290_700_398e-1,
        2.445_134_137_142_996,
        3.754_408_661_907_416,
    ];
    let polynomial = |coefficients: &[f64], x: f64| {
        coefficients
            .iter()
            .fold(0.0, |sum, coefficient| sum * x + coefficient)
    };
    if tail < 0.024_25 {
        let q = (-2.0 * tail.ln()).sqrt();
        return -polynomial(&C, q) / (polynomial(&D, q) * q + 1.0);
    }
    let q = 0.5 - tail;
    let r = q * q;
    polynomial(&A, r) * q / (polynomial(&B, r) * r + 1.0)
}

/// The value above which Student's t with so many degrees of freedom has a share of `tail`.
#[must_use]
pub(super) fn student(degrees: f64, tail: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    while student_tail(degrees, high) > tail && high < 1e12 {
        low = high;
        high *= 2.0;
    }
    for _ in 0..80 {
        let middle = f64::midpoint(low, high);
        if student_tail(degrees, middle) > tail {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}

/// P(T > t) for t >= 0, by the incomplete beta function (Abramowitz and Stegun 26.7.1).
fn student_tail(degrees: f64, t: f64) -> f64 {
    0.5 * incomplete_beta(degrees / 2.0, 0.5, degrees / (degrees + t * t))
}

/// The regularised incomplete beta function, by its continued fraction (Abramowitz and Stegun 26.5.8)
/// with the method of Lentz (1976).
fn incomplete_beta(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return x.clamp(0.0, 1.0);
    }
    // The fraction converges fast on this side only.
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - incomplete_beta(b, a, 1.0 - x);
    }
    let front =
        (log_gamma(a + b) - log_gamma(a) - log_gamma(b) + a * x.ln() + b * (-x).ln_1p()).exp() / a;
    let guard = |value: f64| {
        if value.abs() < 1e-300 { 1e-300 } else { value }
    };
    let mut c = 1.0;
    let mut d = 1.0 / guard(1.0 - (a + b) * x / (a + 1.0));
    let mut fraction = d;
    for step in 1..2_000 {
        let m = f64::from(step);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / guard(1.0 + even * d);
        c = guard(1.0 + even / c);
        fraction *= d * c;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / guard(1.0 + odd * d);
        c = guard(1.0 + odd / c);
        let change = d * c;
        fraction *= change;
        if (change - 1.0).abs() < 1e-14 {
            break;
        }
    }
    front * fraction
}

/// ln Γ(x) for x > 0: Stirling's series from 10 on, and the recurrence below.
fn log_gamma(x: f64) -> f64 {
    let (mut x, mut shift) = (x, 0.0);
    while x < 10.0 {
        shift += x.ln();
        x += 1.0;
    }
    let r = 1.0 / (x * x);
    let series = (1.0 / 12.0 - r * (1.0 / 360.0 - r * (1.0 / 1_260.0 - r / 1_680.0))) / x;
    (x - 0.5) * x.ln() - x + 0.5 * (2.0 * std::f64::consts::PI).ln() + series - shift
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_the_tables() {
        for (tail, expected) in [
            (0.5, 0.0),
            (0.025, 1.959_963_985),
            (0.005, 2.575_829_304),
            (0.000_5, 3.290_526_731),
            (0.000_005, 4.417_173_413),
        ] {
            assert!((normal(tail) - expected).abs() < 1e-6, "{tail}");
        }
        for (degrees, tail, expected) in [
            (1.0, 0.005, 63.656_741),
            (2.0, 0.005, 9.924_843),
            (8.0, 0.005, 3.355_387),
            (29.0, 0.005, 2.756_386),
            (29.0, 0.000_5, 3.659_405),
            (1_000.0, 0.025, 1.962_339),
            (1_000_000.0, 0.005, 2.575_834),
        ] {
            let got = student(degrees, tail);
            assert!(
                (got - expected).abs() < 1e-5 * expected,
                "{degrees} {tail}: {got}"
            );
        }
    }
}
