"""Every parser gets what nobody would write: it answers, or refuses in words, within bounds.

A small dose each day; `make fuzz EXAMPLES=1000000` for much more.
"""

import io
import zipfile
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path

import fuzzing
import pytest

from digest.delivery.transports.smtp.replies import ReplyReader
from digest.errors import DigestError
from digest.foundation.addresses import mailbox
from digest.foundation.yaml import parse_yaml
from digest.inbound.classifying import classified
from digest.intake.sources.draft import FileContext, Findings
from digest.intake.sources.feed import read_feed
from digest.intake.sources.folder import decode
from digest.intake.sources.front_matter import part, read_front_matter
from digest.intake.sources.lines import split_lines, with_newlines
from digest.intake.sources.listing import read_listing
from digest.intake.sources.markdown import read_markdown
from digest.intake.sources.pages.listing_page import read_page
from digest.intake.sources.readers import SourceDocument
from digest.intake.sources.word.reading import read_word
from digest.mail.tokens import Keyring, Purpose, owner_of
from digest.newsletters.edition import Edition, EditionState
from digest.newsletters.period import Period, PeriodKind
from digest.people.list_file import list_rows
from digest.people.subscriber_file import read_subscribers
from digest.settings.loading import load_settings

CONTEXT = FileContext(source="newsroom", file="x.txt", today=date(2018, 8, 1), fallback_language="en", pictures=True)
PAGE = "https://www.example.org/news"
KEYRING = Keyring([b"a secret of sixteen bytes", b"the secret before that"])
JULY = Period.from_key(PeriodKind.MONTH, "2018-07")
EDITION = Edition(newsletter="monthly", period=JULY, state=EditionState.FINISHED)
ASKED_AT = datetime(2018, 8, 1, tzinfo=UTC)
OURS = frozenset(
    (
        KEYRING.current.token(Purpose.LEAVE, "monthly", "ana"),
        KEYRING.current.token(Purpose.CHOOSE, "monthly", "ana"),
        KEYRING.current.former_token("monthly", "ana"),
        KEYRING.current.confirmation("monthly", "ana", ASKED_AT),
        KEYRING.current.view(EDITION, "regional.en"),
    )
)

PIECES = {  # of each kind, parted by ¦
    "listing": "5 July 2018¦5/7/18¦31 de junio de 2018¦\n¦\n\n¦Title¦Link: ¦Countries: ¦—¦\x00¦\u202e",
    "markdown": "---\n¦title: ¦date: 2018-07-05¦\n¦# ¦[¦](¦<b>¦<script>¦![¦```¦> ¦- ¦&#x¦|",
    "front matter": "title: ¦date: ¦2018-07-05¦\n¦draft: true¦[¦]¦{¦}¦&a ¦*a¦<<: ¦- ¦|\n ¦\"¦'¦# ¦= ¦: ¦!!x ¦[a.b]\n",
    "settings": "publisher:¦\n¦  ¦- ¦{¦}¦[¦]¦&a ¦*a¦!!python/object:os.system¦: ¦\"¦'¦|¦sources: x",
    "subscribers": 'subscribers:\n¦  - {address: ¦a@example.org¦, name: ¦}\n¦- ¦[¦]¦&a ¦*a¦: ¦"¦\u202e¦\n¦  ¦consent: ',
    "list": 'address,name¦\n¦,¦;¦"¦a@example.org¦\t¦=cmd()¦\ufeff¦{¦[]¦BEGIN:VCARD\n¦END:VCARD\n¦EMAIL:',
    "bounce": "From: a@b\n¦Content-Type: ¦multipart/report; boundary=x¦\n\n¦--x\n¦=?utf-8?q?¦?=¦Status: ¦5.1.1¦\r"
    "¦\x00¦\n¦Content-Type: message/delivery-status\n\n¦Final-Recipient: rfc822;a@b\n¦Message-ID: ¦Received: "
    "¦Feedback-Type: abuse",
    "address": 'a¦@¦.¦<¦>¦"¦=?utf-8?q?a=0D=0A?=¦ñ¦xn--¦ ¦\n¦,',
    "word": "<w:p>¦</w:p>¦<w:r>¦</w:r>¦<w:t>¦</w:t>¦5 July 2018¦&lt;¦<w:tbl>¦</w:tbl>¦<w:br/>¦<w:del>¦x",
    "listing page": "<div>¦</div>¦<a href=/x>¦</a>¦<h2>¦</h2>¦<li>¦<td>¦<time datetime=¦5 August 2018¦>¦<ul>¦<table>"
    "¦Story¦ 2018 ¦\x00¦<!--¦<b>¦</p>¦<p class='a b1'>¦&#x1;¦\u202e¦<base href=//[>¦Aug¦05.19.15¦<svg>¦<template>",
    "feed": '<rss version="2.0"><channel>¦<item>¦</item>¦<title>¦</title>¦<description>¦</description>¦&lt;b>¦<![CDATA['
    "¦]]>¦<pubDate>Thu, 05 Jul 2018 10:00:00 GMT</pubDate>¦<guid>x</guid>¦<entry>¦</entry>¦&#x0;¦&amp;¦<!DOCTYPE a [¦"
    '<!ENTITY a "b">¦]>¦\x00¦xml:base="//["¦<content type="xhtml"><div>¦<link href="http://[x"/>¦\ufeff',
    "json feed": '{"version": "https://jsonfeed.org/version/1.1", "items": [¦{¦}¦"id": ¦"title": ¦"content_html": '
    '¦"a"¦,'
    '¦]¦[¦null¦1e999¦\\ud800¦-¦true¦"date_published": ¦"2018-07-05T10:00:00Z"¦"tags": ¦"url": "http://["',
    "replies": "250 ¦250-¦550-5.1.1 ¦\r\n¦\n¦354¦-¦x¦ ",
    "token": "¦".join(
        (*OURS, *sorted(one[:-1] for one in OURS), *sorted(one[1:] for one in OURS), "ana", "-", "0", "f", "é")
    ),
}


