"""A newsletter as people define it: its publisher, its audiences and their rules, its look, who answers for it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import reduce
from zoneinfo import ZoneInfo

from digest.foundation.addresses import NamedAddress
from digest.foundation.catalogue import _, later, spoken
from digest.intake.item import Story, TagKind
from digest.newsletters.schedule import Schedule


@dataclass(frozen=True, slots=True)
class Localised:
    """A text in several languages. `everywhere` serves all languages that have none of their own."""

    texts: Mapping[str, str] = field(default_factory=dict)
    everywhere: str | None = None

    def __call__(self, language: str) -> str:
        """Raise `KeyError` for a language without text; the settings make sure that there is none."""
        text = self.texts.get(language, self.everywhere)
        if text is None:
            raise KeyError(language)
        return text

    def covers(self, language: str) -> bool:
        return language in self.texts or self.everywhere is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Criteria:
    """Inside a field *or*, across fields *and*; an empty field asks for nothing."""

    countries: frozenset[str] = frozenset()
    topics: frozenset[str] = frozenset()
    sources: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()

    def asked(self) -> bool:
        return bool(self.countries or self.topics or self.sources or self.languages)


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """A named rule that says which stories concern somebody. `everything` matches all stories; a hit in any field of
    `exclude` excludes.
    """

    name: str
    title: Localised
    everything: bool = False
    include: Criteria = Criteria()
    exclude: Criteria = Criteria()
    only_strong: bool = False  # count only what a person said or a title names

    def matches(self, story: Story) -> bool:
        return self.reason(story) is not None

    def reason(self, story: Story) -> str | None:
        """Why the story concerns this audience, in plain words to be kept; `None` when it does not."""
        has = _values(story, only_strong=self.only_strong)
        if any(self._excluded(name) & values for name, values in has.items()):
            return None
        if self.everything:
            return later("takes everything")
        hits: list[str] = []
        for name, values in has.items():
            if wanted := self._wanted(name):
                if not wanted & values:
                    return None
                said = later("{field}: {values}")
                hits.append(said.format(field=_FIELDS[name], values=_listed(wanted & values)))
        both = later("{one}; {other}")
        return reduce(lambda one, other: both.format(one=one, other=other), hits) if hits else None

    def why_not(self, story: Story) -> str | None:
        """The first rule that keeps the story out, in plain words to be kept; `None` when it concerns this audience."""
        if self.matches(story):
            return None
        has = _values(story, only_strong=self.only_strong)
        for name, values in has.items():
            if hits := self._excluded(name) & values:
                return later("it leaves out {field}: {values}").format(field=_FIELDS[name], values=_listed(hits))
        weak = _values(story, only_strong=False)
        for name, values in has.items():
            wanted = self._wanted(name)
            if not wanted or wanted & values:
                continue
            if hits := wanted & weak[name]:
                said = later("it asks for {field} that a person or the title names; {values} stands in the text only")
                return said.format(field=_FIELDS[name], values=_listed(hits))
            said = later("it asks for {field}: {wanted}; the story has {values}")
            has_this = _listed(values) or later("none")
            return said.format(field=_FIELDS[name], wanted=_listed(wanted), values=has_this)
        return later("it asks for nothing")

    def _wanted(self, field: str) -> frozenset[str]:
        return frozenset(getattr(self.include, field))

    def _excluded(self, field: str) -> frozenset[str]:
        return frozenset(getattr(self.exclude, field))


_FIELDS = {
    "countries": later("countries"),
    "topics": later("topics"),
    "sources": later("sources"),
    "languages": later("languages"),
}


def _values(story: Story, *, only_strong: bool) -> dict[str, frozenset[str]]:
    """By the fields of `Criteria`."""
    return {
        "countries": story.values(TagKind.COUNTRY, only_strong=only_strong),
        "topics": story.values(TagKind.TOPIC, only_strong=only_strong),
        "sources": story.sources,
        "languages": story.languages,
    }


def _listed(values: frozenset[str]) -> str:
    return ", ".join(sorted(values))


class Typeface(StrEnum):
    """Of the titles. Running text has no serifs: it is read on small screens."""

    SERIF = "serif"
    SANS = "sans"


@dataclass(frozen=True, slots=True, kw_only=True)
class Logo:
    """`width` is in pixels, as readers see it; `alt` is what is read where no image is shown. A `file` of the workspace
    is carried inside the mails, and has no `url`.
    """

    url: str
    width: int
    alt: Localised
    file: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Brand:
    """The standard look, where nothing else is said. Colours are `#rrggbb`, legible on the page and its foot: `accent`
    in light, `accent_dark` in dark mode. `footer` is a line at the foot of every mail.
    """

    accent: str = "#0b5a64"
    accent_dark: str = "#84cdd2"
    font: Typeface = Typeface.SERIF
    logo: Logo | None = None
    footer: Localised | None = None


class Approval(StrEnum):
    REQUIRED = "required"  # a person approves the very bytes before they go
    NONE = "none"  # sealing happens when sending begins


class Unanswered(StrEnum):
    """What happens at the sending time to a part that its reviewers said nothing about."""

    HOLD = "hold"  # the edition waits for a person
    SEND = "send"  # it goes as it is
    SKIP = "skip"  # the edition does not go; its stories wait for the next
    LEAVE_OUT = "leave-out"  # the edition goes without this part

    @property
    def said(self) -> str:
        """As screens say it."""
        return {
            Unanswered.HOLD: _("hold"),
            Unanswered.SEND: _("send"),
            Unanswered.SKIP: _("skip"),
            Unanswered.LEAVE_OUT: _("leave-out"),
        }[self]


class SectionsBy(StrEnum):
    COUNTRY = "country"  # exactly one country: that country's section; else Regional, which comes first
    TOPIC = "topic"  # exactly one topic: that topic's section; else General, which comes first
    NONE = "none"


class ThinEdition(StrEnum):
    """What becomes of an edition that has stories, and too few of them."""

    SEND = "send"  # it goes as it is
    DEFER = "defer"  # nothing goes; all its stories wait for the next


class Welcome(StrEnum):
    """What somebody new is sent before the next edition."""

    NOTHING = "nothing"
    LATEST = "latest"  # the edition that went out last


class ThinMail(StrEnum):
    """What becomes of a mail that has too few stories."""

    SEND = "send"  # it goes as it is; one without any story never goes
    NOTHING = "nothing"  # its readers get nothing; what no other mail has waits for the next, the rest is open for them
    FALL_BACK = "fall-back"  # it has the stories of another audience besides, and says why


@dataclass(frozen=True, slots=True, kw_only=True)
class Thin:
    """An edition with fewer stories than `least` is thin, and so is a mail with fewer than `least_per_mail`. Of the
    audience `fall_back` a thin mail has the stories besides.
    """

    least: int = 1
    edition: ThinEdition = ThinEdition.SEND
    least_per_mail: int = 1
    mail: ThinMail = ThinMail.SEND
    fall_back: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewRule:
    """Who looks at one part (an audience) before it goes, and what their silence means."""

    reviewers: tuple[NamedAddress, ...]
    then: Unanswered


@dataclass(frozen=True, slots=True, kw_only=True)
class Publisher:
    name: Localised
    address: str  # the postal address, printed in every footer
    website: str | None
    timezone: ZoneInfo
    brand: Brand = field(default_factory=Brand)


@dataclass(frozen=True, slots=True, kw_only=True)
class Newsletter:
    """`languages` and `audiences` are in the order of the settings. `late_for` counts periods. `reviews` is by
    audience; without any, an edition is approved as a whole only.
    """

    name: str
    title: Localised
    sender: Mapping[str, NamedAddress]
    reply_to: str | None
    schedule: Schedule
    audiences: tuple[Audience, ...]
    languages: tuple[str, ...]
    approval: Approval
    template: str
    sections: SectionsBy
    late_for: int
    starts_on: date | None
    max_variants: int
    reviews: Mapping[str, ReviewRule] = field(default_factory=dict)
    then: Unanswered = Unanswered.HOLD  # for audiences without reviewers of their own
    thin: Thin = field(default_factory=Thin)
    approvers: tuple[str, ...] = ()  # who may approve whole editions; nobody named: anybody
    welcome: Welcome = Welcome.NOTHING
    reminded: tuple[NamedAddress, ...] = ()  # the staff who are told what waits for them

    @property
    def title_for_staff(self) -> str:
        """In their language, if the newsletter comes out in it."""
        language = spoken().partition("-")[0]
        return self.title(language if language in self.languages else self.languages[0])

    @property
    def audience_names(self) -> tuple[str, ...]:
        return tuple(audience.name for audience in self.audiences)

    def audience(self, name: str) -> Audience:
        return next(audience for audience in self.audiences if audience.name == name)
