"""Rows of editions, verdicts and variants, and the nouns that they stand for."""

import json
import zlib
from datetime import date
from typing import Any

from digest.model.edition import Acceptance, Edition, EditionState, Rendered, Variant, Verdict
from digest.model.period import Period, PeriodKind
from digest.store.times import loaded, stored


def edition_from(row: Any) -> Edition:
    return Edition(
        number=row["number"],
        newsletter=row["newsletter"],
        period=Period(
            date.fromisoformat(row["window_start"]), date.fromisoformat(row["window_end"]), PeriodKind(row["kind"])
        ),
        revision=row["revision"],
        state=EditionState(row["state"]),
        fingerprint=row["fingerprint"],
        built_at=loaded(row["built_at"]),
        covers_to_end=bool(row["covers_to_end"]),
        approved_by=row["approved_by"],
        approved_at=loaded(row["approved_at"]),
        accepted=tuple(Acceptance(**one) for one in json.loads(row["accepted"] or "[]")),
        sealed_at=loaded(row["sealed_at"]),
        sending_at=loaded(row["sending_at"]),
        finished_at=loaded(row["finished_at"]),
        because=row["because"],
        readers=json.loads(row["readers"] or "{}"),
    )


def edition_row(edition: Edition) -> dict[str, object]:
    return {
        "newsletter": edition.newsletter,
        "kind": edition.period.kind.value,
        "period": edition.period.key,
        "revision": edition.revision,
        "state": edition.state.value,
        "fingerprint": edition.fingerprint,
        "built_at": stored(edition.built_at),
        "covers_to_end": int(edition.covers_to_end),
        "approved_by": None,
        "approved_at": None,
        "accepted": None,
        "sealed_at": None,
        "sending_at": None,
        "finished_at": None,
        "window_start": edition.period.start.isoformat(),
        "window_end": edition.period.end.isoformat(),
        "because": edition.because,
    }


def variant_from(row: Any) -> Variant:
    return Variant(
        name=row["name"],
        language=row["language"],
        audiences=tuple(json.loads(row["audiences"])),
        story_ids=tuple(json.loads(row["stories"])),
        fingerprint=row["fingerprint"],
        rendered=Rendered(
            subject=row["subject"],
            html=zlib.decompress(row["html"]).decode(),
            text=zlib.decompress(row["text"]).decode(),
            message=zlib.decompress(row["message"]),
        ),
    )


def variant_row(number: int, place: int, variant: Variant) -> dict[str, object]:
    return {
        "edition": number,
        "place": place,
        "name": variant.name,
        "language": variant.language,
        "audiences": json.dumps(variant.audiences),
        "stories": json.dumps(variant.story_ids),
        "fingerprint": variant.fingerprint,
        "subject": variant.rendered.subject,
        "html": zlib.compress(variant.rendered.html.encode()),
        "text": zlib.compress(variant.rendered.text.encode()),
        "message": zlib.compress(variant.rendered.message),
    }


def verdict_row(number: int, place: int, verdict: Verdict) -> dict[str, object]:
    return {
        "edition": number,
        "place": place,
        "story_id": verdict.story_id,
        "ruling": verdict.ruling.value,
        "late": int(verdict.late),
        "reason": verdict.reason,
    }
