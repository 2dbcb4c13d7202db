"""Every check finds what it is there for: a table of damages, one clean mail, one fault each."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from digest.mail.checks.gate import RULES, check
from digest.mail.checks.rule import Specimen
from digest.newsletters.newsletter import Localised

Mail = Callable[..., Specimen]
Fault = dict[str, Any]

FAULTS: list[Fault] = yaml.load(
    (Path(__file__).parent / "faults.yaml").read_text(encoding="utf-8"), Loader=yaml.CSafeLoader
)
MANY = " ".join(["and so on"] * 130)
RULES_OF_NOBODY = " ".join(f".nobody-{number} {{ color: #23282c }}" for number in range(260))


def filled(text: str, fault: Fault, clean: Specimen) -> str:
    """What would be too long to write into the table."""
    pieces = {
        "{many}": MANY,
        "{subject}": clean.subject,
        "{rules}": RULES_OF_NOBODY,
        "{story}": "<p>" + "Nothing new. " * (fault.get("story", 0) // 13) + "</p>",
    }
    for name, piece in pieces.items():
        text = text.replace(name, piece)
    return text


def damaged(fault: Fault, clean: Specimen) -> Specimen:
    for name in ("html", "text", "message"):
        for key, pattern in ((name, False), (f"{name}~", True)):
            if key in fault:
                clean = replace(clean, **{name: exchanged(fault, key, getattr(clean, name), clean, pattern=pattern)})
    if "address" in fault:
        clean = replace(clean, publisher=replace(clean.publisher, address=fault["address"]))
    for name, sample in fault.get("samples", {}).items():
        clean = with_sample(clean, name, sample)
    return replace(clean, **fault.get("fields", {}))


def with_sample(clean: Specimen, name: str, sample: str) -> Specimen:
    """The settings say what `digest init` wrote."""
    publisher, newsletter = clean.publisher, clean.newsletter
    match name:
        case "publisher":
            publisher = replace(publisher, name=Localised(everywhere=sample))
        case "website":
            publisher = replace(publisher, website=sample)
        case "sender":
            sender = {language: replace(one, address=sample) for language, one in newsletter.sender.items()}
            newsletter = replace(newsletter, sender=sender)
        case "reply_to":
            newsletter = replace(newsletter, reply_to=sample)
    return replace(clean, publisher=publisher, newsletter=newsletter)


def exchanged(fault: Fault, key: str, before: str | bytes, clean: Specimen, *, pattern: bool) -> str | bytes:
    text = before.decode("latin-1") if isinstance(before, bytes) else before
    old, new = fault[key]
    new = filled(new, fault, clean)
    count = 0 if fault.get("all") else 1
    if new == "{black_on_white}":
        after = text.replace("#fffefb", "#ffffff").replace("#23282c", "#000000")
    elif pattern:
        after, found = re.subn(old, new.replace("\\n", "\n"), text, count=count)
        assert found, f"{fault['fault']}: {old} is not in the {key}"
    else:
        assert old in text, f"{fault['fault']}: {old} is not in the {key}"
        after = text.replace(old, new, -1 if fault.get("all") else 1)
    return after.encode("latin-1") if isinstance(before, bytes) else after


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault['code']}: {fault['fault']}")
def test_a_damaged_mail_is_told(fault: Fault, mail: Mail) -> None:
    clean = mail(fault.get("count", 10), fault.get("language", "en"), public=not fault.get("private"))
    told = [finding for finding in check(damaged(fault, clean)) if finding.code == fault["code"]]
    assert any(fault["says"] in f"{finding.place}: {finding.reason}" for finding in told), told
    for finding in told:
        assert min(len(finding.place), len(finding.reason), len(finding.fix)) > 3
        assert len(str(finding)) < 1000


def test_every_rule_has_a_fault_that_it_finds() -> None:
    assert {rule.code for rule in RULES} == {fault["code"] for fault in FAULTS}


def test_only_the_note_on_invented_hosts_is_said_of_a_clean_mail(mail: Mail) -> None:
    for language in ("en", "es"):
        for public in (True, False):
            assert [finding.code for finding in check(mail(10, language, public=public))] == ["LINK-006"]
