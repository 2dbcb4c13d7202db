"""Browsing: what is stored as the views that the web pages are made from."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from digest.cli.wording import people, period_title
from digest.errors import CannotWriteError
from digest.foundation.files import replace_whole
from digest.model.edition import Edition, Variant
from digest.model.newsletter import Approval, Newsletter
from digest.model.place import Problem
from digest.model.tag import TagKind

if TYPE_CHECKING:
    from digest.app import Workspace
    from digest.web.views import EditionView, StoryView, VariantView


def edition_view(
    workspace: "Workspace", newsletter: Newsletter, edition: Edition, problems: tuple[Problem, ...] = ()
) -> "EditionView":
    """Everything that people look at before they approve."""
    from digest.web.views import EditionView

    variants = workspace.editions.variants(edition)
    readers = people(workspace, edition)
    return EditionView(
        edition=edition,
        newsletter_title=newsletter.title(newsletter.languages[0]),
        period_title=period_title(edition.period),
        variants=tuple(_variant_view(workspace, newsletter, edition, v, readers.get(v.name, 0)) for v in variants),
        stories=_story_views(workspace, newsletter, edition),
        needs_approval=newsletter.approval is Approval.REQUIRED,
        names_newsletter=len(workspace.settings.newsletters) > 1,
        timezone=workspace.settings.publisher.timezone,
        problems=problems,
        tally=workspace.ledger.tally(edition) if edition.sending_at else None,
    )


def write_browse_page(workspace: "Workspace") -> Path:
    """Replace `editions/index.html` and return its path."""
    from digest.web.browse import browse_page

    newsletters = {newsletter.name: newsletter for newsletter in workspace.settings.newsletters}
    views = [
        edition_view(workspace, newsletters[edition.newsletter], edition)
        for edition in workspace.editions.editions()
        if edition.newsletter in newsletters
    ]
    path = workspace.folder / "editions" / "index.html"
    page = browse_page(views, os.path.relpath(workspace.settings.delivery.path, workspace.folder))
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        replace_whole(path, page.encode())
    except OSError as error:
        raise CannotWriteError(str(path), error.strerror or str(error), "make the workspace writable") from error
    return path


def _variant_view(
    workspace: "Workspace", newsletter: Newsletter, edition: Edition, variant: Variant, people: int
) -> "VariantView":
    from digest.app.titles import mail_title
    from digest.web.views import VariantView, headers_of

    message = workspace.composer.sample(edition, variant.rendered.message).message
    return VariantView(
        name=variant.name,
        title=mail_title(newsletter, variant),
        language=variant.language,
        subject=variant.rendered.subject,
        people=people,
        stories=len(variant.story_ids),
        html=workspace.composer.sample_body(edition, variant.rendered.html),
        text=workspace.composer.sample_body(edition, variant.rendered.text),
        message=message,
        headers=headers_of(message),
    )


def _story_views(workspace: "Workspace", newsletter: Newsletter, edition: Edition) -> "tuple[StoryView, ...]":
    from digest.web.views import StoryView

    corrected = edition.state.is_open and edition.revision == 1  # what is sealed does not follow its plan any more
    found = workspace.stories(newsletter, edition.period) if corrected else workspace.items.stories()
    stories = {story.id: story for story in found}
    shown = []
    for verdict in workspace.editions.verdicts(edition):
        story = stories.get(verdict.story_id)
        if story is None:  # merged into another one after the seal
            continue
        item = story.in_language(newsletter.languages[0])
        shown.append(
            StoryView(
                story_id=story.id,
                title=item.text.title,
                published_on=story.published_on,
                ruling=verdict.ruling,
                reason=verdict.reason,
                late=verdict.late,
                place=str(item.place),
                countries=tuple(sorted(story.values(TagKind.COUNTRY))),
                topics=tuple(sorted(story.values(TagKind.TOPIC))),
            )
        )
    return tuple(shown)
