"""The order of findings, what they say, and the reference of all rules."""

import re
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from lxml import etree

from digest.foundation.languages import speak
from digest.foundation.problems import Severity
from digest.mail.checks.gate import CONCERNS, RULES, check, page
from digest.mail.checks.rule import Specimen

Mail = Callable[..., Specimen]
Told = Callable[..., list[str]]

REFERENCE = Path(__file__).parents[3] / "docs" / "reference" / "checks.md"


def test_errors_come_first_and_nothing_is_said_twice(mail: Mail) -> None:
    clean = mail(10)
    broken = replace(
        clean, html=clean.html.replace("<h1", "<nav></nav><p>{{ x }}</p><p>{{ x }}</p><h1"), subject="Re: x!!!"
    )
    findings = check(broken)
    ranks = [(list(Severity).index(finding.severity), finding.code) for finding in findings]
    assert ranks == sorted(ranks)
    assert {finding.severity for finding in findings} == set(Severity)
    assert len(set(findings)) == len(findings)


def test_each_check_says_in_the_language_of_staff_what_to_do() -> None:
    english = [rule.broken("a place", "a reason").fix for rule in RULES]
    speak("es")
    spanish = [rule.broken("a place", "a reason").fix for rule in RULES]
    assert [one for one, other in zip(english, spanish, strict=True) if one == other] == []


def test_the_same_bytes_are_told_the_same(mail: Mail) -> None:
    broken = replace(mail(10), html=mail(10).html.replace("color:#5b646b", "color:#bbbbbb").replace("</h2>", ""))
    assert check(broken) == check(broken)


def test_a_place_is_said_in_plain_words(mail: Mail) -> None:
    clean = mail(10)
    broken = replace(clean, html=clean.html.replace("agenda for Jalapa", "aquí"))
    (finding,) = [each for each in check(broken) if each.code == "LINK-001"]
    assert finding.place == "HTML, link “aquí”, after “Jalapa counts the first thousand visits”"


def test_a_faint_ink_is_told_once_for_all_texts_that_have_it(mail: Mail) -> None:
    clean = mail(40)
    broken = replace(clean, html=clean.html.replace("color:#5b646b", "color:#bbbbbb"))
    (finding,) = [each for each in check(broken) if each.code == "CONTRAST-001"]
    assert "more texts" in finding.place


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (
            '<table role="none"><tr><td><table><caption>x</caption><tr><th scope="row">x</th></tr></table>',
            "TABLE",
        ),
        ('<table role="none"><tr><td>x</td></tr></table>', "TABLE"),
        ('<a href="tel:+502 2222"></a>', "LINK-005"),
        ('<a href="https://a.gt/1">one page</a> <a href="https://a.gt/1">one page</a>', "LINK-003"),
        ('<p><a href="https://a.gt/1" style="text-decoration:none">a paragraph of its own</a></p>', "LINK-010"),
        ('<a href="#there">a jump</a><p id="there">x</p>', "LINK-004"),
        ('<p style="font-size:24px;color:#8c8c8c">large</p>', "CONTRAST"),
        ('<p style="font-size:19px;font-weight:bold;color:#8c8c8c">large and bold</p>', "CONTRAST-001"),
        ('<p style="display:none;color:#ffffff">hidden</p>', "CONTRAST-001"),
        ('<img src="https://bulletin.example.org/a.png" alt="" width="20">', "IMG"),
        ('<a href="https://a.gt/"><img src="https://a.gt/a.png" alt="" width="20"> with words</a>', "IMG-002"),
        ("<h1>a</h1><h2>b</h2><h3>c</h3><h2>d</h2>", "HEADING-002"),
        ('<p lang="es-419" dir="ltr">x</p>', "LANG"),
        ('<p style="padding:0 0 0 -webkit-box">x</p>', "CLIENT-001"),
        ('<p style="padding:0 0px;text-indent:2em">x</p>', "CLIENT"),
        ('<table role="none"><tr><td style="padding:8px">x</td></tr></table>', "CLIENT"),
        ('<table role="none" style="border-spacing:0"><tr><td>x</td></tr></table>', "CLIENT"),
        ('<p style="mso-padding-alt:8px"><span style="padding:8px">x</span></p>', "CLIENT"),
        ("<p>It is None of {our} business, 100 % sure · and more</p>", "LEFT"),
        ('<div style="max-width:900px;width:100%">x</div>', "BARE-003"),
        (f"<p>{'a' * 64} {'long-' * 20} {'長' * 90}</p>", "BARE-005"),
        (f"<p><a href='https://a.gt/{'a' * 90}'>all about the summer fair</a></p>", "BARE-005"),
    ],
)
def test_what_is_right_is_not_told(body: str, code: str, told: Told) -> None:
    """Only of the page's own rules: a body of one line lacks much else."""
    assert not [each for each in told(body) if each.startswith(code)]


