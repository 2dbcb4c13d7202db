"""Signing for everybody on all cores, against `openssl speed rsa2048` on all cores: what the mere signatures would cost."""

import asyncio
import os
import subprocess
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from measuring import ROUNDS, Row, seconds
from rendering import title
from samples import content, newsletter

from digest.delivery.dkim.keys import make_key
from digest.delivery.dkim.signing import Signer, SigningPool
from digest.mail.composing import MessageComposer
from digest.mail.message import Recipient
from digest.mail.renderer import TemplateRenderer
from digest.newsletters.edition import Edition, EditionState

LEAST = 0.85
STORIES = 6  # a message of 30 KB
PEOPLE = 4_000
AT_ONCE = 500
AT = datetime(2018, 8, 5, 15, tzinfo=UTC)


def rows() -> list[Row]:
    variant, messages = _messages()
    with tempfile.TemporaryDirectory() as folder, SigningPool() as pool:
        key = make_key(Path(folder), "bench", 2048)
        sign = Signer("news.example.org", [key]).prepare(variant, AT).sign

        async def work() -> None:
            for start in range(0, len(messages), AT_ONCE):
                await pool.sign_many(sign, messages[start : start + AT_ONCE])

        asyncio.run(work())
        began = time.process_time()
        turns = [(openssl_rate(), len(messages) / seconds(lambda: asyncio.run(work()))) for _ in range(ROUNDS)]
        taken = (time.process_time() - began) / ROUNDS / len(messages)
    value = median(ours / yardstick for yardstick, ours in turns)
    yardstick, ours = (median(rates) for rates in zip(*turns, strict=True))
    return [
        Row(
            work=f"DKIM RSA-2048 signatures ({len(messages[0]) // 1024} KB each)",
            value=f"{value:.2f} ×",
            target=f"≥ {LEAST} × openssl speed rsa2048",
            met=value >= LEAST,
            detail=f"{ours:,.0f} /s against {yardstick:,.0f} /s, {taken * 1e6:.0f} µs of processor time each",
        )
    ]


def _messages() -> tuple[bytes, list[bytes]]:
    variant = content(STORIES)
    message = TemplateRenderer(None, title, has_public_url=True).render(variant).message
    composer = MessageComposer(b"k" * 32, [newsletter()], public_url="https://bulletin.example.org")
    edition = Edition(newsletter="monthly", period=variant.period, state=EditionState.SENDING)
    people = [
        Recipient(row=n, subscriber=f"{n:016x}", address=f"reader{n}@example.org", name=None, variant="regional.en")
        for n in range(PEOPLE)
    ]
    composed = composer.compose(replace(edition, sending_at=AT), message, people)
    return message, [envelope.message for envelope in composed]


def openssl_rate() -> float:
    """Signatures a second by the clock on the wall: by its own clock it would not count what others take away."""
    command = ("openssl", "speed", "-elapsed", "-seconds", "1", "-multi", str(os.cpu_count()), "rsa2048")
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    headings, values = said[-2].split(), said[-1].partition("bits")[2].split()
    return float(values[headings.index("sign/s")])
