//! Stopping.

use crate::app::TestApp;

#[tokio::test]
async fn a_request_under_way_is_answered_before_the_server_stops() {
    let app = TestApp::start().await;
    let session = app.session("anna").await;
    let (turn, ()) = tokio::join!(app.say(&session, "I could not sleep."), async {
        // The message is on its way once a request is counted as under way besides this one.
        loop {
            let metrics = app.get("/metrics").await.text().await.unwrap();
            let under_way = metrics
                .lines()
                .find(|line| line.starts_with("smart_steps_http_requests_under_way"));
            let answered =
                metrics.contains("route=\"/api/v1/conversations/{session_id}/messages\"");
            if answered || under_way.is_some_and(|line| !line.ends_with(" 1")) {
                break;
            }
        }
        app.shutdown.signal();
    });
    assert_eq!(turn["message"]["seq"], 0);
    app.stop().await;
}
