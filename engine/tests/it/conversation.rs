//! Whole conversations.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::app::TestApp;

const GRIEF: &str =
    "I have not slept well since my father died, and I miss him most in the evenings.";

/// Every quotation of a reply stands in it byte for byte.
fn assert_citations(reply: &Value) {
    let words = reply["content"].as_str().unwrap();
    for citation in reply["reply"]["citations"].as_array().unwrap() {
        let at = |field: &str| usize::try_from(citation[field].as_u64().unwrap()).unwrap();
        assert_eq!(
            &words[at("reply_start")..at("reply_end")],
            citation["quote"].as_str().unwrap()
        );
    }
}

#[tokio::test]
async fn a_message_is_answered_from_the_personas_documents_and_all_of_it_is_stored() {
    let app = TestApp::start().await;
    let session = app.session("anna").await;
    let turn = app.say(&session, GRIEF).await;
    assert_eq!(turn["message"]["content"], GRIEF);
    assert_eq!(
        (&turn["message"]["seq"], &turn["reply"]["seq"]),
        (&json!(0), &json!(1))
    );
    assert_eq!(turn["reply"]["reply"]["method"], "extractive");
    assert_eq!(turn["reply"]["reply"]["answers"], turn["message"]["id"]);
    assert!(
        !turn["reply"]["reply"]["citations"]
            .as_array()
            .unwrap()
            .is_empty()
    );
    assert_citations(&turn["reply"]);
    assert_eq!(turn["abstained"], false);

    let path = format!("/api/v1/conversations/{session}/messages");
    let listed = app.read(&path).await;
    assert_eq!(listed["data"], json!([turn["message"], turn["reply"]]));

    let stored = app.read(&format!("/api/v1/sessions/{session}")).await;
    assert_eq!(
        (&stored["state"], &stored["message_count"]),
        (&json!("active"), &json!(2))
    );
    let memory = app
        .read(&format!("/api/v1/sessions/{session}/memory"))
        .await;
    assert_eq!(
        memory["experience"],
        json!({"experiences": 1, "from_this_session": 1})
    );
}

#[tokio::test]
async fn later_sessions_remember_the_client_and_nobody_else() {
    let app = TestApp::start().await;
    let first = app.session("anna").await;
    app.say(&first, "My sister Clara sold the piano without asking me.")
        .await;
    let layers = |turn: &Value| -> Vec<String> {
        let items = turn["context"].as_array().unwrap();
        items
            .iter()
            .map(|item| item["layer"].as_str().unwrap().to_owned())
            .collect()
    };
    let question = "I keep thinking of Clara and the piano.";
    let second = app.session("anna").await;
    let remembered = app.say(&second, question).await;
    assert!(
        layers(&remembered).contains(&"experience".to_owned()),
        "{remembered}"
    );
    assert_citations(&remembered["reply"]);
    let other = app.session("bert").await;
    let stranger = app.say(&other, question).await;
    assert!(
        !layers(&stranger).contains(&"experience".to_owned()),
        "{stranger}"
    );
}