SETTINGS = load_settings(Path(__file__).parents[2] / "seeds" / "digest.yaml")


def _text(data: bytes) -> str:
    return with_newlines(decode(data, Findings("x.txt")))


def _found() -> Findings:
    return Findings("press")


def _front_matter(data: bytes) -> object:
    text = _text(data)
    return [
        read_front_matter(part(around, "x.md"), Counter(), Findings("x.md"))
        for around in (f"---\n{text}\n---\n", f"+++\n{text}\n+++\n")
    ]


def _rows(path: Path) -> None:
    with list_rows(path, {}) as (_columns, rows):
        for _row in rows:
            continue


def _token(data: bytes) -> None:
    """Nothing is ours that we did not make."""
    said = data.decode("utf-8", "replace")
    owner_of(said)
    accepted = (
        KEYRING.may_leave("monthly", said),
        KEYRING.is_token(Purpose.CHOOSE, "monthly", said),
        KEYRING.confirms("monthly", said),
        KEYRING.is_view(EDITION, "regional.en", said),
    )
    assert not any(accepted) or said in OURS


def _word(data: bytes) -> None:
    office = "http://schemas.openxmlformats.org"
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        override = f'<Override PartName="/d.xml" ContentType="{kind}"/>'
        packed.writestr("[Content_Types].xml", f'<Types xmlns="{office}/package/2006/content-types">{override}</Types>')
        relation = (
            f'<Relationship Id="r" Type="{office}/officeDocument/2006/relationships/officeDocument" Target="d.xml"/>'
        )
        names = f"{office}/package/2006/relationships"
        packed.writestr("_rels/.rels", f'<Relationships xmlns="{names}">{relation}</Relationships>')
        head = f'<w:document xmlns:w="{office}/wordprocessingml/2006/main"><w:body>'.encode()
        packed.writestr("d.xml", head + data + b"</w:body></w:document>")
    read_listing(read_word(file.getvalue(), Findings("x.docx"), None, show_struck=False), CONTEXT)


PARSERS: dict[str, Callable[[bytes, Path], object]] = {  # a file for those who read one
    "listing": lambda data, _file: read_listing(split_lines(_text(data)), CONTEXT),
    "markdown": lambda data, _file: read_markdown(_text(data), CONTEXT),
    "front matter": lambda data, _file: _front_matter(data),
    "settings": lambda data, file: (parse_yaml(file, data), load_settings(file)),
    "subscribers": lambda _data, file: read_subscribers(file, SETTINGS.newsletters),
    "list": lambda _data, file: _rows(file),
    "bounce": lambda data, _file: classified(data, "mx.example.org"),
    "address": lambda data, _file: mailbox(data.decode("utf-8", "replace")),
    "word": lambda data, _file: _word(data),
    "listing page": lambda data, _file: read_page(SourceDocument(body=data, address=PAGE), CONTEXT, Findings("x")),
    "feed": lambda data, _file: read_feed(SourceDocument(body=data, address="https://example.org/"), CONTEXT, _found()),
    "json feed": lambda data, _file: read_feed(
        SourceDocument(body=b'{"items": [' + data, address="https://example.org/"), CONTEXT, _found()
    ),
    "replies": lambda data, _file: ReplyReader().feed(data),
    "token": lambda data, _file: _token(data),
}
FILES = {"settings": "digest.yaml", "subscribers": "subscribers.yaml", "list": "readers.csv"}


@pytest.mark.parametrize("name", PARSERS)
def test_whatever_comes_is_answered_or_refused_in_words(name: str, tmp_path: Path) -> None:
    file = tmp_path / FILES.get(name, "none")

    def answer(data: bytes) -> None:
        if name in FILES:
            file.write_bytes(data)
        with suppress(DigestError, *([ValueError] if name == "address" else [])):
            PARSERS[name](data, file)

    fuzzing.fuzz(name, fuzzing.pieces_of(PIECES[name]), answer)
