"""What is said in the reader's language beside the stories: dates, periods, counts, names of languages."""

import re
import unicodedata
from datetime import date
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_skeleton
from babel.support import Translations

from digest.errors import ConfigurationError
from digest.foundation.catalogue import _, spoken
from digest.foundation.languages import translations, written
from digest.mail.content import Variant
from digest.newsletters.edition import Edition, EditionState
from digest.newsletters.newsletter import Newsletter
from digest.newsletters.period import CORRECTION, MONTHS_IN_A_QUARTER, Period, PeriodKind

_SHORT_MONTH = re.compile(r"(?<![ML])([ML])\1\1(?!\1)")
_LETTERS_OF_THEIR_OWN = {"es": "ñ", "gl": "ñ", "eu": "ñ"}
_BEHIND_ALL = "\uffff"
_WORDS_A_MINUTE = 220
_DAY_BEFORE_MONTH = {"en": "en_GB"}  # "5 August 2018", wherever English is read


class Words:
    """The wording of one language. Numbers and dates come from CLDR, everything else from the catalogues."""

    def __init__(self, language: str, translations: Translations) -> None:
        self.language = language
        self.translations = translations
        self._locale = _locale(language)
        self.direction = self._locale.text_direction  # ltr or rtl

    def long_date(self, day: date) -> str:
        """`5 August 2018`, `5 de agosto de 2018`."""
        return _long_date(self._locale, day)

    def month(self, day: date) -> str:
        """`August 2018`, `agosto de 2018`."""
        return _long_month(self._locale, day)

    def period(self, period: Period) -> str:
        """The period's title as it stands inside a sentence; see `first_upper` for one that stands alone."""
        if period.occasion is not None:
            return period.occasion.title_in(self.language)
        match period.kind:
            case PeriodKind.DAY:
                return self.long_date(period.start)
            case PeriodKind.WEEK:
                return self.translations.gettext("Week of %(date)s") % {"date": self.long_date(period.start)}
            case PeriodKind.MONTH:
                return self.month(period.start)
            case PeriodKind.QUARTER:
                return self._quarter(period.start)
            case PeriodKind.SINCE_LAST:
                return self.span(period.start, period.last_day)

    def late_from(self, period: Period) -> str:
        """`late news from July 2018`, `late news from the week of 6 August 2018`: what it was late for."""
        say = self.translations.gettext
        match period.kind:
            case PeriodKind.WEEK:
                return say("late news from the week of %(date)s") % {"date": self.long_date(period.start)}
            case PeriodKind.MONTH:
                return say("late news from %(month)s") % {"month": self.month(period.start)}
            case PeriodKind.QUARTER:
                quarter = self._quarter(period.start)
                return say("late news from the %(quarter)s") % {"quarter": quarter[:1].lower() + quarter[1:]}
            case PeriodKind.DAY | PeriodKind.SINCE_LAST:
                return say("late news from %(dates)s") % {"dates": self.span(period.start, period.last_day)}

    def span(self, first: date, last: date) -> str:
        """`15–28 July 2018`, `28 de julio – 10 de agosto de 2018`."""
        return self.long_date(first) if first == last else _long_span(self._locale, first, last)

    def counts(self, stories: int, countries: int) -> str:
        """`12 stories from 5 countries`; less than two countries are not worth a count."""
        say = self.translations
        of_stories = say.ngettext("%(num)s story", "%(num)s stories", stories) % {"num": stories}
        if countries < 2:  # noqa: PLR2004 – fewer are no plural
            return of_stories
        of_countries = say.ngettext("%(num)s country", "%(num)s countries", countries) % {"num": countries}
        return say.gettext("%(stories)s from %(countries)s") % {"stories": of_stories, "countries": of_countries}

    def reading_time(self, words: int) -> str:
        """`4 min read`, for so many words."""
        minutes = max(1, -(-words // _WORDS_A_MINUTE))
        return self.translations.ngettext("%(num)s min read", "%(num)s min read", minutes) % {"num": minutes}

    def correction(self, subject: str) -> str:
        """The subject of a mail that mends an earlier one."""
        return self.translations.gettext("Correction: %(subject)s") % {"subject": subject}

    def name_of(self, language: str) -> str:
        """`English`, `inglés`; the code itself when nobody knows its name."""
        known = self._locale.languages
        return known.get(language.replace("-", "_")) or known.get(language.split("-", maxsplit=1)[0]) or language

    def _quarter(self, start: date) -> str:
        say = self.translations.gettext
        title = (
            say("First quarter of %(year)s"),
            say("Second quarter of %(year)s"),
            say("Third quarter of %(year)s"),
            say("Fourth quarter of %(year)s"),
        )[(start.month - 1) // MONTHS_IN_A_QUARTER]
        return title % {"year": start.year}


def first_upper(text: str) -> str:
    """`julio de 2018` as a title: `Julio de 2018`. Nothing else is touched."""
    return text[:1].upper() + text[1:]


@lru_cache(maxsize=64)
def direction_of(language: str) -> str:
    """`ltr` or `rtl`; `ltr` for a language nobody knows."""
    try:
        return _locale(language).text_direction
    except ConfigurationError:
        return "ltr"


def sort_key(title: str, language: str) -> tuple[str, str]:
    """Without accents and case first; they decide between equals. What a language calls a letter of its own stands
    behind the letter that it is made from.
    """
    text = unicodedata.normalize("NFC", title).casefold()
    for letter in _LETTERS_OF_THEIR_OWN.get(language.split("-", maxsplit=1)[0], ""):
        text = text.replace(letter, f"{unicodedata.normalize('NFD', letter)[0]}{_BEHIND_ALL}")
    plain = unicodedata.normalize("NFKD", text)
    return "".join(char for char in plain if not unicodedata.combining(char)), title


@lru_cache(maxsize=64)
def _locale(language: str) -> Locale:
    try:
        return Locale.parse(_DAY_BEFORE_MONTH.get(language, language.replace("-", "_")))
    except (UnknownLocaleError, ValueError) as error:
        raise ConfigurationError(
            _("language {code!r}").format(code=language),
            _("no such language is known"),
            _("write a code like en, es or pt-BR"),
        ) from error


@lru_cache(maxsize=4096)
def _long_date(locale: Locale, day: date) -> str:
    return format_date(day, format="long", locale=locale)


@lru_cache(maxsize=1024)
def _long_span(locale: Locale, first: date, last: date) -> str:
    """CLDR's patterns for spans of dates, with the month's full name, and with plain spaces for mail subjects."""
    greatest_difference = "y" if first.year != last.year else "M" if first.month != last.month else "d"
    formats = locale.interval_formats
    patterns = (formats.get("yMMMMd") or formats.get("yMMMd") or {}).get(greatest_difference)
    if patterns is None:
        return f"{_long_date(locale, first)} – {_long_date(locale, last)}"
    said = (
        format_date(day, format=_SHORT_MONTH.sub(r"\1\1\1\1", pattern), locale=locale)
        for day, pattern in zip((first, last), patterns, strict=True)
    )
    return "".join(said).replace("\N{THIN SPACE}", " ")


@lru_cache(maxsize=1024)
def _long_month(locale: Locale, day: date) -> str:
    return format_skeleton("yMMMM", day, locale=locale)


# -- How staff call editions, audiences, mails and languages, also after the settings have changed.


def for_staff() -> Words:
    """The wording of the language in which staff read."""
    return _of_staff(spoken())


@lru_cache(maxsize=8)
def _of_staff(language: str) -> Words:
    if language == "en":
        return Words("en", Translations())
    try:
        return Words(language, translations(language, written("bulletin")))
    except ConfigurationError:  # nobody knows the language: all else is in English, too
        return _of_staff("en")


def edition_title(words: Words, edition: Edition) -> str:
    """`July 2018`, `July 2018 (reissue 2)`, `July 2018 (instalment: guatemala)`, `July 2018 (correction 1)`."""
    title, supplement = first_upper(words.period(edition.period)), edition.period.supplement
    revision = supplement.revision or edition.revision
    notes = [_("reissue {number}").format(number=revision)] if revision > 1 else []
    for name in filter(None, supplement.name.split("/")):
        number = name.removeprefix(CORRECTION) if supplement.story else ""
        notes.append(
            _("correction {number}").format(number=number)
            if number.isdecimal()
            else _("instalment: {part}").format(part=name)
        )
    return f"{title} ({', '.join(notes)})" if notes else title


def edition_in_full(edition: Edition) -> str:
    """How every result names an edition: `July 2018 – monthly/2018-07`."""
    return f"{edition_title(for_staff(), edition)} – {edition.name}"


def period_in_full(newsletter: str, period: Period) -> str:
    """The same of the edition of a period, be there one or not."""
    return edition_in_full(Edition(newsletter=newsletter, period=period, state=EditionState.DRAFT))


def mail_title(newsletter: Newsletter, variant: Variant) -> str:
    """`Guatemala – Spanish`, also of audiences that the settings have no more."""
    titles = [audience_title(newsletter, name) for name in variant.audiences]
    return f"{', '.join(titles)} – {language_name(variant.language)}"


def audience_title(newsletter: Newsletter, name: str) -> str:
    """Its title in the language of staff, or else the newsletter's first; the name itself when the settings have it no
    more.
    """
    own = spoken().partition("-")[0]
    language = own if own in newsletter.languages else newsletter.languages[0]
    return next((one.title(language) for one in newsletter.audiences if one.name == name), name)


def language_name(language: str, told_in: str | None = None) -> str:
    """`Spanish`, or `español`; in the language of staff, where no other is named."""
    return str(
        Locale.parse((told_in or spoken()).replace("-", "_")).languages.get(language.replace("-", "_"), language)
    )
