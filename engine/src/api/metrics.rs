//! Counters in the text form of Prometheus: requests by method, route and status, and how long they
//! took by method and route. Ids never become labels, so the number of series is bounded.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::http::Method;

/// Upper bounds of the latency histogram, in seconds.
const BOUNDS: [f64; 14] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];

#[derive(Default)]
struct Route {
    statuses: BTreeMap<u16, u64>,
    buckets: [u64; BOUNDS.len()],
    count: u64,
    seconds: f64,
}

/// The counters of a server.
#[derive(Default)]
pub(super) struct Metrics {
    routes: Mutex<BTreeMap<(String, String), Route>>,
    under_way: AtomicI64,
}

/// Counts a request as under way until it is dropped.
pub(super) struct UnderWay<'a>(&'a AtomicI64);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Metrics {
    pub(super) fn begin(&self) -> UnderWay<'_> {
        self.under_way.fetch_add(1, Ordering::Relaxed);
        UnderWay(&self.under_way)
    }

    pub(super) fn record(&self, method: &Method, route: &str, status: u16, took: Duration) {
        // Any token may be a method; only known ones become labels.
        let method = match *method {
            Method::GET
            | Method::POST
            | Method::PUT
            | Method::PATCH
            | Method::DELETE
            | Method::HEAD
            | Method::OPTIONS => method.as_str(),
            _ => "other",
        };
        let seconds = took.as_secs_f64();
        let mut routes = self.routes.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = routes
            .entry((method.to_owned(), route.to_owned()))
            .or_default();
        *entry.statuses.entry(status).or_default() += 1;
        for (bucket, bound) in entry.buckets.iter_mut().zip(BOUNDS) {
            *bucket += u64::from(seconds <= bound);
        }
        entry.count += 1;
        entry.seconds += seconds;
    }

    /// The counters as text.
    pub(super) fn render(&self) -> String {
        let mut text = String::new();
        let routes = self.routes.lock().unwrap_or_else(PoisonError::into_inner);
        text.push_str("# HELP smart_steps_http_requests_total Requests answered.\n");
        text.push_str("# TYPE smart_steps_http_requests_total counter\n");
        for ((method, route), entry) in routes.iter() {
            for (status, count) in &entry.statuses {
                let _ = writeln!(
                    text,
                    "smart_steps_http_requests_total{{method=\"{method}\",route=\"{route}\",status=\"{status}\"}} {count}"
                );
            }
        }
        let name = "smart_steps_http_request_duration_seconds";
        let _ = writeln!(
            text,
            "# HELP {name} Time to the answer's head.\n# TYPE {name} histogram"
        );
        for ((method, route), entry) in routes.iter() {
            let labels = format!("method=\"{method}\",route=\"{route}\"");
            for (bucket, bound) in entry.buckets.iter().zip(BOUNDS) {
                let _ = writeln!(text, "{name}_bucket{{{labels},le=\"{bound}\"}} {bucket}");
            }
            let _ = writeln!(
                text,
                "{name}_bucket{{{labels},le=\"+Inf\"}} {}",
                entry.count
            );
            let _ = writeln!(text, "{name}_sum{{{labels}}} {}", entry.seconds);
            let _ = writeln!(text, "{name}_count{{{labels}}} {}", entry.count);
        }
        let under_way = self.under_way.load(Ordering::Relaxed);
        text.push_str("# HELP smart_steps_http_requests_under_way Requests under way.\n");
        text.push_str("# TYPE smart_steps_http_requests_under_way gauge\n");
        let _ = writeln!(text, "smart_steps_http_requests_under_way {under_way}");
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_by_route_and_status_and_sums_the_buckets() {
        let metrics = Metrics::default();
        let under_way = metrics.begin();
        metrics.record(&Method::GET, "/a/{id}", 200, Duration::from_millis(3));
        metrics.record(&Method::GET, "/a/{id}", 404, Duration::from_millis(30));
        let text = metrics.render();
        for line in [
            "smart_steps_http_requests_total{method=\"GET\",route=\"/a/{id}\",status=\"404\"} 1",
            "smart_steps_http_request_duration_seconds_bucket{method=\"GET\",route=\"/a/{id}\",le=\"0.0025\"} 0",
            "smart_steps_http_request_duration_seconds_bucket{method=\"GET\",route=\"/a/{id}\",le=\"0.005\"} 1",
            "smart_steps_http_request_duration_seconds_bucket{method=\"GET\",route=\"/a/{id}\",le=\"+Inf\"} 2",
            "smart_steps_http_requests_under_way 1",
        ] {
            assert!(
                text.lines().any(|found| found == line),
                "{line} is missing in\n{text}"
            );
        }
        drop(under_way);
        assert!(metrics.render().contains("under_way 0"));
    }
}
