//! Shows what was measured and judged; measures nothing, judges nothing.

pub mod chart;
// pub mod checksums;
// pub mod console;
// pub mod junit;
mod number;
// pub mod summary;
