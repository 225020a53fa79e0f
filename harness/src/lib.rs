//! A performance-test harness for any HTTP service: plan, run, measurement, verdict, findings, report.

pub mod cli;
pub mod event;
pub mod exit;
pub mod findings;
pub mod measurement;
pub mod metric;
pub mod plan;
pub mod report;
pub mod run;
pub mod units;
pub mod verdict;
