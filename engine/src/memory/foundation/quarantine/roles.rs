//! The markers by which chat programs part the speakers of a conversation. In a document they can
//! only be there to make a program take its words for somebody else's.

use std::sync::LazyLock;

use regex::{Regex, RegexBuilder};

use super::Mark;

/// Tokens of chat templates, and the tags and fields of programs that call models.
const TOKENS: &str = r#"<\|(?:im_start|im_end|im_sep|system|user|assistant|endoftext|eot_id|start_header_id|end_header_id|begin_of_text)\|>|\[/?inst\]|<</?sys>>|</?(?:system|assistant|system_prompt|system-prompt|function_calls|tool_call|tool_result|tool_use)(?:\s[^>\n]*)?>|["']role["']\s*:\s*["'](?:system|assistant|developer)["']"#;
/// A line that begins as a model's, a program's or its user's turn does.
const TURN: &str = r"^[ \t>*#-]*\**(system|assistant|ai|chatgpt|gpt|llm|model|user|human|developer)\**\s*:\**[ \t]*(.*)$";
/// What is said to a model in a system turn.
const TOLD: &str = r"\b(?:you are|you must|you will|your (?:task|role|job)|ignore|disregard|always|never|respond|reply|answer|from now on|new instructions?|prompt|override)\b";

static TOKENS_AT: LazyLock<Option<Regex>> = LazyLock::new(|| compiled(TOKENS));
static TURN_AT: LazyLock<Option<Regex>> = LazyLock::new(|| compiled(TURN));
static TOLD_AT: LazyLock<Option<Regex>> = LazyLock::new(|| compiled(TOLD));

/// None for a pattern that is no pattern; a test compiles them all.
pub(super) fn compiled(pattern: &str) -> Option<Regex> {
    let built = RegexBuilder::new(pattern)
        .case_insensitive(true)
        .multi_line(true)
        .size_limit(16 << 20)
        .build();
    built.ok()
}

/// The markers in a text.
pub(super) fn find(content: &str) -> Vec<Mark> {
    let mut marks = Vec::new();
    let (Some(tokens), Some(turn), Some(told)) = (&*TOKENS_AT, &*TURN_AT, &*TOLD_AT) else {
        return marks;
    };
    let mark = |range, detail: String| Mark {
        rule: "role_marker",
        detail,
        range,
    };
    for token in tokens.find_iter(content) {
        let detail = format!("{:?} marks a turn in a chat program", token.as_str());
        marks.push(mark(token.range(), detail));
    }
    let turns: Vec<_> = turn.captures_iter(content).collect();
    let speaks = |name: &str| {
        turns.iter().any(|turn| {
            turn.get(1)
                .is_some_and(|by| by.as_str().eq_ignore_ascii_case(name))
        })
    };
    // A transcript between a person and a model has both; one of them alone may be any word.
    let model = ["assistant", "ai", "chatgpt", "gpt", "llm", "model"];
    let transcript = model.iter().any(|name| speaks(name))
        && ["user", "human", "system"].iter().any(|name| speaks(name));
    for turn in &turns {
        let (Some(whole), Some(by), Some(words)) = (turn.get(0), turn.get(1), turn.get(2)) else {
            continue;
        };
        let speaker = by.as_str().to_ascii_lowercase();
        let orders = ["system", "developer", "assistant", "ai"].contains(&speaker.as_str())
            && told.is_match(words.as_str());
        if transcript || orders {
            let detail = format!(
                "a line that is given to the speaker {:?} of a chat",
                by.as_str()
            );
            marks.push(mark(whole.range(), detail));
        }
    }
    marks
}
