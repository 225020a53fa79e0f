use super::corpus::{shipped, shipped_memories, utterances};
use crate::config::memory::MemoryConfig;
use crate::domain::memory::RecalledItem;
use crate::domain::timing::Phases;

#[tokio::test]
async fn explore() {
    let t = std::time::Instant::now();
    let (_, memories) = shipped_memories(&MemoryConfig {
        relevant_cosine: -1.0,
        relevant_coverage: 0.0,
        ..MemoryConfig::for_tests()
    })
    .await;
    eprintln!("open {:?}", t.elapsed());
    let phases = Phases::default();
    let off = [
        "The football match last night was great, we won three to one.",
        "What is the capital of Australia?",
        "How do I install a graphics driver on Linux?",
        "Good morning!",
        "ok",
        "Can you recommend a recipe for lasagne?",
        "The invoice number is 4711 and the parcel has not arrived.",
        "The quarterly revenue of the steel company fell by nine percent.",
        "My car needs new brake pads and the garage is closed.",
        "Which planets have rings?",
    ];
    let mut show = |persona: &str, topic: &str, text: &str| {
        let hits = memories.retrieve_relevant_context(&shipped(persona), text, 3, &phases);
        let get = |r: &crate::domain::memory::Recalled, s: &str| {
            r.reasons
                .iter()
                .find(|p| p.source == s)
                .map_or(0.0, |p| p.score)
        };
        let cov = 0;
        let maxcos = hits.iter().map(|h| get(h, "vector")).fold(-1.0, f64::max);
        let maxbm = hits.iter().map(|h| get(h, "bm25")).fold(-1.0, f64::max);
        eprintln!("{persona}|{topic}|maxcos {maxcos:.2} bm {maxbm:.1} {cov}|{text}");
        for h in hits.iter().take(2) {
            if let RecalledItem::Foundation { title, section, .. } = &h.item {
                eprintln!(
                    "      {:.2} {:.2} {:.1} {title} / {section}",
                    h.score,
                    get(h, "vector"),
                    get(h, "bm25")
                );
            }
        }
    };
    for o in off {
        for p in ["therapist", "facilitator"] {
            show(p, "OFF", o);
        }
    }
    for u in utterances().iter().step_by(12) {
        show(&u.persona, &u.topic, &u.text);
    }
}
