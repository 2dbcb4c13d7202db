"""Rows of editions in the database, and the nouns that they stand for."""

import json
import zlib
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from typing import Any

from digest.editions.carried import with_pictures
from digest.foundation.database import loaded, stored
from digest.intake.picture import LINKED
from digest.mail.content import Rendered, Variant
from digest.newsletters.edition import Acceptance, Edition, EditionState, Verdict
from digest.newsletters.period import Occasion, Period, PeriodKind, Supplement


def edition_from(row: Any) -> Edition:
    return Edition(
        number=row["number"],
        newsletter=row["newsletter"],
        period=Period(
            date.fromisoformat(row["window_start"]),
            date.fromisoformat(row["window_end"]),
            PeriodKind(row["kind"]),
            _occasion(row["occasion"]),
            Supplement(**json.loads(row["supplement"] or "{}")),
        ),
        revision=row["revision"],
        state=EditionState(row["state"]),
        fingerprint=row["fingerprint"],
        built_at=loaded(row["built_at"]),
        covers_to_end=bool(row["covers_to_end"]),
        approved_by=row["approved_by"],
        approved_at=loaded(row["approved_at"]),
        approved_as=row["approved_as"],
        approved_code=row["approved_code"],
        left_out=json.loads(row["left_out"] or "{}"),
        withheld=json.loads(row["withheld"] or "{}"),
        accepted=tuple(Acceptance(**one) for one in json.loads(row["accepted"] or "[]")),
        sealed_at=loaded(row["sealed_at"]),
        sending_at=loaded(row["sending_at"]),
        finished_at=loaded(row["finished_at"]),
        route=json.loads(row["route"] or "{}"),
        because=row["because"],
        made_up=bool(row["made_up"]),
        readers=json.loads(row["readers"] or "{}"),
    )


def stored_route(route: Mapping[str, str]) -> str:
    return json.dumps(dict(route))


def _occasion(written: str | None) -> Occasion | None:
    if written is None:
        return None
    said = json.loads(written)
    titles = tuple((language, title) for language, title in said["titles"])
    return Occasion(name=said["name"], title=said["title"], titles=titles, audiences=tuple(said["audiences"]))


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
        "approved_as": None,
        "approved_code": None,
        "left_out": None,
        "withheld": None,
        "accepted": None,
        "sealed_at": None,
        "sending_at": None,
        "finished_at": None,
        "route": None,
        "window_start": edition.period.start.isoformat(),
        "window_end": edition.period.end.isoformat(),
        "because": edition.because,
        "occasion": json.dumps(asdict(edition.period.occasion)) if edition.period.occasion else None,
        "supplement": json.dumps(asdict(edition.period.supplement)) if edition.supplements else None,
    }


def variant_from(row: Any, pictures: Mapping[str, bytes]) -> Variant:
    html = zlib.decompress(row["html"]).decode()
    return Variant(
        name=row["name"],
        language=row["language"],
        audiences=tuple(json.loads(row["audiences"])),
        story_ids=tuple(json.loads(row["stories"])),
        fingerprint=row["fingerprint"],
        rendered=Rendered(
            subject=row["subject"],
            html=html,
            text=zlib.decompress(row["text"]).decode(),
            message=with_pictures(zlib.decompress(row["message"]), pictures),
            linked={name: pictures[name] for name in LINKED.findall(html) if name in pictures} if pictures else {},
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
    }


def verdict_row(number: int, place: int, verdict: Verdict) -> dict[str, object]:
    return {
        "edition": number,
        "place": place,
        "story_id": verdict.story_id,
        "ruling": verdict.ruling.value,
        "late": int(verdict.late),
        "reason": verdict.reason,
        "missed": int(verdict.missed),
    }
