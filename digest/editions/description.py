"""The canonical description of an edition, whose SHA-256 is what a person approves."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from digest.editions.plans.plan import NOTHING_PLANNED, Plan
from digest.mail.content import Rendered, Variant
from digest.newsletters.edition import Acceptance, Choice, Verdict
from digest.newsletters.newsletter import Newsletter
from digest.newsletters.period import Period


def describe(
    newsletter: Newsletter,
    period: Period,
    template_fingerprint: str,
    verdicts: Sequence[Verdict],
    variants: Sequence[Variant],
    choices: Mapping[Choice, str | None],
    plan: Plan = NOTHING_PLANNED,
) -> dict[str, object]:
    """Plain data that says all that an approval covers: window, plan, verdicts, template, settings, bytes, who gets
    which.
    """
    return {
        "newsletter": newsletter.name,
        "period": period.key,
        "window": {"from": period.start.isoformat(), "until_before": period.end.isoformat()},
        "template": {"name": newsletter.template, "sha256": template_fingerprint},
        "languages": list(newsletter.languages),
        "plan": planned(plan),
        "verdicts": [
            {"story": verdict.story_id, "ruling": verdict.ruling.value, "late": verdict.late, "reason": verdict.reason}
            | ({"missed": True} if verdict.missed else {})
            for verdict in verdicts
        ],
        "variants": [
            {
                "name": variant.name,
                "language": variant.language,
                "subject": variant.rendered.subject,
                "stories": list(variant.story_ids),
                "sha256": variant.fingerprint,
            }
            for variant in variants
        ],
        "choices": sorted(
            (
                {"audiences": sorted(choice.audiences), "language": choice.language, "variant": variant}
                for choice, variant in choices.items()
            ),
            key=lambda row: (row["audiences"], row["language"]),
        ),
    }


def planned(plan: Plan) -> dict[str, object]:
    """What the plan says, whatever its file looks like; what it does not say is left out."""
    said = asdict(plan)
    said["corrections"] = [
        {key: value for key, value in correction.items() if value is not None}
        for correction in sorted(said["corrections"], key=lambda correction: correction["item_id"])
    ]
    return {key: _plain(value) for key, value in said.items() if value}


def _plain(value: object) -> object:
    """Lists and dictionaries, as JSON and YAML know them."""
    if isinstance(value, Mapping):
        return {key: _plain(value[key]) for key in sorted(value)}
    return [_plain(part) for part in value] if isinstance(value, list | tuple) else value


def description_fingerprint(description: Mapping[str, object]) -> str:
    """SHA-256 of the canonical JSON, hex."""
    canonical = json.dumps(description, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def accepted_fingerprint(fingerprint: str, accepted: Sequence[Acceptance]) -> str:
    """The fingerprint of an edition together with the findings that a person let pass; without any, the same."""
    if not accepted:
        return fingerprint
    return description_fingerprint({"edition": fingerprint, "accepted": [[one.code, one.because] for one in accepted]})


def rendered_fingerprint(rendered: Rendered) -> str:
    """SHA-256 over all that readers of a variant share, hex."""
    return bytes_fingerprint(
        rendered.subject.encode(), rendered.html.encode(), rendered.text.encode(), rendered.message
    )


def bytes_fingerprint(*parts: bytes) -> str:
    state = hashlib.sha256()
    for part in parts:
        state.update(len(part).to_bytes(8, "big"))
        state.update(part)
    return state.hexdigest()
