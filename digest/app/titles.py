"""Titles: how editions, audiences and mails are called in English, also after the settings have changed."""

from typing import TYPE_CHECKING

from digest.model.edition import Edition, Variant
from digest.model.newsletter import Newsletter

if TYPE_CHECKING:
    from digest.app.workspace import Workspace


def audience_title(newsletter: Newsletter, name: str) -> str:
    """Its title in the newsletter's first language; the name itself when the settings have it no more."""
    return next((one.title(newsletter.languages[0]) for one in newsletter.audiences if one.name == name), name)


def mail_title(newsletter: Newsletter, variant: Variant) -> str:
    """`Guatemala – Spanish`, also of audiences that the settings have no more."""
    from digest.rendering.naming import language_name

    titles = [audience_title(newsletter, name) for name in variant.audiences]
    return f"{', '.join(titles)} – {language_name(variant.language)}"


def period_title(workspace: "Workspace", edition: Edition) -> str:
    """`July 2018`, `July 2018 (reissue 2)`."""
    from digest.rendering.wording import first_upper

    title = first_upper(workspace.renderer.words("en").period(edition.period))
    return title if edition.revision == 1 else f"{title} (reissue {edition.revision})"
