"""The reference compiler judges the templates' MJML, and an XML parser their tags, which neither compiler matches."""

import html
import re

import pytest
from lxml import etree

from digest.mail.templates import Templates

# The value of such an attribute is known at rendering time only; the other gates see what comes of it.
FILLED_LATER = re.compile(r"Attribute \S+ has invalid value: \{\{[^{}]*\}\} for type .*")
FAULTS = {
    "unknown tag": ("<mj-spacer ", "<mj-gap "),
    "unknown attribute": ("<mj-spacer ", '<mj-spacer wide="1px" '),
    "wrong unit": ('height="6px"', 'height="6 lines"'),
    "wrong place": ("</mj-body>", "<mj-text>Here?</mj-text></mj-body>"),
}


def misclosed(source):
    """What an XML parser says of the source; HTML's names of characters aside."""
    named = re.sub(r"&(?!(?:amp|lt|gt|quot|apos);)\w+;", lambda name: html.unescape(name[0]), source)
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True)
    etree.fromstring(named.encode(), parser)
    return [f"line {each.line}: {each.message}" for each in parser.error_log]


@pytest.fixture(scope="module")
def sources():
    """Set or fault → its MJML with all that it includes, as the compiler gets it."""
    found = {name: Templates(None).read(name).part("edition.mjml") for name in Templates(None).names()}
    return found | {fault: found["bulletin"].replace(*change, 1) for fault, change in FAULTS.items()}


@pytest.fixture(scope="module")
def findings(node, sources):
    return {
        name: [each for each in said if not FILLED_LATER.fullmatch(each["message"])]
        for name, said in node("mjml.mjs", sources).items()
    }


def test_the_reference_compiler_finds_no_fault(findings, card, template):
    source = Templates(None).read(template).source("edition.mjml")
    found = [f"{source.place(each['line'])}: {each['message']}" for each in findings[template]]
    card(template, "Standards", "MJML: reference compiler", found)


def test_every_tag_is_closed_by_its_own_name(sources, card, template):
    card(template, "Standards", "MJML: tags closed by another name", misclosed(sources[template]))


@pytest.mark.parametrize("fault", FAULTS)
def test_the_reference_compiler_catches_a_fault(findings, fault):
    assert findings[fault]


def test_a_tag_closed_by_another_name_is_found(sources):
    source = sources["bulletin"].replace("</mj-text>", "</mj-txt>", 1)
    assert any("mj-txt" in each for each in misclosed(source))
