//! Orders to an assistant, by families of phrases over the plain form of a text.
//!
//! An order stands where orders stand: at the beginning of a sentence, after `please` or `you must`.
//! A sentence that tells of somebody ignoring something is none.

use std::sync::LazyLock;

use regex::Regex;

use super::Mark;
use super::normal::Normal;
use super::roles::compiled;

/// Where an order begins.
const START: &str = r"(?:^|[.!?:;,()\[\]{}<>|/'#-][ \n]*|\b(?:please|kindly|you (?:must|should|will|shall|can|may|need to|have to|are to)|you to|is to|important|now|instead|just|immediately|simply|first)[ ,:]+)";
const DROP: &str = r"(?:ignore|disregard|forget|override|overrule|bypass|discard|neglect|skip over|dismiss|do not (?:follow|obey|comply with|adhere to)|don't (?:follow|obey)|stop (?:following|obeying)|pay no attention to|set aside)";
const FEW: &str = r"(?: (?:about|all|any|each|every|of|the|these|those|this|that|your|my|our|and|or|both|entire|whole|other|such)){0,5}";
const EARLIER: &str = r"(?:previous|previously given|prior|above|earlier|preceding|foregoing|former|existing|original|initial|past|system|developer|hidden|default|safety|assistant|operator)";
const COMMANDS: &str = r"(?:instructions?|prompts?|directives?|commands?|programming|orders|system messages?|guardrails?)";
const MODEL: &str = r"(?:ai|a\.i\.|llms?|large language models?|language models?|chat ?bots?|gpt|chatgpt|claude|gemini|copilot|ai (?:assistant|model|system|agent|reader|tool)s?|(?:virtual|digital|automated) (?:assistant|agent|reader)s?)";

struct Family {
    rule: &'static str,
    detail: &'static str,
    patterns: Vec<Regex>,
}

static FAMILIES: LazyLock<Vec<Family>> = LazyLock::new(families);

fn family(rule: &'static str, detail: &'static str, patterns: &[String]) -> Family {
    let patterns = patterns.iter().filter_map(|p| compiled(p)).collect();
    Family {
        rule,
        detail,
        patterns,
    }
}

fn families() -> Vec<Family> {
    vec![
        family(
            "override",
            "an order to drop earlier instructions",
            &overrides(),
        ),
        family(
            "assistant_address",
            "words to a language model, not to a reader",
            &addresses(),
        ),
        family(
            "disclosure",
            "an order to disclose what an assistant was told",
            &disclosures(),
        ),
        family(
            "concealment",
            "an order to keep something from the people served",
            &concealments(),
        ),
    ]
}

