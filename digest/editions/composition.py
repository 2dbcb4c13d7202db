"""Composition: which readers get which stories, and how few variants serve them all (design §4.7–4.10)."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from digest.editions.plans.plan import NOTHING_PLANNED, Plan
from digest.editions.selection import rank
from digest.editions.thin import Takers, stories_of, thin_of, without_thin, without_withheld
from digest.foundation.words import fingerprint
from digest.intake.item import Item, Story, TagKind
from digest.intake.web_links import site_of
from digest.mail.content import Section, Shown, VariantContent, Weight
from digest.newsletters.edition import Choice, Ruling, Verdict
from digest.newsletters.newsletter import Newsletter, Publisher, SectionsBy, Thin
from digest.newsletters.period import Period

MOST_NAMES_IN_A_FILE_NAME = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """Choices that get the same stories in one language, the plainest first, and the name of their variant.
    `falls_back`: some of the stories are another audience's, because their own are few.
    """

    name: str
    language: str
    story_ids: frozenset[str]
    choices: tuple[Choice, ...]
    falls_back: bool = False

    @property
    def content(self) -> tuple[str, frozenset[str], bool]:
        """What makes two shares the same mail."""
        return self.language, self.story_ids, self.falls_back

    @property
    def audiences(self) -> frozenset[str]:
        return self.choices[0].audiences


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantPlan:
    """A variant to be rendered, and all choices that it serves, the plainest first."""

    name: str
    choices: tuple[Choice, ...]
    content: VariantContent

    @property
    def audiences(self) -> frozenset[str]:
        return self.choices[0].audiences


def choices_to_serve(newsletter: Newsletter, subscribed: Iterable[Choice]) -> list[Choice]:
    """Each audience alone in each language (so that staff can look at it), and whatever people chose."""
    alone = [
        Choice(newsletter=newsletter.name, audiences=frozenset([audience.name]), language=language)
        for audience in newsletter.audiences
        for language in newsletter.languages
    ]
    return list(dict.fromkeys([*alone, *subscribed]))


def compose(
    publisher: Publisher,
    newsletter: Newsletter,
    period: Period,
    included: Sequence[tuple[Story, Verdict]],
    choices: Iterable[Choice],
    plan: Plan = NOTHING_PLANNED,
) -> tuple[list[VariantPlan], list[Choice]]:
    """The variants, in the order of the settings, and the choices that get nothing.

    `included` is in reading order, `plan` may change it. Choices with the same stories in the same language share a
    variant.
    """
    takers = takers_of(newsletter, period, included)
    shares, unserved = shared(newsletter, thin_of(newsletter, period), takers, choices)
    return variant_plans(publisher, newsletter, period, shares, included, plan), unserved


def variant_plans(
    publisher: Publisher,
    newsletter: Newsletter,
    period: Period,
    shares: Iterable[Share],
    included: Sequence[tuple[Story, Verdict]],
    plan: Plan,
    before: Takers | None = None,
) -> list[VariantPlan]:
    """What each of the shares shows. Who took what `before` some audience was left out decides for whom a mail says
    that it is.
    """
    thin, takers = thin_of(newsletter, period), takers_of(newsletter, period, included)
    plans = []
    for share in shares:
        wanted = [(story, verdict) for story, verdict in included if story.id in share.story_ids]
        content = _content(publisher, newsletter, period, share.language, wanted, plan)
        if share.falls_back and thin.fall_back is not None:
            content = replace(content, fall_back=newsletter.audience(thin.fall_back).title(share.language))
        if len(newsletter.audiences) > 1:
            content = _named(content, newsletter, share, before or takers)
        plans.append(VariantPlan(name=share.name, choices=share.choices, content=content))
    return plans


def _named(content: VariantContent, newsletter: Newsletter, share: Share, takers: Takers) -> VariantContent:
    """With the audiences that it is for: all that alone take just these stories (whoever takes everything speaks for
    the others), else the plainest choice of them. No combination that a person chose makes another mail of it.
    """
    alone = [one for one in newsletter.audiences if takers.get(one.name) == share.story_ids]
    for_all = [one for one in alone if one.everything][:1]
    named = for_all or alone or [one for one in newsletter.audiences if one.name in share.audiences]
    return replace(
        content,
        audiences=tuple(one.title(share.language) for one in named),
        chosen=not for_all and len(alone) <= 1,
    )


def takers_of(newsletter: Newsletter, period: Period, included: Iterable[tuple[Story, Verdict]]) -> Takers:
    """The stories of each audience for which the edition is made."""
    stories = [story for story, _ in included]
    return {
        audience.name: frozenset(story.id for story in stories if audience.matches(story))
        for audience in newsletter.audiences
        if period.is_for(audience.name)
    }


def thinned(
    newsletter: Newsletter, period: Period, ruled: Sequence[tuple[Story, Verdict]], *, closed: bool
) -> tuple[Verdict, ...]:
    """The verdicts when too few stories wait, as the newsletter says; about the whole edition once it is closed."""
    thin = thin_of(newsletter, period)
    included = [(story, verdict) for story, verdict in ruled if verdict.ruling is Ruling.INCLUDED]
    verdicts = without_withheld(thin, [verdict for _, verdict in ruled], takers_of(newsletter, period, included))
    return without_thin(thin, verdicts) if closed else verdicts


def shared(
    newsletter: Newsletter, thin: Thin, takers: Takers, choices: Iterable[Choice]
) -> tuple[list[Share], list[Choice]]:
    """Which choices share a variant, in the order of the settings, and those that get no story."""
    own = {
        choice: frozenset[str]().union(*(takers.get(name, frozenset()) for name in choice.audiences))
        for choice in choices
    }
    wanted = {choice: stories_of(thin, stories, takers) for choice, stories in own.items()}
    falling = {choice for choice, stories in wanted.items() if stories != own[choice]}
    return shares_of(newsletter, wanted, falling), [choice for choice, stories in wanted.items() if not stories]


def shares_of(
    newsletter: Newsletter, wanted: Mapping[Choice, frozenset[str]], falling: Collection[Choice] = ()
) -> list[Share]:
    """Choices that get the same stories in one language, in the order of the settings. Who gets none is in no share.
    Those `falling` back get more than concerns them.
    """
    serving: dict[tuple[str, frozenset[str], bool], list[Choice]] = {}
    for choice, stories in wanted.items():
        if stories:
            serving.setdefault((choice.language, stories, choice in falling), []).append(choice)
    order = {audience.name: index for index, audience in enumerate(newsletter.audiences)}
    languages = {language: index for index, language in enumerate(newsletter.languages)}
    shares = []
    for (language, stories, falls_back), served in serving.items():
        ranked = sorted(served, key=lambda choice: (len(choice.audiences), sorted(order[n] for n in choice.audiences)))
        name = _file_name(ranked[0], order)
        shares.append(
            Share(name=name, language=language, story_ids=stories, choices=tuple(ranked), falls_back=falls_back)
        )
    shares.sort(
        key=lambda share: (
            len(share.audiences),
            sorted(order[name] for name in share.audiences),
            languages[share.language],
        )
    )
    return shares


def best_sealed(choice: Choice, sealed: Mapping[Choice, str | None], order: Sequence[str]) -> str | None:
    """For a choice made after the seal: the variant of the sealed subset with most of its audiences.

    Ties go to the audiences that stand first in the settings; `None` when no part of the choice was sealed.
    """
    places = {name: index for index, name in enumerate(order)}
    fitting = [
        other
        for other, variant in sealed.items()
        if variant is not None and other.language == choice.language and other.audiences <= choice.audiences
    ]
    if not fitting:
        return None
    best = min(
        fitting, key=lambda other: (-len(other.audiences), sorted(places.get(n, len(places)) for n in other.audiences))
    )
    return sealed[best]


def _content(
    publisher: Publisher,
    newsletter: Newsletter,
    period: Period,
    language: str,
    wanted: Sequence[tuple[Story, Verdict]],
    plan: Plan,
) -> VariantContent:
    shown = [(story, _shown(publisher, newsletter, story, verdict, language, plan)) for story, verdict in wanted]
    lead = _lead([one for _, one in shown], language, plan)
    sections: dict[str | None, list[Shown]] = {}
    missed = []
    for story, one in sorted(shown, key=lambda pair: rank(plan, pair[0].id)):
        if one.missed and one is not lead:
            missed.append(one)
        elif one is not lead:
            sections.setdefault(section_of(newsletter.sections, story), []).append(one)
    return VariantContent(
        publisher=publisher,
        newsletter=newsletter,
        period=period,
        revision=1,
        language=language,
        lead=lead,
        sections=(
            *(Section(key=key, stories=tuple(sections[key])) for key in sorted(sections, key=lambda key: key or "")),
            *([Section(key=None, stories=tuple(missed), missed=True)] if missed else []),
        ),
        introduction=plan.introductions.get(language),
        subject=plan.subjects.get(language),
        preheader=plan.preheaders.get(language),
    )


def _shown(
    publisher: Publisher, newsletter: Newsletter, story: Story, verdict: Verdict, language: str, plan: Plan
) -> Shown:
    item = _dated(story, language)
    other = _other(newsletter.languages, story, item)
    weight = Weight.FULL if story.id in plan.full else Weight.BRIEF if story.id in plan.brief else None
    return Shown(
        story_id=story.id,
        item=item,
        late=verdict.late,
        missed=verdict.missed,
        other=other,
        elsewhere=published_elsewhere(story, item, newsletter.languages, publisher.website),
        weight=weight,
    )


def published_elsewhere(story: Story, shown: Item, languages: Sequence[str], website: str | None) -> tuple[Item, ...]:
    """What others published of it, in the eyes of readers who are shown this item and the site of the publisher."""
    other = _other(languages, story, shown)
    return also_published(story, shown, (website, other.text.link if other else None))


def _other(languages: Sequence[str], story: Story, shown: Item) -> Item | None:
    """The story in the first of the newsletter's other languages that has a link of its own."""
    for language in languages:
        found = [item for item in story.live_items if item.language == language and item.text.link]
        if language != shown.language and found:
            best = min(found, key=lambda item: (item.published_on, item.position, item.id))
            return None if best.text.link == shown.text.link else best
    return None


