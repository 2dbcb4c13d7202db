"""Results: what is said of what a person did, on a terminal and at the desk alike."""

from collections.abc import Iterator, Sequence

from digest.editions.approving import Approved
from digest.editions.edited_words import field_name
from digest.editions.plans.correction_edits import Words
from digest.editions.plans.plan_edits import Edited
from digest.foundation.catalogue import _, plural
from digest.intake.item import Item
from digest.mail.wording import audience_title, edition_in_full
from digest.newsletters.edition import Edition
from digest.newsletters.newsletter import Newsletter


def approved_said(edition: Edition) -> str:
    said = _("{edition} is approved by {name} (code {code}, fingerprint {fingerprint}).")
    return said.format(
        edition=edition_in_full(edition),
        name=edition.approved_by,
        code=edition.approved_code,
        fingerprint=(edition.fingerprint or "")[:12],
    )


def followed(newsletter: Newsletter, approved: Approved) -> Iterator[str]:
    """What follows from an approval: parts that stay open, and drafts that lost stories to it."""
    for name, reason in approved.edition.withheld.items():
        said = _("It stays open for {part}, which was {reason}: see `digest status` once it is sent.")
        yield said.format(part=audience_title(newsletter, name), reason=reason)
    for one in approved.redrafted:
        draft = edition_in_full(one.draft)
        if one.trouble is not None:
            said = _("{draft} holds stories that are taken now, and could not be drafted again: {trouble}")
            yield said.format(draft=draft, trouble=one.trouble)
        else:
            yield plural(
                "{draft} was drafted again without {count:,} story that is taken now.",
                "{draft} was drafted again without {count:,} stories that are taken now.",
                one.stories,
                draft=draft,
            )


def reopened_said(edition: Edition) -> str:
    return _("{edition} is a draft again.").format(edition=edition_in_full(edition))


def _means(action: str) -> str:
    return {
        "drop": _("“{title}” is left out of {edition}, and of later ones."),
        "defer": _("“{title}” waits for the next edition; there it stands with its own date."),
        "lead": _("“{title}” stands above all others, for every reader who gets it."),
        "pin": _("“{title}” comes first in its section."),
        "keep": _("“{title}” is treated like any other story."),
        "leave": _("“{title}” is left out of {edition}, and left to the calendar's editions."),
    }[action]


def corrected_said(words: Words, edited: Edited, title: str, item: Item) -> list[str]:
    """What is said of a text from now on, and what its source says."""
    before, said = (
        next((one for one in plan.corrections if one.item_id == item.id), None)
        for plan in (edited.before, edited.after)
    )
    lines = []
    for field in words:
        value = getattr(said, field) if said else None
        if value == (getattr(before, field) if before else None):
            continue
        source = (said.instead_of or {}).get(field, "") if said else ""
        if value is None:
            lines.append(_("“{title}”: {field} as its source says it.").format(title=title, field=field_name(field)))
            continue
        written = ", ".join(value) if isinstance(value, tuple) else value
        now = _("“{title}”: {field} is now “{words}”; its source says “{source}”.")
        lines.append(now.format(title=title, field=field_name(field), words=written or "–", source=source or "–"))
    return lines


def plan_said(action: str, edition: str, titles: Sequence[str], edited: Edited, *, is_special: bool) -> list[str]:
    """What a decision about these stories means."""
    if is_special and action in ("drop", "defer"):
        action = "leave"
    if action == "order":
        numbered = [f"  {place}. {title}" for place, title in enumerate(titles, 1)]
        return [_("These stories come first in their sections, in this order:"), *numbered]
    lines = [_means(action).format(title=title, edition=edition) for title in titles]
    if action == "lead" and edited.before.lead is not None:
        lines.append(_("The story that led before is treated like any other again."))
    return lines