fn overrides() -> Vec<String> {
    vec![
        format!(r"{START}{DROP}{FEW} {EARLIER}(?: (?:and|or) \w+)?(?: (?:system|developer|safety|user|chat|ai))? {COMMANDS}\b"),
        format!(r"\b(?:and|then) {DROP} (?:all|any|every|your){FEW} {EARLIER} {COMMANDS}\b"),
        format!(r"{START}{DROP}{FEW} (?:instructions?|prompts?|directives?|commands|rules|guidelines|text|context) (?:above|before this|(?:given|stated|written) (?:above|before|earlier|previously)|that came before|(?:that )?you (?:were|have been|had been) given|from (?:before|above|the system|your developers?|the developers?)|in your (?:system )?prompt)\b"),
        format!(r"{START}{DROP}(?: all)?(?: of)? your(?: (?:previous|prior|earlier|original))? (?:instructions?|programming|prompts?|system prompt|guardrails?|safety (?:rules|guidelines|training)|content polic(?:y|ies)|restrictions)\b"),
        format!(r"{START}{DROP} (?:everything|anything|all)(?: (?:that|which)(?: was| is| came)?)? (?:above|before this|written above|said above|stated above|prior to this)\b"),
        format!(r"{START}{DROP} all(?: of)?(?: the| your| these)? (?:previous|prior|above|earlier|preceding) (?:rules|guidelines|context|messages|conversations?|text|content|information|restrictions|policies)\b"),
        format!(r"\byou are no longer (?:bound|restricted|limited|constrained|governed) by (?:your|any|these|the|those|previous|all)(?: \w+)? (?:rules|guidelines|restrictions|instructions|policies|programming|guardrails|constraints)\b"),
        // German, French, Spanish, Portuguese, Italian, Dutch, Chinese.
        r"\b(?:ignorier\w*|vergiss|vergesst|missacht\w*|uberschreib\w*)\b[^.\n]{0,40}\b(?:vorherig|vorig|bisherig|obig|fruher|vorangegangen|vorhergehend)\w* (?:anweisung|instruktion|befehl|vorgabe|prompt|system)\w*".to_owned(),
        r"\b(?:ignore[rz]?|oublie[rz]?|neglige[rz]?)\b[^.\n]{0,30}\b(?:instructions?|consignes?|directives?) (?:precedentes?|anterieures?|ci-dessus|du systeme|donnees)".to_owned(),
        r"\b(?:ignor[ae]\w*|olvid[ae]\w*|descart[ae]\w*|esquec\w*|desconsider\w*|dimentic\w*)\b[^.\n]{0,30}\b(?:instrucciones|indicaciones|ordenes|instrucoes|orientacoes|istruzioni) (?:anterior\w*|previ\w*|del? sistema|precedent\w*|acima)".to_owned(),
        r"\b(?:negeer|vergeet)\b[^.\n]{0,30}\b(?:vorige|eerdere|voorgaande|bovenstaande) (?:instructies|opdrachten|aanwijzingen)".to_owned(),
        r"(?:忽略|无视|忘记)[^。\n]{0,8}(?:之前|以上|先前|前面|上述)[^。\n]{0,6}(?:指令|指示|说明|提示|命令)".to_owned(),
    ]
}

fn addresses() -> Vec<String> {
    vec![
        format!(r"(?:^|[.!?:;\n] ?)(?:attention|notice|note|message|memo|warning|important|instructions?|dear|hey|hello)?[ ,:]*(?:(?:to|for) )?(?:the |any |all |every )?{MODEL}(?: (?:reading|processing|summari[sz]ing|indexing|parsing|analy[sz]ing) (?:this|the)[^.:\n]{{0,40}})?[:!,] ?(?:please|you (?:must|should|will|shall|need to|have to|are to)|do not|don't|never|always|ignore|disregard|respond|reply|answer|include|output|write|say|tell|print|add|treat|rate|recommend|summari[sz]e|act|stop|follow|when)\b"),
        format!(r"\b(?:if|when) you are (?:an? |the )?{MODEL}\b"),
        format!(r"\byou are (?:now |actually |really |from now on )?(?:an? |the )?(?:(?:unrestricted|helpful|uncensored|unfiltered|evil|new|different|jailbroken|powerful|large|friendly) )*{MODEL}\b"),
        r"\byou are now (?:called |known as )?dan\b".to_owned(),
        r"\byou are (?:an? |now an? )(?:helpful|unrestricted|uncensored|unfiltered|jailbroken) (?:\w+ )?assistant\b".to_owned(),
        r"\byou are now (?:in )?(?:developer|dan|jailbreak|debug|admin|god|root|unrestricted) ?mode\b|\b(?:developer|jailbreak|god|debug) mode (?:enabled|activated|on)\b".to_owned(),
        r"\bfrom now on,? (?:you (?:will|must|shall) )?(?:only )?(?:respond|reply|answer|output|roleplay|role-play) (?:only|as|with|in|to|using)\b".to_owned(),
        format!(r"{START}(?:act|behave|respond|roleplay|role-play|pretend)(?: to be| as)(?: if)?(?: you (?:are|were))? (?:an? |the )?(?:dan\b|{MODEL}\b|(?:unrestricted|uncensored|jailbroken|unfiltered)\b)"),
        r"\bas an? (?:ai|large language model|language model|ai language model),? you\b".to_owned(),
        r"(?:^|\n|[.!?:;#] ?)(?:begin|start|end)(?: of)?(?: the)? (?:new )?(?:system|hidden|admin|developer) (?:prompt|instructions?|message)\b|(?:^|\n|[.!?#] ?)(?:new|updated|real|actual) (?:system )?(?:prompt|instructions?) ?: ?(?:you|ignore|respond|reply|disregard|from now on|always|never|output)\b|\b(?:system|admin|developer) override\b ?[:!]".to_owned(),
        format!(r"\b(?:the |this |any )?{MODEL} (?:reading|processing|summari[sz]ing|parsing) this (?:\w+ )?(?:must|should|shall|is (?:to|required|instructed))\b"),
    ]
}