def also_published(story: Story, shown: Item, known: Iterable[str | None]) -> tuple[Item, ...]:
    """Beside the one that is `shown`, the best item of each other site, those in its language first. On the sites of
    the pages that are `known` nothing is found that readers would not find without being told.
    """
    sites = {site for site in map(site_of, (shown.text.link, *known)) if site}
    found = []
    for item in story.best_first(shown.language):
        site = site_of(item.text.link)
        if item.source != shown.source and site and not any(_is_one(site, one) for one in sites):
            sites.add(site)
            found.append(item)
    return tuple(found)


def _is_one(site: str, other: str) -> bool:
    return site == other or site.endswith(f".{other}") or other.endswith(f".{site}")


def _dated(story: Story, language: str) -> Item:
    """The item in the reader's language, showing the story's date: a translation made later is no later news."""
    item = story.in_language(language)
    return item if item.published_on == story.published_on else replace(item, published_on=story.published_on)


def _lead(shown: Sequence[Shown], language: str, plan: Plan) -> Shown:
    """The plan's lead; else the newest story with the longest text, neither a late nor a foreign one if it can be
    helped; else the first.
    """
    return min(
        shown,
        key=lambda one: (
            one.story_id != plan.lead,
            one.late,
            one.foreign_to(language),
            -one.item.published_on.toordinal(),
            -sum(len(paragraph) for paragraph in one.item.text.paragraphs),
        ),
    )


def section_of(by: SectionsBy, story: Story) -> str | None:
    """The key of the section in which the story stands; see `Section`."""
    if by is SectionsBy.NONE:
        return None
    values = story.values(TagKind.COUNTRY if by is SectionsBy.COUNTRY else TagKind.TOPIC)
    return next(iter(values)) if len(values) == 1 else None


def _file_name(choice: Choice, order: Mapping[str, int]) -> str:
    """`guatemala.es`, `guatemala+children.es`; what would grow too long ends in a fingerprint."""
    names = sorted(choice.audiences, key=lambda name: order[name])
    if len(names) > MOST_NAMES_IN_A_FILE_NAME:
        rest = fingerprint(*names)[:6]
        names = [*names[:MOST_NAMES_IN_A_FILE_NAME], f"and-{len(names) - MOST_NAMES_IN_A_FILE_NAME}-more-{rest}"]
    return f"{'+'.join(names)}.{choice.language}"