#[tokio::test]
async fn a_batch_is_answered_in_order_and_stored_at_once() {
    let app = TestApp::start().await;
    let session = app.session("anna").await;
    let path = format!("/api/v1/conversations/{session}/messages/batch");
    let body = json!({"messages": [{"content": GRIEF}, {"content": "I wake up at four."}]});
    let response = app.post(&path, &body).await;
    assert_eq!(response.status(), StatusCode::CREATED);
    let answer: Value = response.json().await.unwrap();
    let places: Vec<_> = answer["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|turn| turn["reply"]["seq"].clone())
        .collect();
    assert_eq!(places, [json!(1), json!(3)]);

    let broken = json!({"messages": [{"content": "Fine."}, {"content": " "}]});
    let refused = app.post(&path, &broken).await;
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let problem: Value = refused.json().await.unwrap();
    assert_eq!(problem["errors"][0]["pointer"], "/messages/1/content");
    let stored = app.read(&format!("/api/v1/sessions/{session}")).await;
    assert_eq!(stored["message_count"], 4);
}

#[tokio::test]
async fn words_of_danger_get_the_fixed_text_and_a_flag_that_only_a_person_closes() {
    let app = TestApp::start().await;
    let session = app.session("anna").await;
    let turn = app.say(&session, "I want to kill myself tonight.").await;
    assert_eq!(turn["reply"]["reply"]["method"], "crisis_text");
    assert!(
        turn["reply"]["content"]
            .as_str()
            .unwrap()
            .contains("your local emergency number")
    );
    let flag = &turn["risk_flags"][0];
    assert_eq!(flag["requires_human"], true);
    let open = app.read("/api/v1/risk-flags").await;
    assert!(open["data"].as_array().unwrap().contains(flag));

    let path = format!("/api/v1/risk-flags/{}", flag["id"].as_str().unwrap());
    let close = json!({"reason": "spoke on the telephone", "resolved_by": "M. Holt"});
    let patch = || app.request(Method::PATCH, &path).json(&close).send();
    let closed: Value = patch().await.unwrap().json().await.unwrap();
    assert_eq!(closed["resolution"]["resolved_by"], "M. Holt");
    assert_eq!(patch().await.unwrap().status(), StatusCode::CONFLICT);
}

#[tokio::test]
async fn many_messages_at_once_in_one_session_all_find_their_place() {
    let app = TestApp::start().await;
    let session = app.session("anna").await;
    let words = [
        "one word",
        "two words here",
        "three of them",
        "four and more",
        "five in all",
    ];
    let turns =
        futures_util::future::join_all(words.iter().map(|words| app.say(&session, words))).await;
    let mut places: Vec<u64> = turns
        .iter()
        .map(|turn| turn["message"]["seq"].as_u64().unwrap())
        .collect();
    places.sort_unstable();
    assert_eq!(places, [0, 2, 4, 6, 8]);
}

#[tokio::test]
async fn the_analysis_is_what_the_messages_show_and_leaves_with_the_session() {
    let app = TestApp::start().await;
    let session = app.session("anna").await;
    app.say(&session, GRIEF).await;
    app.say(&session, "I will call my brother on Sunday.").await;
    let analysis = app
        .read(&format!("/api/v1/analysis/sessions/{session}?depth=deep"))
        .await;
    assert_eq!(analysis["messages"], 4);
    assert_eq!(analysis["turn_taking"]["client"]["messages"], 2);
    let run = app
        .post("/api/v1/insights", &json!({"client_id": "anna"}))
        .await;
    assert_eq!(run.status(), StatusCode::OK);
    assert_eq!(run.json::<Value>().await.unwrap()["sessions"], 1);

    let path = format!("/api/v1/sessions/{session}");
    let gone = app.request(Method::DELETE, &path).send().await.unwrap();
    assert_eq!(gone.status(), StatusCode::NO_CONTENT);
    for path in [
        path,
        format!("/api/v1/analysis/sessions/{session}"),
        format!("/api/v1/conversations/{session}/messages"),
    ] {
        assert_eq!(
            app.get(&path).await.status(),
            StatusCode::NOT_FOUND,
            "{path}"
        );
    }
    let again = app.session("anna").await;
    let memory = app.read(&format!("/api/v1/sessions/{again}/memory")).await;
    assert_eq!(memory["experience"]["experiences"], 0);
}

#[tokio::test]
async fn an_export_holds_every_word_in_each_form() {
    let app = TestApp::start().await;
    let session = app.session("anna").await;
    let turn = app.say(&session, "It is <b>late</b> & dark.").await;
    let export = |format: &str| {
        let path = format!("/api/v1/conversations/{session}/export?format={format}");
        async { app.get(&{ path }).await.text().await.unwrap() }
    };
    let json: Value = serde_json::from_str(&export("json").await).unwrap();
    assert_eq!(json["messages"][0], turn["message"]);
    assert!(
        export("markdown")
            .await
            .contains("> It is <b>late</b> & dark.")
    );
    assert!(export("text").await.contains("It is <b>late</b> & dark."));
    assert!(
        export("html")
            .await
            .contains("It is &lt;b&gt;late&lt;/b&gt; &amp; dark.")
    );
}

#[tokio::test]
async fn every_answer_says_where_its_time_went_and_carries_its_id() {
    let app = TestApp::start().await;
    let session = app.session("anna").await;
    let path = format!("/api/v1/conversations/{session}/messages");
    let request = app
        .request(Method::POST, &path)
        .json(&json!({"content": GRIEF}));
    let response = request
        .header("X-Request-Id", "run-7:1")
        .send()
        .await
        .unwrap();
    assert_eq!(response.headers()["x-request-id"], "run-7:1");
    let timing = response.headers()["server-timing"]
        .to_str()
        .unwrap()
        .to_owned();
    let names: Vec<&str> = timing
        .split(", ")
        .map(|part| part.split(';').next().unwrap())
        .collect();
    for phase in [
        "auth",
        "db",
        "embed",
        "foundation",
        "experience",
        "provider",
        "analysis",
        "serialize",
        "total",
    ] {
        assert!(names.contains(&phase), "{phase} is missing in {timing}");
    }
    let total: f64 = timing.rsplit("dur=").next().unwrap().parse().unwrap();
    assert!(total > 0.0);
    let metrics = app.get("/metrics").await.text().await.unwrap();
    let line = "smart_steps_http_requests_total{method=\"POST\",route=\"/api/v1/conversations/{session_id}/messages\",status=\"201\"} 1";
    assert!(metrics.contains(line), "{metrics}");
}
