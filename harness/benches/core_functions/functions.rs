//! What one call of each function is.

use criterion::Criterion;
use smart_steps_engine::domain::analysis::Depth;
use tokio::runtime::Runtime;

use crate::calls::Ledger;
use crate::practice::Practice;

/// Measures all functions in the order of the report.
pub(crate) fn bench_all(
    criterion: &mut Criterion,
    runtime: &Runtime,
    practice: &Practice,
    ledger: &Ledger,
) {
    let mut bench = |name: &str, workload: &str, call: &mut dyn FnMut()| {
        let mut calls = ledger.calls();
        criterion.bench_function(name, |b| b.iter_custom(|n| calls.time(n, &mut *call)));
        calls.top_up(&mut *call);
        ledger.add(name, workload, calls);
    };

    let mut query = practice.queries();
    bench(
        "memory_retrieval",
        "context of all layers for one client message: 28 documents, 1,000 experiences of the client",
        &mut || {
            runtime.block_on(practice.context(query.next()));
        },
    );

    bench(
        "persona_loading",
        "parse a persona file; chunk, embed, index and drop its 7 documents of about 1,000 words",
        &mut || {
            practice.load_persona();
        },
    );

    bench(
        "session_creation",
        "create a session, durable on disk",
        &mut || {
            runtime.block_on(practice.create_session());
        },
    );

    let mut utterance = practice.queries();
    bench(
        "message_processing",
        "take a client message, analyse, recall, reply with citations, commit durably",
        &mut || {
            runtime.block_on(practice.say(utterance.next()));
        },
    );

    let mut query = practice.queries();
    bench(
        "foundation_context",
        "the five best passages of one persona's 7 documents",
        &mut || {
            practice.passages(query.next());
        },
    );

    bench(
        "session_analysis",
        "deep analysis of a session of 200 messages",
        &mut || {
            runtime.block_on(practice.analyse(Depth::Deep));
        },
    );

    bench(
        "insight_generation",
        "insights over a client's 20 sessions of 100 messages, stored",
        &mut || {
            runtime.block_on(practice.draw_insights());
        },
    );
}
