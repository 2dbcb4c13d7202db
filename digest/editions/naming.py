"""Naming: which edition people mean by what they write. Every command asks here.

A name is `[NEWSLETTER/]KEY`. KEY is the key of an edition as the store has it (`2018-07`, `2018-07.2`,
`special-floods-in-peten`), the key of a period, or the name of a month, with or without a year; `.2` behind a period
or a month names its second revision, and `/guatemala` behind any of them what supplements it.
"""

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from babel.dates import get_month_names

from digest.editions.building import periods_with_content
from digest.editions.store import Editions
from digest.errors import UsageError
from digest.foundation.catalogue import _, later
from digest.foundation.words import fold_words
from digest.intake.store import Items
from digest.newsletters.edition import Edition
from digest.newsletters.newsletter import Newsletter
from digest.newsletters.period import SPECIAL, Period, PeriodKind
from digest.newsletters.timetable import Timetable, timetable

_YEAR = re.compile(r"\b(\d{4})\b")
_REVISION = re.compile(r"(.+)\.([1-9]\d{0,3})")
_MONTH_IN_SPANISH = {"setiembre": 9, "set": 9}  # as Costa Rica, Peru and Uruguay write it; CLDR has it for Peru alone
_EXAMPLES = {
    PeriodKind.DAY: "2018-08-05",
    PeriodKind.WEEK: "2018-W31",
    PeriodKind.MONTH: later("2018-07 or july"),
    PeriodKind.QUARTER: "2018-Q3",
    PeriodKind.SINCE_LAST: later("2018-08-15, the date on which it goes out"),
}
_UNKNOWN = {
    PeriodKind.DAY: later("no day of that name is known"),
    PeriodKind.WEEK: later("no week of that name is known"),
    PeriodKind.MONTH: later("no month of that name is known"),
    PeriodKind.QUARTER: later("no quarter of that name is known"),
    PeriodKind.SINCE_LAST: later("no window of that name is known"),
}


def split_name(words: str, newsletters: Collection[str]) -> tuple[str | None, str]:
    """The newsletter, if one is named, and what names its edition: `monthly/2018-07` names both."""
    newsletter, slash, rest = words.strip().partition("/")
    if slash and (newsletter in newsletters or not _is_key(newsletter)):
        return newsletter, rest
    return None, words.strip()


def _is_key(words: str) -> bool:
    """Whether `2018-07/guatemala`, `special-floods/guatemala` or `july/guatemala` begins with it."""
    if words[:1].isdecimal() or words.lower().startswith(SPECIAL):
        return True
    return _name_of_month(words.rpartition(".")[0] or words) in _months(())


@dataclass(frozen=True, slots=True)
class Meant:
    """A period, and which of its revisions; the first one need not be built yet."""

    period: Period
    revision: int


class EditionNames:
    """The names of one newsletter's editions. `today` is the date in its zone."""

    def __init__(self, newsletter: Newsletter, items: Items, editions: Editions, today: date) -> None:
        self._newsletter = newsletter
        self._items = items
        self._today = today
        self._built = editions.editions(newsletter.name)
        self._editions = editions

    def meant(self, words: str) -> Meant:
        """Raise `UsageError` with what could be meant: for a name that nobody knows, for one with several meanings, and
        for a reissue that was not made.
        """
        if (named := self._of_key(words)) is not None:
            return Meant(named.period, named.revision)
        if "/" in words:
            return self._supplement(words)
        wanted = _REVISION.fullmatch(words.strip())
        of_first = self._of_key(wanted[1]) if wanted else None
        period = of_first.period if of_first else self._period(wanted[1] if wanted else words)
        there = [edition.revision for edition in self._built if edition.period == period]
        if wanted is None:
            is_key = fold_words(period.key) == fold_words(words)
            return Meant(period, 1 if is_key else max(there, default=1))
        if int(wanted[2]) not in there:
            known = [edition.key for edition in self._built if edition.period == period]
            raise UsageError(
                words,
                _("there is no such reissue"),
                _("there is: {names}").format(names=", ".join(known)) if known else _("look at `digest status`"),
            )
        return Meant(period, int(wanted[2]))

    def _supplement(self, words: str) -> Meant:
        """What supplements the edition named before the last slash; of a month, any of its revisions."""
        of, _slash, name = words.rpartition("/")
        edition, name = self.edition(of), name.strip().lower()
        there = [one for one in self._built if one.supplements == edition.key]
        if self._of_key(of) is None:
            there += [one for one in reversed(self._built) if one.supplements and one.period.base == edition.period]
        for one in there:
            if one.key.rpartition("/")[2] == name:
                return Meant(one.period, one.revision)
        remedy = _("a part that was left out of it: digest send {edition} --part {name}").format(
            edition=edition.key, name=name
        )
        if there:
            remedy = _("there is: {names}").format(names=", ".join(dict.fromkeys(one.key for one in there)))
        raise UsageError(words, _("there is no such part or correction of it"), remedy)

    def period(self, words: str) -> Period:
        return self.meant(words).period

    def edition(self, words: str) -> Edition:
        """An edition that was built; words for a period mean its last revision."""
        meant = self.meant(words)
        for edition in self._built:
            if (edition.period, edition.revision) == (meant.period, meant.revision):
                return edition
        key = meant.period.key
        raise UsageError(
            f"{self._newsletter.name}/{key}",
            _("it was not built yet"),
            _("run `digest build {newsletter}/{key}`").format(newsletter=self._newsletter.name, key=key),
        )

    def is_known(self, words: str) -> bool:
        """Whether they name something of which this newsletter has stories or an edition."""
        try:
            period = self.period(words)
        except UsageError:
            return False
        return period.base in self._known or period.is_special

    def _of_key(self, words: str) -> Edition | None:
        wanted = words.strip().lower()
        return next((edition for edition in self._built if edition.key.lower() == wanted), None)

    def _period(self, words: str) -> Period:
        if words.strip().lower().startswith(SPECIAL):
            there = ", ".join(edition.key for edition in self._built if edition.period.is_special)
            remedy = _("there is: {names}").format(names=there)
            if not there:
                remedy = _('make one: digest build --special "…" --story ID')
            raise UsageError(words, _("no special edition has that name"), remedy)
        times, languages = timetable(self._newsletter.schedule), self._newsletter.languages
        return period_from_words(times, words, self._contents, self._known, languages, self._today)

    @cached_property
    def _contents(self) -> AbstractSet[Period]:
        """The periods of which there is something to read."""
        waiting = periods_with_content(self._newsletter, self._items, self._editions)
        return {*waiting, *(one.period for one in self._built if one.state.has_content and one.period.has_window)}

    @cached_property
    def _known(self) -> AbstractSet[Period]:
        return self._contents | {edition.period for edition in self._built if edition.period.has_window}


