"""The rows of the score card that need no tool of other people: standards, size, text part, law, integrity, speed."""

import email
import math
import re
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from email import policy

import pytest
from doses import dose
from lxml import html
from sample_mails import LANGUAGES, content_of

from digest.foundation.problems import Severity
from digest.mail.checks.gate import check
from digest.mail.checks.rule import Specimen
from digest.mail.message import Recipient

KB = 1024
COMPACT, BRIEFING = 30, 40  # KB in the set for mobile data, and of a briefing
USUAL, LARGEST = 60, 90  # KB that are to be reached, and those that Gmail never cuts
REASON = {"en": "You receive this because", "es": "Recibe este correo porque"}
ODD = "Nin\u0303os\u00a05 👩‍👩‍👧 \u200f«ن» \"q\" \\ <b> & 'x'"
RESIDUE = re.compile(r"\{\{|\{%|\{#|<mj-|\\u\{|\x00|\bNone\b|\bundefined\b")


def spaces(text):
    """White space as single spaces: the text part wraps where it likes."""
    return " ".join(text.split())


def kilobytes(text):
    return math.ceil(len(text.encode()) / KB)


def parsed(mail):
    return email.message_from_bytes(mail.message, policy=policy.default)


def defects(mail):
    message = parsed(mail)
    return sum(len(part.defects) for part in message.walk()) + sum(len(value.defects) for value in message.values())


def unclean_bytes(mail):
    rest = mail.message.replace(b"\r\n", b"")
    return sum(each > 127 for each in mail.message) + rest.count(b"\n") + rest.count(b"\r")


def encoded_addresses(mail):
    head = mail.message.partition(b"\r\n\r\n")[0]
    return len(re.findall(rb"(?im)^(?:list-[a-z-]+|message-id):[^\r]*(?:\r\n[ \t][^\r]*)*=\?", head))


def missing_for_one_click(mail):
    message = parsed(mail)
    address = re.match(r"<https://[^>\s]+>", str(message["List-Unsubscribe"]))
    return (address is None) + (message["List-Unsubscribe-Post"] != "List-Unsubscribe=One-Click")


def lost_in_the_text(mail):
    tree, text = html.document_fromstring(mail.html), spaces(mail.text)
    titles = [spaces(each.text_content()) for each in tree.iter("h1", "h2", "h3", "h4")]
    links = [each for each in tree.xpath("//a/@href") if not each.startswith("#")]
    assert titles
    assert links
    return len([each for each in (*titles, *links) if each not in text])


def wide_lines(mail):
    """A word alone may be as long as it is: an address."""
    return len([line for line in mail.text.splitlines() if len(line) > 72 and " " in line.strip()])


def missing_by_law(mail):
    publisher, title = mail.content.publisher, mail.content.newsletter.title(mail.language)
    words = (publisher.name(mail.language), publisher.address, REASON[mail.language], title)
    links = [f"https://bulletin.example.org/{page}/" for page in ("leave", "preferences")]
    seen, text = spaces(html.document_fromstring(mail.html).text_content()), spaces(mail.text)
    return (
        sum(each not in seen for each in words)
        + sum(f'href="{each}' not in mail.html for each in links)
        + sum(each not in text for each in (*words, *links))
    )


@dataclass(frozen=True)
class Row:
    """`fault` makes a mail in which the row must find more than `most`; `count`: only of mails with so many stories."""

    dimension: str
    gate: str
    most: int
    number: Callable
    fault: Callable
    count: int | None = None


