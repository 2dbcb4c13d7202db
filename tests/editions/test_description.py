"""What is approved has a fingerprint: whatever differs in what people get or were told has another one."""

import hashlib
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from digest.editions.description import accepted_fingerprint, describe, description_fingerprint, rendered_fingerprint
from digest.editions.plans.plan import Correction, Plan
from digest.mail.content import Introduction, Rendered, Variant
from digest.newsletters.edition import Acceptance, Choice, Ruling, Verdict
from digest.newsletters.period import Period, PeriodKind

JULY = Period.from_key(PeriodKind.MONTH, "2018-07")
# What could be taken for the end of a field, in JSON and elsewhere.
TRICKY = st.text(alphabet='a,:"\\\0\n[]{} |/é', max_size=8)
DATA = st.recursive(
    st.none() | st.booleans() | TRICKY,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TRICKY, inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(TRICKY, DATA, max_size=3), st.dictionaries(TRICKY, DATA, max_size=3))
def test_two_descriptions_have_one_fingerprint_only_if_they_say_the_same(one, other):
    assert (description_fingerprint(one) == description_fingerprint(other)) is (one == other)


@given(TRICKY, TRICKY, TRICKY)
def test_a_description_has_no_place_where_two_fields_run_into_each_other(first, second, third):
    """The same characters, cut into fields at other places, in each way that a careless joining would confuse."""
    texts = [
        [first + second, third],
        [first, second + third],
        [first, second, third],
        [f"{first},{second}", third],
        [first, f"{second},{third}"],
        [f'{first}","{second}', third],
    ]
    described = [{"a": one} for one in texts] + [{"a": one[0], "b": one[1:]} for one in texts]
    different = [one for place, one in enumerate(described) if one not in described[:place]]
    assert len({description_fingerprint(one) for one in different}) == len(different)


@given(st.binary(max_size=12).map(lambda data: data.decode("latin-1")), st.lists(st.integers(0, 12), max_size=4))
def test_the_parts_of_a_mail_cannot_run_into_each_other(text, cuts):
    first, second, third = sorted([*cuts, 0, 0, 0])[:3]
    other_cuts = (first, second + 1, third + 1)

    def rendered(one, two, three):
        parts = text[:one], text[one:two], text[two:three], text[three:].encode()
        return Rendered(subject=parts[0], html=parts[1], text=parts[2], message=parts[3])

    one, other = rendered(first, second, third), rendered(*other_cuts)
    assert (rendered_fingerprint(one) == rendered_fingerprint(other)) is (one == other)


@given(TRICKY, TRICKY, TRICKY)
def test_what_was_accepted_is_told_from_everything_else_that_says_the_same_letters(first, second, third):
    pairs = [
        [(first + second, third)],
        [(first, second + third)],
        [(first, second), (third, "")],
        [(first, second), ("", third)],
        [(first, second), (third, ""), ("", "")],
        [],
    ]
    different = [one for place, one in enumerate(pairs) if one not in pairs[:place]]
    found = {
        accepted_fingerprint("f", [Acceptance(code=code, because=why) for code, why in one]): one for one in different
    }
    assert list(found.values()) == different
    assert found["f"] == []