def newsletter_of(
    words: str, newsletters: Sequence[Newsletter], names: Callable[[Newsletter], EditionNames]
) -> Newsletter | None:
    """The only one of several newsletters that has an edition or stories by that name; `None`: none has. Raise
    `UsageError` with all the editions that could be meant.
    """
    knowing = [newsletter for newsletter in newsletters if names(newsletter).is_known(words)]
    if len(knowing) > 1:
        could_be = ", ".join(f"{one.name}/{names(one).period(words).key}" for one in knowing)
        raise UsageError(words, _("it could be: {periods}").format(periods=could_be), _("name one of them"))
    return knowing[0] if knowing else None


# -- Periods in words. Pure.


def period_from_words(
    times: Timetable,
    words: str,
    contents: Iterable[Period],
    known: Iterable[Period],
    languages: Sequence[str],
    today: date,
) -> Period:
    """What a person means by `2018-07`, `july` or `agosto de 2018`.

    A key names its period, known or not; so does a month with its year, where only one period can be meant. A month
    alone is the nearest one that has content and is not in the future; without any, the nearest that is `known`. Raise
    `UsageError` with what could be meant: for words that mean nothing, and for a month with several periods.
    """
    try:
        return times.from_key(words.strip().upper())
    except (ValueError, OverflowError):
        pass
    kind, present = times.schedule.kind, sorted({*contents, *known})
    year = _YEAR.search(words)
    month = _months(languages).get(_name_of_month(words))
    if month is not None and year is not None and kind in (PeriodKind.MONTH, PeriodKind.QUARTER):
        return times.containing(date(int(year[1]), month, 1))
    if month is not None:
        for those in (contents, known):
            fitting = [
                one
                for one in those
                if _covers(one, month) and (one.start <= today if year is None else _month_of(one).year == int(year[1]))
            ]
            if fitting:
                return _only_one(words, fitting)
    remedy = _("write it like {example}").format(example=_(_EXAMPLES[kind]))
    if present:
        names = ", ".join(period.key for period in present[-12:])
        remedy += _("; there are stories or editions for: {names}").format(names=names)
    raise UsageError(words, _(_UNKNOWN[kind]), remedy)


def _only_one(words: str, fitting: Iterable[Period]) -> Period:
    """The only one of the latest year."""
    latest = max(_month_of(period).year for period in fitting)
    those = sorted(period for period in fitting if _month_of(period).year == latest)
    if len(those) > 1:
        raise UsageError(
            words,
            _("it could be: {periods}").format(periods=", ".join(period.key for period in those)),
            _("name one of them"),
        )
    return those[0]


def _month_of(period: Period) -> date:
    """A day in the month by which people call it: that of its first day, or of the one on which it goes out."""
    return period.last_day if period.kind is PeriodKind.SINCE_LAST else period.start


def _covers(period: Period, month: int) -> bool:
    if period.kind is PeriodKind.QUARTER:
        return period.start.month <= month <= period.last_day.month
    return _month_of(period).month == month


def _name_of_month(words: str) -> str:
    """`julio` of `Julio de 2018`."""
    return fold_words(_YEAR.sub(" ", words)).removesuffix(" del").removesuffix(" de")


def _months(languages: Sequence[str]) -> dict[str, int]:
    return _MONTH_IN_SPANISH | {
        fold_words(name): number
        for language in {*languages, "en", "es"}
        for width in ("wide", "abbreviated")
        for number, name in get_month_names(width, locale=language).items()
    }
