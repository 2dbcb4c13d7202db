"""What a template sees: a variant's content in the reader's words, and nothing else."""

from dataclasses import dataclass

from markupsafe import Markup


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryView:
    """One story. Either `html` or `paragraphs` is to be shown; `text` is the same for the plain-text part.

    `level` is the heading level of the title. `abridged` says that a summary stands for the text: then `link` is set,
    and `short_title` names the story in the link to the rest. `late` is the story's month, `foreign` the name of its
    language, each `None` when there is nothing to say. `places` are the countries (or topics) to be named beside it.
    """

    title: str
    short_title: str
    level: int
    link: str | None
    date: str
    late: str | None
    foreign: str | None
    language: str
    direction: str
    author: str | None
    places: tuple[str, ...]
    paragraphs: tuple[str, ...]
    html: Markup | None
    text: str
    abridged: bool
    image: str | None
    image_alt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionView:
    """`title` is `None` for the only section of a newsletter without sections."""

    title: str | None
    stories: tuple[StoryView, ...]


@dataclass(frozen=True, kw_only=True)
class Page:
    """The variables of all three templates; `edition.mjml` and `edition.txt` see the finished `subject` as well.

    `title` is the first story's. The links hold slot marks; without a public URL there are no `preferences` and no
    `web_view`. `start` is the side where lines begin.
    """

    title: str | None
    preheader: str
    language: str
    direction: str
    start: str
    publisher: str
    address: str
    website: str | None
    website_name: str | None
    newsletter: str
    period: str
    counts: str
    lead: StoryView | None
    sections: tuple[SectionView, ...]
    leave: str
    preferences: str | None
    web_view: str | None