@pytest.mark.parametrize(
    ("body", "style", "code"),
    [
        ('<p style="font-size:18px;font-weight:bold;color:#8c8c8c">not large</p>', "", "CONTRAST-001"),
        ('<p class="x">x</p>', "@media (max-width:400px) { .x { color: #cccccc } }", "CONTRAST-001"),
        ('<p class="x">x</p>', "@media (min-width:400px) { .x { color: #cccccc } }", "CONTRAST-001"),
        ('<table bgcolor="#000000"><tr><td>x</td></tr></table>', "", "CONTRAST-001"),
        ('<p style="color:rgba(0,0,0,0.3)">x</p>', "", "CONTRAST-001"),
        ('<p style="margin-left:-20px">x</p>', "", "CLIENT-002"),
        (f"<p>https://a.gt/{'a' * 90}</p>", "", "BARE-005"),
        ('<p style="text-indent:-.5em">x</p>', "", "CLIENT-002"),
        ('<p style="list-style:url(https://a.gt/a.png)">x</p>', "", "CLIENT-002"),
        ('<ul style="padding:0 0 0 20px"><li>x</li></ul>', "", "CLIENT-012"),
        ('<p class="x">x</p>', ".x { padding-top: 1px }", "CLIENT-012"),
        ('<p style="color:oklch(40% 0.2 20)">x</p>', "", "CLIENT-002"),
        ('<a href="https://a.gt/1" aria-label="here">all about it</a>', "", "LINK-001"),
        ('<table><tr><th scope="col">x</th></tr></table>', "", "TABLE-004"),
    ],
)
def test_what_is_wrong_is_told(body: str, style: str, code: str, told: Told) -> None:
    assert code in told(body, style)


def test_padding_that_outlook_never_reads_is_not_told(told: Told) -> None:
    assert "CLIENT-012" not in told('<p class="x">x</p>', "@media (max-width:400px) { .x { padding: 8px } }")
    assert "CLIENT-012" not in told('<p class="x" style="padding:0">x</p>', ".x { padding: 8px }")


def test_codes_are_unique_and_grouped_by_concern() -> None:
    codes = [rule.code for rule in RULES]
    assert len(set(codes)) == len(codes) >= 100
    for concern in CONCERNS:
        names = {rule.code.rpartition("-")[0] for rule in concern.RULES}
        assert len(names) == 1
        numbers = [int(rule.code.rpartition("-")[2]) for rule in concern.RULES]
        assert numbers == list(range(1, len(numbers) + 1))


def test_every_rule_says_what_why_and_what_to_do() -> None:
    for rule in RULES:
        assert re.fullmatch(r"[A-Z]+-\d{3}", rule.code)
        assert min(len(rule.asks), len(rule.why), len(rule.fix)) > 8, rule.code


def test_the_reference_is_current() -> None:
    again = "python -m digest.mail.checks.gate > docs/reference/checks.md"
    assert REFERENCE.read_text(encoding="utf-8") == page(), again


def test_the_gate_takes_less_than_a_hundred_times_as_long_as_parsing_the_page(mail: Mail) -> None:
    """Measured side by side, the best of several: what else runs on the machine slows both down."""
    specimen = mail(10)
    page = specimen.html.encode()
    gates, parses = [], []
    for _ in range(7):
        gates.append(seconds(lambda: check(specimen), 1))
        parses.append(seconds(lambda: etree.fromstring(page, etree.HTMLParser(encoding="utf-8")), 20))
    assert min(gates) < 100 * min(parses)


def seconds(work: Callable[[], object], times: int) -> float:
    begun = time.process_time()
    for _ in range(times):
        work()
    return (time.process_time() - begun) / times