fn disclosures() -> Vec<String> {
    let tell = r"(?:reveal|print|output|repeat|show|display|disclose|leak|expose|share|send|give|tell|dump|summari[sz]e|recite|write out|return)";
    vec![
        format!(r"{START}{tell}(?: (?:me|us|back|out|verbatim|the user))*(?: (?:all|the|your|of|full|entire|complete|exact|above))* (?:system|developer|hidden|secret|internal) (?:prompts?|instructions?|directives?|configuration)\b"),
        format!(r"{START}(?:reveal|print|output|repeat|disclose|leak|dump|recite)(?: (?:all|of|exactly|verbatim))* your (?:initial |original |exact |full )?(?:instructions|prompt|programming)\b"),
        r"!\[[^\]\n]*\]\(https?://[^)\s]*(?:\{|%7b|\b(?:conversation|chat|history|prompt|secret|transcript)=)[^)\s]*\)".to_owned(),
    ]
}

fn concealments() -> Vec<String> {
    vec![
        r"\b(?:do not|don't|never) (?:tell|inform|alert|let|mention to|reveal to|say to|show) (?:the |any |your )?(?:users?|humans?|clients?|readers?|people|anyone|anybody)(?: know)? (?:about |of |that you (?:read|saw|received|were given|have) )?(?:this|these|any of these|the|your)? ?(?:hidden |secret |system )?(?:instructions?|prompts?|directives?|injections?)\b".to_owned(),
        r"\b(?:do not|don't|never) (?:mention|reveal|disclose|acknowledge|repeat|quote) (?:the existence of )?(?:this|these|the above) (?:hidden |secret |system )?(?:instructions?|prompts?|directives?)\b".to_owned(),
    ]
}

/// The orders in a text.
pub(super) fn find(content: &str) -> Vec<Mark> {
    if content.is_empty() {
        return Vec::new();
    }
    let normal = Normal::of(content);
    let mut marks: Vec<Mark> = Vec::new();
    for family in &*FAMILIES {
        for pattern in &family.patterns {
            for found in pattern.find_iter(&normal.text) {
                let mut range = normal.source(&found.range());
                // What came before the order marked its beginning and is no part of it.
                let words = content.get(range.clone()).unwrap_or_default();
                range.start += words.find(char::is_alphanumeric).unwrap_or_default();
                let known = |mark: &Mark| {
                    mark.rule == family.rule
                        && mark.range.start < range.end
                        && range.start < mark.range.end
                };
                if !marks.iter().any(known) {
                    marks.push(Mark {
                        rule: family.rule,
                        detail: family.detail.to_owned(),
                        range,
                    });
                }
            }
        }
    }
    marks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_is_one() {
        let written =
            overrides().len() + addresses().len() + disclosures().len() + concealments().len();
        let compiled: usize = FAMILIES.iter().map(|family| family.patterns.len()).sum();
        assert_eq!(compiled, written);
    }
}
