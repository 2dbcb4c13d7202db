"""html-validate: the structure of the HTML, with a written list of what we let stand."""

from pathlib import Path

import pytest
import yaml

ALLOWED = yaml.load((Path(__file__).parent / "html_allowed.yaml").read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
FAULTS = {
    "close-order": ("</p>", "</p><div><span></div></span>"),
    "no-dup-id": ("</p>", '</p><p id="one">1</p><p id="one">2</p>'),
    "no-dup-attr": ("<p ", '<p style="margin:0" style="margin:1px" '),
    "element-permitted-content": ("</p>", "</p><span><div>A block in a line</div></span>"),
    "no-deprecated-attr": ("</p>", '</p><hr align="left">'),
}


def lets_stand(rule, finding):
    return rule["rule"] == finding["rule"] and rule.get("message", finding["message"]) == finding["message"]


def unexpected(findings):
    return [each for each in findings if not any(lets_stand(rule, each) for rule in ALLOWED)]


@pytest.fixture(scope="module")
def findings(node, mails):
    """All mails, and the first one with each of the faults."""
    asked = {name: mail.html for name, mail in mails.items()}
    html = mails["bulletin-en-10"].html
    return node("html.mjs", asked | {rule: html.replace(*change, 1) for rule, change in FAULTS.items()})


def test_the_html_is_valid_but_for_what_is_let_stand(findings, card, any_mail):
    card(any_mail, "Standards", "html-validate", unexpected(findings[any_mail.name]))


@pytest.mark.parametrize("number", range(len(ALLOWED)))
def test_what_is_let_stand_has_a_reason_and_is_still_needed(findings, mails, number):
    rule = ALLOWED[number]
    assert rule["because"]
    assert any(lets_stand(rule, finding) for name in mails for finding in findings[name])


@pytest.mark.parametrize("rule", FAULTS)
def test_html_validate_catches_a_fault(findings, rule):
    assert rule in {each["rule"] for each in unexpected(findings[rule])}
