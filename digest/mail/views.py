"""What a template sees: a variant's content in the reader's words, and nothing else."""

from dataclasses import dataclass

from markupsafe import Markup


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherView:
    """The same story in another language, whose name is in the reader's: `English`, `inglés`."""

    title: str
    link: str
    name: str
    language: str
    direction: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ElsewhereView:
    """The same story as somebody else published it: `site` is where, such as `example.org`."""

    site: str
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureView:
    """The pixels at which a picture is shown; no `height`: nobody knows its form. `url` and `alt` are its own."""

    width: int
    height: int | None
    url: str = ""
    alt: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryView:
    """One story: `html` in the HTML part, `text` the same in the plain one, `line` when there is room for a line only.

    `level` is the heading level of the title, `anchor` its id. `abridged` says that a summary (or nothing) stands for
    the text: then `link` is set, and `short_title` names the story in the link to the rest. `late` is the window for
    which the story was too late and `late_label` says so, `foreign` is the name of its language, each `None` when there
    is nothing to say. `places` are the countries (or topics) to be named beside it. `other` is the story in another
    language, `elsewhere` what others published of it. `weight` is lead, full or brief (title and `line`), `asked` what
    an editor gave it, `number` its place in the mail, `long` a title to be set smaller.
    """

    anchor: str
    title: str
    short_title: str
    level: int
    link: str | None
    date: str
    late: str | None
    late_label: str | None
    foreign: str | None
    language: str
    direction: str
    author: str | None
    places: tuple[str, ...]
    html: Markup
    text: str
    line: str
    abridged: bool
    image: str | None
    image_alt: str
    other: OtherView | None
    elsewhere: tuple[ElsewhereView, ...] = ()
    picture: PictureView | None = None  # its image above the text, for a lead
    thumbnail: PictureView | None = None  # the same beside the text, where the text does not show it itself
    small: PictureView | None = None  # the same beside a line that stands for the text
    number: int = 0
    weight: str = "full"
    asked: str | None = None
    long: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionView:
    """`title` is `None` for the only section of a newsletter without sections. One of a single story is not `headed`:
    the story names it among its places.
    """

    title: str | None
    headed: bool
    stories: tuple[StoryView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LogoView:
    url: str
    width: int
    alt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BrandView:
    """The publisher's brand: colours, the typefaces of titles, the logo, a line for the foot."""

    accent: str
    accent_dark: str
    titles: str
    logo: LogoView | None
    footer: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class IntroductionView:
    html: Markup
    text: str


@dataclass(frozen=True, kw_only=True)
class PageView:
    """The variables of all three templates; `edition.mjml` and `edition.txt` see the finished `subject` as well.

    `title` is the first story's, `occasion` that of a special edition. `audience` names whom the mail is for, where
    there are several; `reason` says why somebody gets it, `reading_time` how long all stories take. `contents` are all
    stories in their order when they are many, else none. The links hold slot marks; without a public URL there are no
    `preferences` and no `web_view`. `start` is the side where lines begin.
    """

    title: str | None
    occasion: str | None
    preheader: str
    language: str
    direction: str
    start: str
    publisher: str
    address: str
    website: str | None
    website_name: str | None
    newsletter: str
    audience: str | None
    period: str
    reading_time: str
    counts: str
    reason: str
    look: BrandView
    introduction: IntroductionView | None
    contents: tuple[StoryView, ...]
    lead: StoryView | None
    sections: tuple[SectionView, ...]
    leave: str
    preferences: str | None
    web_view: str | None
    archive: str | None = None
    archived: int = 0  # stories that are in the archive alone
