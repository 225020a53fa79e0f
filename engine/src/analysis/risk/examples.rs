//! Sentences with the reading that the rules must give them.

use super::super::reading::read;
use crate::domain::risk::RiskFinding;

fn findings(text: &str) -> Vec<RiskFinding> {
    let found: Vec<RiskFinding> = read(text).iter().flat_map(super::find).collect();
    for finding in &found {
        assert_eq!(
            text.get(finding.byte_start..finding.byte_end),
            Some(finding.quote.as_str())
        );
        assert!((1..=6).contains(&finding.severity));
    }
    found
}

#[track_caller]
fn expect(text: &str, category: &str, assertion: &str) {
    let found = findings(text);
    let right = found
        .iter()
        .any(|f| f.category == category && f.assertion == assertion);
    assert!(
        right,
        "{text:?} should have {category} {assertion}, has {found:#?}"
    );
}

#[test]
fn present_and_grave_enough_for_a_person() {
    let sentences = [
        ("I want to die.", "passive_wish"),
        ("i just want to die", "passive_wish"),
        ("I wish I was never born.", "passive_wish"),
        ("I wish I were dead, honestly.", "passive_wish"),
        ("Everyone would be better off without me.", "passive_wish"),
        ("I don't want to be here anymore.", "passive_wish"),
        ("I don’t want to live like this.", "passive_wish"),
        ("Most nights I hope I don't wake up.", "passive_wish"),
        ("I keep thinking about killing myself.", "active_ideation"),
        ("I can't stop thinking about suicide.", "active_ideation"),
        ("I'm going to kill myself tonight.", "active_ideation"),
        ("i wanna k1ll myslef", "active_ideation"),
        ("I feel sucidal again", "active_ideation"),
        ("kms lol", "active_ideation"),
        ("I want to k i l l myself", "active_ideation"),
        ("I'm not okay and I want to end it all.", "active_ideation"),
        (
            "I'm not going to lie, I want to kill myself.",
            "active_ideation",
        ),
        (
            "Not a day goes by without me wanting to die.",
            "passive_wish",
        ),
        ("If she leaves me I will kill myself.", "active_ideation"),
        ("I have never wanted to die so much.", "passive_wish"),
        ("I don't know why I want to die.", "passive_wish"),
        ("I have been saving up pills.", "suicide_plan"),
        ("I wrote a goodbye letter to my kids.", "suicide_plan"),
        ("Last night I tried to kill myself.", "suicide_attempt"),
        ("I took too many pills an hour ago.", "suicide_attempt"),
        ("I could just take all my pills.", "suicide_method"),
        ("I used to cut myself and now I do it again.", "self_injury"),
        ("I started cutting my arms this week.", "self_injury"),
        ("I've been self-harming again.", "self_injury"),
        ("I'm going to hurt him.", "harm_to_others"),
        ("He hits me when he drinks.", "abuse"),
        ("She threatened to kill me yesterday.", "abuse"),
        ("I'm scared of my husband.", "abuse"),
        ("My husband hits our son.", "minors"),
        ("I have chest pain and my arm is numb.", "medical_emergency"),
        ("The voices tell me to do it.", "psychosis"),
        ("I haven't eaten anything for three days.", "eating"),
    ];
    for (text, category) in sentences {
        expect(text, category, "present");
        let told = findings(text).iter().any(RiskFinding::requires_human);
        assert!(told, "{text:?} must reach a person");
    }
}

#[test]
fn negated() {
    for (text, category) in [
        ("I don't want to die.", "passive_wish"),
        ("I'm not suicidal.", "active_ideation"),
        ("I would never kill myself.", "active_ideation"),
        ("I don't think I want to kill myself.", "active_ideation"),
        ("No, I have no thoughts of suicide.", "active_ideation"),
        ("It's not that I want to end it all.", "active_ideation"),
        ("I haven't cut myself since.", "self_injury"),
        ("He never hit me.", "abuse"),
    ] {
        expect(text, category, "negated");
        assert!(
            !findings(text).iter().any(RiskFinding::requires_human),
            "{text:?}"
        );
    }
}

#[test]
fn historical() {
    for (text, category) in [
        ("When I was fifteen I wanted to die.", "passive_wish"),
        ("I used to cut myself.", "self_injury"),
        ("I tried to kill myself years ago.", "suicide_attempt"),
        ("There was a suicide attempt in 2011.", "suicide_attempt"),
        ("My father hit me when I was a child.", "abuse"),
        (
            "As a teenager I thought about suicide a lot.",
            "active_ideation",
        ),
    ] {
        expect(text, category, "historical");
        assert!(
            !findings(text).iter().any(RiskFinding::requires_human),
            "{text:?}"
        );
    }
}

#[test]
fn hypothetical() {
    for text in [
        "If I ever killed myself my mother would be alone.",
        "What if I kill myself one day?",
    ] {
        expect(text, "active_ideation", "hypothetical");
    }
}

#[test]
fn of_another_person() {
    for (text, category) in [
        ("My brother wants to die.", "passive_wish"),
        ("My uncle killed himself.", "active_ideation"),
        ("A friend of mine is suicidal.", "active_ideation"),
        ("She took her own life in March.", "active_ideation"),
        ("My neighbour's son died by suicide.", "active_ideation"),
    ] {
        expect(text, category, "other_person");
        assert!(
            !findings(text).iter().any(RiskFinding::requires_human),
            "{text:?}"
        );
    }
}

#[test]
fn idioms_and_quotations() {
    for (text, category) in [
        ("I'd rather die than sing in public.", "passive_wish"),
        ("I wanted to die of embarrassment.", "passive_wish"),
        (
            "I shot myself in the foot, well, I'd shoot myself in the foot again.",
            "active_ideation",
        ),
        ("I need to cut myself some slack.", "self_injury"),
        ("I cut myself shaving.", "self_injury"),
        ("I hurt myself at the gym.", "self_injury"),
        (
            "I could have killed him for forgetting the milk.",
            "harm_to_others",
        ),
        ("She always beats me at chess.", "abuse"),
        ("It hit me that I was lonely.", "abuse"),
        (
            "I nearly had a heart attack when the bill came.",
            "medical_emergency",
        ),
        ("Resigning now would be career suicide.", "active_ideation"),
    ] {
        expect(text, category, "idiom");
        assert!(
            !findings(text).iter().any(RiskFinding::requires_human),
            "{text:?}"
        );
    }
    expect(
        "My mother shouted \"I want to die\" through the door.",
        "passive_wish",
        "quotation",
    );
    expect("The film is about suicide.", "active_ideation", "quotation");
}

#[test]
fn ordinary_sentences_have_no_findings() {
    for text in [
        "I'm dying to see the new kitchen.",
        "The garden is my life.",
        "We killed an hour in a café.",
        "I took my pills with breakfast.",
        "I ended the call.",
        "My skills are fine, I'll manage.",
        "The deadline nearly broke us.",
        "I jumped at the chance.",
        "She kicked off the meeting.",
        "I hung the picture myself.",
    ] {
        let raised: Vec<RiskFinding> = findings(text)
            .into_iter()
            .filter(|f| f.is_raised() && f.severity > 1)
            .collect();
        assert!(raised.is_empty(), "{text:?}: {raised:#?}");
    }
}