VERDICT = Verdict(story_id="a", ruling=Ruling.INCLUDED, reason="b")
RENDERED = Rendered(subject="s", html="h", text="t", message=b"m")
VARIANT = Variant(
    name="x", language="en", audiences=("a",), story_ids=("a", "b"), rendered=RENDERED, fingerprint="0" * 64
)
CHOICE = Choice(newsletter="monthly", audiences=frozenset({"a", "b"}), language="en")
USUAL = {
    "period": JULY,
    "template_fingerprint": "f",
    "verdicts": [VERDICT],
    "variants": [VARIANT],
    "choices": {CHOICE: "x"},
    "plan": Plan(),
}
CHANGES = {
    "another period": {"period": Period.from_key(PeriodKind.MONTH, "2018-08")},
    "another template": {"template_fingerprint": "g"},
    "no verdict": {"verdicts": []},
    "the same verdict twice": {"verdicts": [VERDICT, VERDICT]},
    "a letter from the story to the reason": {"verdicts": [replace(VERDICT, story_id="", reason="ab")]},
    "a letter from the reason to the story": {"verdicts": [replace(VERDICT, story_id="ab", reason="")]},
    "a comma in the story": {"verdicts": [replace(VERDICT, story_id="a,b", reason="")]},
    "another ruling": {"verdicts": [replace(VERDICT, ruling=Ruling.DROPPED)]},
    "late": {"verdicts": [replace(VERDICT, late=True)]},
    "stories in another order": {"variants": [replace(VARIANT, story_ids=("b", "a"))]},
    "one story of both names": {"variants": [replace(VARIANT, story_ids=("ab",))]},
    "one story of both names and a comma": {"variants": [replace(VARIANT, story_ids=("a,b",))]},
    "other bytes": {"variants": [replace(VARIANT, fingerprint="1" * 64)]},
    "another subject": {"variants": [replace(VARIANT, rendered=replace(RENDERED, subject="se"))]},
    "another name": {"variants": [replace(VARIANT, name="xe", language="n")]},
    "one audience of both names": {"choices": {replace(CHOICE, audiences=frozenset({"ab"})): "x"}},
    "one audience of both names and a space": {"choices": {replace(CHOICE, audiences=frozenset({"a b"})): "x"}},
    "a choice that nothing serves": {"choices": {CHOICE: None}},
    "a choice with the name None": {"choices": {CHOICE: "None"}},
    "the language in the audience": {"choices": {replace(CHOICE, audiences=frozenset({"a", "ben"}), language=""): "x"}},
    "a lead": {"plan": Plan(lead="a")},
    "the lead pinned": {"plan": Plan(pinned=("a",))},
    "the lead in the order": {"plan": Plan(order=("a",))},
    "two pinned": {"plan": Plan(pinned=("a", "b"))},
    "two pinned the other way": {"plan": Plan(pinned=("b", "a"))},
    "one pinned of both names": {"plan": Plan(pinned=("ab",))},
    "dropped": {"plan": Plan(dropped={"a": ""})},
    "dropped with a reason": {"plan": Plan(dropped={"a": "b"})},
    "dropped with a longer name": {"plan": Plan(dropped={"ab": ""})},
    "deferred": {"plan": Plan(deferred={"a": ""})},
    "a title": {"plan": Plan(corrections=(Correction(item_id="a", title="b"),))},
    "a summary": {"plan": Plan(corrections=(Correction(item_id="a", summary="b"),))},
    "a title of no item": {"plan": Plan(corrections=(Correction(item_id="", title="ab"),))},
    "no summary": {"plan": Plan(corrections=(Correction(item_id="a", summary=""),))},
    "no country": {"plan": Plan(corrections=(Correction(item_id="a", countries=()),))},
    "no topic": {"plan": Plan(corrections=(Correction(item_id="a", topics=()),))},
    "two countries": {"plan": Plan(corrections=(Correction(item_id="a", countries=("GT", "MX")),))},
    "one country of both names": {"plan": Plan(corrections=(Correction(item_id="a", countries=("GTMX",)),))},
    "a language": {"plan": Plan(corrections=(Correction(item_id="a", language="en"),))},
    "an introduction": {"plan": Plan(introductions={"en": Introduction(paragraphs=("a", "b"))})},
    "an introduction in one paragraph": {"plan": Plan(introductions={"en": Introduction(paragraphs=("ab",))})},
    "an introduction as HTML": {"plan": Plan(introductions={"en": Introduction(paragraphs=("a",), html="b")})},
}


def described(newsletter, **more):
    return description_fingerprint(describe(newsletter(), **{**USUAL, **more}))


def test_everything_that_an_approval_covers_changes_the_fingerprint(newsletter):
    found = {}
    for what, change in {"nothing": {}, **CHANGES}.items():
        found.setdefault(described(newsletter, **change), []).append(what)
    assert [names for names in found.values() if len(names) > 1] == []


def test_what_says_nothing_changes_nothing(newsletter):
    """The order in which a file or a mapping happens to tell is no content."""
    other = replace(CHOICE, audiences=frozenset({"c"}))
    assert described(newsletter, choices={CHOICE: "x", other: None}) == described(
        newsletter, choices={other: None, CHOICE: "x"}
    )
    assert described(newsletter, plan=Plan(dropped={"a": "", "b": "c"})) == described(
        newsletter, plan=Plan(dropped={"b": "c", "a": ""})
    )
    corrections = Correction(item_id="a", title="t"), Correction(item_id="b", title="t")
    assert described(newsletter, plan=Plan(corrections=corrections)) == described(
        newsletter, plan=Plan(corrections=corrections[::-1])
    )


DESCRIBED = {
    "newsletter": "monthly",
    "period": "2018-07",
    "window": {"from": "2018-07-01", "until_before": "2018-08-01"},
    "template": {"name": "bulletin", "sha256": "f"},
    "languages": ["en", "es"],
    "plan": {
        "subjects": {"en": "Said"},
        "lead": "a",
        "dropped": {"b": "old"},
        "corrections": [{"item_id": "i", "title": "t"}],
    },
    "verdicts": [
        {"story": "a", "ruling": "included", "late": False, "reason": "b"},
        {"story": "a", "ruling": "deferred", "late": True, "reason": "b", "missed": True},
    ],
    "variants": [{"name": "x", "language": "en", "subject": "s", "stories": ["a", "b"], "sha256": "0" * 64}],
    "choices": [{"audiences": ["a", "b"], "language": "en", "variant": "x"}],
}


def test_the_description_of_a_draft_has_these_words_and_no_others(newsletter):
    """A code that was given before the program was brought up to date is still the code of the same draft."""
    plan = Plan(
        lead="a", dropped={"b": "old"}, corrections=(Correction(item_id="i", title="t"),), subjects={"en": "Said"}
    )
    late = replace(VERDICT, ruling=Ruling.DEFERRED, late=True, missed=True)
    assert describe(newsletter(), **{**USUAL, "plan": plan, "verdicts": [VERDICT, late]}) == DESCRIBED


def test_the_fingerprint_of_a_draft_stays_what_it_was():
    assert description_fingerprint({"b": ["é", 1], "a": None}) == (
        hashlib.sha256('{"a":null,"b":["é",1]}'.encode()).hexdigest()
    )
    assert accepted_fingerprint("f", [Acceptance(code="c", because="b")]) == (
        hashlib.sha256(b'{"accepted":[["c","b"]],"edition":"f"}').hexdigest()
    )
