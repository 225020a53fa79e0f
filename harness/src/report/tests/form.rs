//! The two documents that define the report: their headings in order and the columns of their tables.

use super::{rendered, sample, samples};

const REPORT_HEADINGS: &[&str] = &[
    "# Performance Test Report - 20250511_094532",
    "## Executive Summary",
    "### Key Findings",
    "### Recommendations",
    "## Test Configuration",
    "### Test Scenarios",
    "## Detailed Results",
    "### Benchmark Tests",
    "### Memory Profiling",
    "### Load Test Results",
    "#### Scenario 1: Single User Intensive Usage",
    "#### Scenario 2: Multi-User Concurrent Access",
    "#### Scenario 3: Operations without Analysis",
    "#### Scenario 4: Long-Running Session Analysis",
    "#### Scenario 5: API Endpoint Stress Testing",
    "## Performance Bottlenecks",
    "## Optimization Opportunities",
    "### Immediate Optimizations (Recommended)",
    "### Long-term Optimizations (Future Consideration)",
    "## Resource Utilization",
    "### CPU Usage",
    "### Memory Usage",
    "### Network Utilization",
    "## Scalability Analysis",
    "### Vertical Scaling",
    "### Horizontal Scaling",
    "## Conclusion and Recommendations",
    "### Performance Status",
    "### Optimization Recommendations",
    "### Next Steps",
    "## Appendix A: Test Environment Details",
    "## Appendix B: Raw Test Data",
    "## Appendix C: Performance Target Verification",
    "## Appendix D: Method and Health of the Instrument",
];

const FORM_HEADINGS: &[&str] = &[
    "## Test Overview",
    "## Test Configuration",
    "### System Configuration",
    "### Test Environment",
    "### Test Scenarios",
    "## Performance Results",
    "### Response Time",
    "### Throughput",
    "### Memory Usage",
    "### CPU Usage",
    "### Error Rates",
    "## Analysis and Findings",
    "### Performance Compared to Target",
    "### Performance Bottlenecks",
    "### Performance Anomalies",
    "### Trends from Previous Tests",
    "## Recommendations",
    "### High Priority",
    "### Medium Priority",
    "### Low Priority",
    "## Configuration Adjustments",
    "## Scaling Recommendations",
    "### Current Scale Limits",
    "### Scaling Suggestions",
    "## Additional Notes",
    "## Visual Analysis",
    "### Response Time Distribution",
    "### Throughput Over Time",
    "### Memory Usage Pattern",
    "### Error Rate Trends",
    "## Conclusion",
    "## Attachments",
];

const REPORT_TABLES: &[&str] = &[
    "| Function | Mean Time (ms) | Min Time (ms) | Max Time (ms) | 95th Percentile (ms) |",
    "| Operation | Base Memory (MB) | Peak Memory (MB) | After GC (MB) | Growth (%) |",
    "| Metric | Value | Target | Status |",
    "| Endpoint | Req/sec | Avg Time (ms) | Median (ms) | 95th Percentile (ms) | Error % |",
    "| Target | Requirement | Actual | Status |",
];

const FORM_TABLES: &[&str] = &[
    "| Endpoint/Function | Min (ms) | Max (ms) | Average (ms) | Median (ms) | 95th % (ms) |",
    "| Scenario           | Users | Requests/sec | Messages/min | Total Requests |",
    "| Operation          | Base (MB) | Peak (MB) | Final (MB) | Delta (MB) | GC Recovered (MB) |",
    "| Scenario           | Average CPU (%) | Peak CPU (%) | CPU Core Utilization |",
    "| Scenario          | Request Count | Error Count | Error Rate (%) | Top Error Types      |",
    "| Metric            | Target      | Achieved    | Status       |",
];

const FORM_LABELS: &[&str] = &[
    "**Date:**",
    "**Tester:**",
    "**Version Tested:**",
    "**Test Duration:**",
    "- **CPU:**",
    "- **Memory:**",
    "- **Disk:**",
    "- **OS:**",
    "- **API Server:**",
    "- **Database Type:**",
    "- **Network Configuration:**",
    "| create_session |",
    "| send_message |",
    "| get_analysis |",
    "| list_sessions |",
    "| memory_retrieval |",
    "| Session Creation |",
    "| Message Processing |",
    "| Analysis |",
    "| Batch Operations |",
    "| Concurrent Usage |",
    "| Response Time |",
    "| Throughput |",
    "| Memory Growth |",
    "| Error Rate |",
    "- Maximum concurrent users:",
    "- Maximum messages per minute:",
    "- Maximum sessions per day:",
];

fn headings(text: &str) -> Vec<&str> {
    text.lines().filter(|line| line.starts_with('#')).collect()
}

#[test]
fn the_dated_report_has_every_heading_in_order() {
    let (report, _) = rendered(&sample::record(), &[]);
    assert_eq!(headings(&report), REPORT_HEADINGS);
}

#[test]
fn the_form_has_every_heading_in_order() {
    let (_, form) = rendered(&sample::record(), &[]);
    assert_eq!(headings(&form)[1..], *FORM_HEADINGS);
}

#[test]
fn tables_have_every_column() {
    let (report, form) = rendered(&sample::record(), &[]);
    for table in REPORT_TABLES {
        assert!(
            report.lines().any(|line| line.starts_with(table)),
            "{table}"
        );
    }
    for table in FORM_TABLES {
        assert!(form.lines().any(|line| line.starts_with(table)), "{table}");
    }
}

#[test]
fn the_form_keeps_its_rows_whatever_was_measured() {
    for (name, record) in samples() {
        let (_, form) = rendered(&record, &[]);
        for label in FORM_LABELS {
            assert!(form.contains(label), "{name}: {label}");
        }
    }
}
