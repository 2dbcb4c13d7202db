"""Every parser gets what nobody would write: it answers, or refuses in words, within two seconds.

A small dose each day; `make fuzz EXAMPLES=1000000` for much more.
"""

import io
import os
import tempfile
import zipfile
from collections.abc import Callable
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from digest.delivery.transports.smtp.replies import ReplyReader
from digest.errors import DigestError
from digest.foundation.addresses import mailbox
from digest.foundation.yaml import parse_yaml
from digest.inbound.opening import opened
from digest.intake.sources.draft import FileContext, Findings
from digest.intake.sources.folder import decode
from digest.intake.sources.lines import split_lines, with_newlines
from digest.intake.sources.listing import read_listing
from digest.intake.sources.markdown import read_markdown
from digest.intake.sources.word.reading import read_word
from digest.people.list_file import list_rows
from digest.settings.loading import load_settings

EXAMPLES = int(os.environ.get("DIGEST_FUZZ", "25"))
CONTEXT = FileContext(source="newsroom", file="x.txt", today=date(2018, 8, 1), fallback_language="en")

PIECES = {  # of each kind, parted by ¦
    "listing": "5 July 2018¦5/7/18¦31 de junio de 2018¦\n¦\n\n¦Title¦Link: ¦Countries: ¦—¦\x00¦\u202e",
    "markdown": "---\n¦title: ¦date: 2018-07-05¦\n¦# ¦[¦](¦<b>¦<script>¦![¦```¦> ¦- ¦&#x¦|",
    "yaml": "publisher:¦\n¦  ¦- ¦{¦}¦[¦]¦&a ¦*a¦!!python/object:os.system¦: ¦\"¦'¦|¦sources: x",
    "list": 'address,name¦\n¦,¦;¦"¦a@example.org¦\t¦=cmd()¦\ufeff¦{¦[]',
    "mail": "From: a@b\n¦Content-Type: ¦multipart/report; boundary=x¦\n\n¦--x\n¦=?utf-8?q?¦?=¦Status: ¦\r¦\x00",
    "address": 'a¦@¦.¦<¦>¦"¦=?utf-8?q?a=0D=0A?=¦ñ¦xn--¦ ¦\n¦,',
    "word": "<w:p>¦</w:p>¦<w:r>¦</w:r>¦<w:t>¦</w:t>¦5 July 2018¦&lt;¦<w:tbl>¦</w:tbl>¦<w:br/>¦<w:del>¦x",
    "replies": "250 ¦250-¦550-5.1.1 ¦\r\n¦\n¦354¦-¦x¦ ",
}


def _text(data: bytes) -> str:
    return with_newlines(decode(data, Findings("x.txt")))


def _with_file(name: str, data: bytes, read: Callable[[Path], object]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, name)
        path.write_bytes(data)
        read(path)


def _rows(path: Path) -> None:
    with list_rows(path, {}) as (_columns, rows):
        for _row in rows:
            continue


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


PARSERS: dict[str, Callable[[bytes], object]] = {
    "listing": lambda data: read_listing(split_lines(_text(data)), CONTEXT),
    "markdown": lambda data: read_markdown(_text(data), CONTEXT),
    "yaml": lambda data: (
        parse_yaml(Path("digest.yaml"), data),
        _with_file("digest.yaml", data, load_settings),
    ),
    "list": lambda data: _with_file("readers.csv", data, _rows),
    "mail": lambda data: opened(data).get_payload(),
    "address": lambda data: mailbox(data.decode("utf-8", "replace")),
    "word": _word,
    "replies": lambda data: ReplyReader().feed(data),
}


@pytest.mark.parametrize("name", PARSERS)
def test_whatever_comes_is_answered_or_refused_in_words(name: str) -> None:
    pieces = st.sampled_from([piece.encode() for piece in PIECES[name].split("¦")])
    inputs = st.lists(pieces | st.binary(max_size=8), max_size=60).map(b"".join)

    @settings(
        max_examples=EXAMPLES,
        deadline=timedelta(seconds=2) if EXAMPLES > 25 else None,  # every day the machine may be busy
        suppress_health_check=[HealthCheck.too_slow],
        database=None,
    )
    @given(inputs)
    def answers(data: bytes) -> None:
        expected = (DigestError, ValueError) if name == "address" else DigestError
        with suppress(expected):
            PARSERS[name](data)

    answers()