ROWS = (
    Row(
        "Standards",
        "parser: defects",
        0,
        defects,
        lambda mail: replace(mail, message=mail.message[: -len(b"--\r\n")]),
    ),
    Row(
        "Standards",
        "bytes beyond 7 bits, bare line ends",
        0,
        unclean_bytes,
        lambda mail: replace(mail, message=mail.message + b"\n"),
    ),
    Row(
        "Standards",
        "longest line",
        998,
        lambda mail: max(map(len, mail.message.split(b"\r\n"))),
        lambda mail: replace(mail, message=mail.message + b"x" * 999),
    ),
    Row(
        "Standards",
        "encoded words in List-* and Message-ID",
        0,
        encoded_addresses,
        lambda mail: replace(mail, message=mail.message.replace(b"Unsubscribe: <", b"Unsubscribe: =?utf-8?q?=3C")),
    ),
    Row(
        "Unsubscribe",
        "fields of RFC 8058 that are missing",
        0,
        missing_for_one_click,
        lambda mail: replace(mail, message=mail.message.replace(b"One-Click", b"Two-Clicks")),
    ),
    Row(
        "Size",
        "HTML of 10 stories, KB",
        USUAL,
        lambda mail: kilobytes(mail.html),
        lambda mail: replace(mail, html=mail.html + "x" * USUAL * KB),
        count=10,
    ),
    Row(
        "Size",
        "HTML of 40 stories, KB",
        USUAL,
        lambda mail: kilobytes(mail.html),
        lambda mail: replace(mail, html=mail.html + "x" * USUAL * KB),
        count=40,
    ),
    Row(
        "Size",
        "style blocks, KB",
        8,
        lambda mail: kilobytes("".join(re.findall(r"<style.*?</style>", mail.html, re.DOTALL))),
        lambda mail: replace(mail, html=f"{mail.html}<style>{' ' * 8 * KB}</style>"),
    ),
    Row(
        "Text part",
        "titles and links of the HTML that it lacks",
        0,
        lost_in_the_text,
        lambda mail: replace(mail, text=mail.text.replace("https://", "http://", 1)),
    ),
    Row(
        "Text part",
        "lines over 72 columns",
        0,
        wide_lines,
        lambda mail: replace(mail, text=mail.text + "word " * 15),
    ),
    Row(
        "Privacy and law",
        "sender, address, reason, ways out: missing",
        0,
        missing_by_law,
        lambda mail: replace(mail, html=mail.html.replace("Apartado Postal", "Box")),
    ),
    Row(
        "Integrity",
        "left over from the template",
        0,
        lambda mail: len(RESIDUE.findall(mail.html) + RESIDUE.findall(mail.text)),
        lambda mail: replace(mail, html=mail.html.replace("</p>", "{{ story.title }}</p>", 1)),
    ),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.gate)
def test_a_mail_keeps_within_the_row(card, any_mail, row):
    if row.count not in (None, any_mail.count):
        return
    card(any_mail, row.dimension, row.gate, row.number(any_mail), row.most)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.gate)
def test_the_row_notices_a_fault(mails, row):
    assert row.number(row.fault(mails["bulletin-es-10"])) > row.most


def test_the_compact_set_is_for_mobile_data(card, mails):
    for mail in mails.values():
        if mail.template == "compact":
            card(mail, "Size", "HTML in the set for mobile data, KB", kilobytes(mail.html), COMPACT)


@pytest.mark.parametrize("language", dose(("es",), LANGUAGES))
def test_not_even_a_hundred_and_twenty_stories_are_cut_by_gmail(card, renderer, mails, template, language):
    mail = mails[f"{template}-{language}-40"]
    content = content_of(mail.content.newsletter, mail.content.publisher, 120, language)
    card(mail, "Size", "HTML of 120 stories, KB", kilobytes(renderer.render(content).html), LARGEST)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_briefing_is_small(card, renderer, mails, language):
    mail = mails[f"brief-{language}-40"]
    content = content_of(mail.content.newsletter, mail.content.publisher, 20, language)
    card(mail, "Size", "HTML of 20 briefs, KB", kilobytes(renderer.render(content).html), BRIEFING)


def test_odd_characters_survive_in_text_and_in_attributes(card, renderer, mail):
    lead = mail.content.lead
    text = replace(lead.item.text, title=ODD, image_alt=f"alt {ODD}")
    rendered = renderer.render(replace(mail.content, lead=replace(lead, item=replace(lead.item, text=text))))
    tree = html.document_fromstring(rendered.html.replace("\x00", ""))
    images = [each.get("alt") for each in tree.iter("img") if each.get("src") == text.image]
    kept = [any(ODD in each.text_content() for each in tree.iter("h2", "h3")), f"alt {ODD}" in images or not images]
    card(mail, "Integrity", "odd characters lost in titles and attributes", kept.count(False))


def test_the_message_for_one_person_is_made_within_a_millisecond(card, renderer, composer, edition, mail):
    message = renderer.render(mail.content).message
    people = [
        Recipient(row=number, subscriber=f"reader{number}", address=f"r{number}@example.org", name="Ana", variant="all")
        for number in range(200)
    ]
    spent, before = [], time.perf_counter()
    for _ in composer.compose(edition, message, people):
        spent.append(time.perf_counter() - before)
        before = time.perf_counter()
    median = math.ceil(statistics.median(spent) * 1000)
    card(mail, "Speed", "milliseconds for one person's message, rounded up", median, 1)


def test_our_own_gate_has_nothing_to_say(card, any_mail):
    content = any_mail.content
    specimen = Specimen(
        name=any_mail.name,
        title=any_mail.name,
        language=any_mail.language,
        subject=any_mail.subject,
        html=any_mail.html,
        text=any_mail.text,
        message=any_mail.message,
        publisher=content.publisher,
        newsletter=content.newsletter,
        public_url="https://bulletin.example.org",
        story_titles=tuple(shown.item.text.title for shown in content.stories),
    )
    found = [str(each) for each in check(specimen) if each.severity is not Severity.NOTE]
    card(any_mail, "Accessibility", "digest check: errors and warnings", found)
