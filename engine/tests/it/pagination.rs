//! Walking through listings.

use serde_json::Value;

use crate::app::TestApp;

async fn walk(app: &TestApp, path: &str, field: &str) -> Vec<Value> {
    let mut found = Vec::new();
    let mut next = path.to_owned();
    loop {
        let page = app.read(&next).await;
        found.extend(
            page["data"]
                .as_array()
                .unwrap()
                .iter()
                .map(|item| item[field].clone()),
        );
        assert_eq!(page["has_more"], page["next_cursor"].is_string());
        match page["next_cursor"].as_str() {
            Some(cursor) => next = format!("{path}&cursor={cursor}"),
            None => return found,
        }
    }
}

#[tokio::test]
async fn each_item_is_met_once_and_in_order() {
    let app = TestApp::start().await;
    let mut made = Vec::new();
    for number in 0..5 {
        made.push(Value::from(
            app.session(&format!("client-{}", number % 2)).await,
        ));
    }
    made.reverse();
    assert_eq!(walk(&app, "/api/v1/sessions?limit=2", "id").await, made);
    let of_one: Vec<Value> = made.iter().step_by(2).cloned().collect();
    assert_eq!(
        walk(&app, "/api/v1/sessions?limit=1&client_id=client-0", "id").await,
        of_one
    );

    let session = made[0].as_str().unwrap();
    for words in ["one", "two", "three"] {
        app.say(session, words).await;
    }
    let places = walk(
        &app,
        &format!("/api/v1/conversations/{session}/messages?limit=4"),
        "seq",
    )
    .await;
    assert_eq!(places, (0..6).map(Value::from).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_cursor_fits_only_the_listing_that_made_it() {
    let app = TestApp::start().await;
    for _ in 0..3 {
        app.session("anna").await;
    }
    let page = app.read("/api/v1/sessions?limit=1").await;
    let cursor = page["next_cursor"].as_str().unwrap();
    let other = app
        .get(&format!("/api/v1/sessions?client_id=anna&cursor={cursor}"))
        .await;
    assert_eq!(other.status(), 400);
}
