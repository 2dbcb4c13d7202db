"""Date lines: recognised in the forms people write in four languages, and settled where 5/8/2018 could be two days."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from difflib import get_close_matches
from functools import lru_cache
from typing import NamedTuple

from digest.foundation.catalogue import later
from digest.foundation.words import fold_letters
from digest.intake.item import DateOrder
from digest.intake.sources.dates_elsewhere import in_known_signs, resembles_date
from digest.intake.sources.draft import Findings

LONGEST = 60  # characters; no way to write a date is longer
BEHIND_A_PLACE = "behind a place"
_WITHOUT_YEAR = later("looks like a date, but the year is missing")
_NOT_READ = later("looks like a date, but not like one that can be read here")
LITTLE_ELSE = later("holds a date and little else")
CHANGED = later("says when something was changed, not when it was published")
_YEARS = range(1900, 2101)
_DIGITS_OF_A_YEAR = 4
_MOST_NAMED = 10  # lines named in one message
_ENGLISH_WEEKDAYS = (
    later("Monday"),
    later("Tuesday"),
    later("Wednesday"),
    later("Thursday"),
    later("Friday"),
    later("Saturday"),
    later("Sunday"),
)
_DIGITS = later("letters stand for digits")
_READ_AS = later("{remark}; the date is read as {day:%-d %B %Y}")


class Dated(NamedTuple):
    """A date line. `day` is its only or its day-first reading, `month_first` the other one if both are possible.

    `order` is what a numeric date with a single reading shows. `form` tells ways of writing apart, also by what
    stands around the date; `unknown_weekday` is a word that stands where a weekday would; `remark` says what was read
    otherwise than it is written. `minutes` after the beginning of that day in UTC are the instant, where a zone is
    told; midnight in UTC is how programs write a day without a time.
    """

    form: str
    day: date
    month_first: date | None = None
    order: DateOrder | None = None
    weekday: int | None = None
    unknown_weekday: str = ""
    remark: str = ""
    minutes: int | None = None


class Impossible(NamedTuple):
    """Written as a date, but no day in the calendar (or none that can be told)."""

    cause: str
    remedy: str


class Incomplete(NamedTuple):
    """Looks like a date but is none: a part is missing, or it is a span of days."""

    cause: str


def _numbered(names: str, first: int) -> dict[str, int]:
    return {name: number for number, line in enumerate(names.strip().splitlines(), first) for name in line.split()}


# Folded, in English, Spanish, French and Portuguese, with their abbreviations.
_MONTHS = _numbered(
    """
    january jan enero ene janvier janv janeiro
    february feb febrero fevrier fevr fev fevereiro
    march mar marzo mars marco
    april apr abril abr avril avr
    may mayo mai maio
    june jun junio juin junho
    july jul julio juillet juil julho
    august aug agosto ago aout
    september sep sept septiembre setiembre set septembre setembro
    october oct octubre octobre outubro out
    november nov noviembre novembre novembro
    december dec diciembre dic decembre dezembro dez
    """,
    first=1,
)
_ROMAN = ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii")
_MONTHS |= {roman: number for number, roman in enumerate(_ROMAN, 1)}
# Of Haitian Creole, but for “out”, which is October in Portuguese.
_MONTHS |= {"janvye": 1, "fevriye": 2, "mas": 3, "me": 5, "jen": 6, "jiye": 7}
_MONTHS |= {"septanm": 9, "oktob": 10, "novanm": 11, "desanm": 12}
_WEEKDAYS = _numbered(
    """
    monday mon lunes lun lundi segunda-feira segunda seg
    tuesday tue tues martes mar mardi terca-feira terca ter
    wednesday wed weds miercoles mie mercredi mer quarta-feira quarta qua
    thursday thu thur thurs jueves jue jeudi jeu quinta-feira quinta qui
    friday fri viernes vie vendredi ven sexta-feira sexta sex
    saturday sat sabado sab samedi sam
    sunday sun domingo dom dimanche dim
    """,
    first=0,
)

_LABEL = (
    r"(?:(?:date(?: publish(?:ed)?)?|publish(?:ed)?(?: on| date)?|publication date|posted(?: on)?|date de publication"
    r"|issued(?: on)?|released?(?: on| date)?|created(?: on)?|dated|emitido(?: el)?|del dia"
    r"|fecha(?: de publicacion)?|publicad[oa](?: el| em)?|publiee?(?: le)?|data(?: de publicacao)?) ?[:-] ?"
    r"|(?:publish(?:ed)?|posted|issued|released)(?: on)? |publicad[oa] (?:el |em )|publiee? le )?"
)
_CHANGED = re.compile(
    r"(?:(?:last |page )?(?:updated?|modified|revised|edited|changed)(?: on)?"
    r"|(?:ultima )?(?:actualizacion|modificacion)"
    r"|(?:ultima )?(?:atualizacao|modificacao)|actualizad[oa](?: el)?|atualizad[oa](?: em)?|modificad[oa](?: el)?"
    r"|mise? a jour(?: le)?|modifiee?(?: le)?) ?:? (?P<date>.+)"
)
_WEEKDAY = r"(?:(?P<weekday>[a-z]{3,}(?:-feira)?)\.?(?:, ?| ))?"
_DAY = r"(?P<day>[0-9]{1,2})(?:st|nd|rd|th|er|ero|ro|do|to|\.?[oa]|°|\.)?"
_MONTH = r"(?P<month>[a-z]{3,12}|[ivx]{1,2})\.?"
_YEAR = r"(?P<year>['’]?[0-9]{2,5})"
_TIME = (
    r"(?:(?: ?[-–—,|] ?|[ t])(?:(?:at|a las|as|a) )?(?P<hour>[0-9]{1,2})[:.h](?P<minute>[0-9]{2})"
    r"(?P<second>:[0-9]{2}(?:[.,][0-9]+)?)?(?: ?(?P<half>[ap])\.? ?m\.?)?"
    r"(?: ?(?P<zone>z|h|hrs?|[a-z]{3,4}|(?:utc|gmt)?[+-][0-9]{1,2}(?::?[0-9]{2})?)(?: \([a-z ]+\))?)?)?"
)
_DAY_MONTH_YEAR = re.compile(
    rf"{_LABEL}{_WEEKDAY}{_DAY}(?: of | de | d['’]| ?[-./] ?| ){_MONTH}"
    rf"(?:,? (?:del? ano |del? |of |do )?|,| ?[-./] ?){_YEAR}{_TIME}"
)
_MONTH_DAY_YEAR = re.compile(
    rf"{_LABEL}{_WEEKDAY}{_MONTH}[ -]{_DAY}(?: ?, ?| |-(?=[0-9]{{4}}))(?:of |del? )?{_YEAR}{_TIME}"
)
_YEAR_MONTH_DAY = re.compile(
    rf"{_LABEL}{_WEEKDAY}(?P<year>[0-9]{{4}})(?P<mark>[-/.]) ?(?P<month>[0-9]{{1,2}})(?P=mark) ?(?P<day>[0-9]{{1,2}})"
    rf"{_TIME}"
)
_NUMBERS = re.compile(
    rf"{_LABEL}{_WEEKDAY}(?P<day>[0-9]{{1,2}}) ?(?P<mark>[-/.]) ?(?P<month>[0-9]{{1,2}}) ?(?P=mark) ?"
    rf"(?P<year>['’]?[0-9]{{4,5}}|['’]?[0-9]{{2}}){_TIME}"
)
_OFFSET = re.compile(r"(?:z|utc|gmt)?(?:([+-][0-9]{1,2})(?::?([0-9]{2}))?)?")
_EIGHT_DIGITS = re.compile(
    rf"{_LABEL}{_WEEKDAY}(?P<year>(?:19|20)[0-9]{{2}})(?P<month>[0-9]{{2}})(?P<day>[0-9]{{2}}){_TIME}"
)
_DAY_IN_EIGHT_DIGITS = re.compile(r"(?:0[1-9]|[12][0-9]|3[01])(?:0[1-9]|1[0-2])(?:19|20)[0-9]{2}")
_NUMBERS_APART = re.compile(
    rf"{_LABEL}(?:[0-3]?[0-9] [0-3]?[0-9] (?:19|20)[0-9]{{2}}|(?:19|20)[0-9]{{2}} [01]?[0-9] [0-3]?[0-9])"
)
_BY_WEEK = re.compile(rf"{_LABEL}(?:19|20)[0-9]{{2}}[- ]?w[0-5][0-9](?:-?[1-7])?")
_DAY_IN_WORDS = (
    r"(?:[0-9]{1,2}(?:st|nd|rd|th|er|o)?|uno|primero|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|once|doce|trece|catorce"
    r"|quince|dieci[a-z]+|veint[a-z]+|treinta(?: y uno)?|tenth|eleventh|twelfth|[a-z]+teenth|twentieth|thirtieth"
    r"|(?:(?:twenty|thirty)[- ])?(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth))"
)
_IN_WORDS = re.compile(  # as in minutes and deeds
    rf"{_LABEL}(?:the |el |(?:dado |hecho )?a los )?{_DAY_IN_WORDS} (?:days? |dias? )?"
    r"(?:del mes de |of the month of |of |de )(?P<month>[a-z]{3,12}),? "
    r"(?:del ano |of the year |del? |of )?(?:19|20)[0-9]{2}"
)
_FORMS = (
    ("day month year", _DAY_MONTH_YEAR),
    ("month day year", _MONTH_DAY_YEAR),
    ("year-month-day", _YEAR_MONTH_DAY),
    ("numbers", _NUMBERS),
)
_IN_PATH = re.compile(
    r"(?:^|/)((?:19|20)\d\d)/(0?[1-9]|1[0-2])/(0?[1-9]|[12]\d|3[01])(?=[/_-]|$)"
    r"|(?:^|[/_=-])((?:19|20)\d\d)([-_]?)(0[1-9]|1[0-2])\5(0[1-9]|[12]\d|3[01])(?=[^0-9]|$)"
)
_DIGIT = re.compile(r"[\d年月]")
_DAY_AND_MONTH = re.compile(r"\W*([0-9]{1,2})(?: ?/ ?([0-9]{1,2})\.?|\. ?([0-9]{1,2})\.|\.(0[0-9]))\W*")
_LONGEST_DAY_AND_MONTH = 16  # characters
# What people put around a date, and what programs leave there: bullets, brackets, emphasis, headings, tags.
_TAGS = re.compile(r"</?[a-z][^<>]{0,20}>")
_EMPHASIS = re.compile(r"[*_~`]{1,3}")
_BEFORE = re.compile(r"^(?:[^\w?!¿¡%]|_)+")  # any sign: what asks or exclaims is no date line, though
_BEHIND = re.compile(r"(?:[^\w?!¿¡%]|_)+$")
_GROWN_TOGETHER = re.compile(r"(?<=[0-9])(?=[a-z])|(?<=[a-z])(?=[0-9])")  # 5August2018
_BULLETS = re.compile(r"[-–—*•◦▪▫■□●○·‣►▶➤→+] ")
_LETTER_FOR_DIGIT = re.compile(r"(?<=[0-9])[oil|]|[oil](?=[0-9])")
_YEAR_SOMEWHERE = re.compile(r"[0-9ol]{4}|['’][0-9]{2}")
# In a line of plain signs nothing else can be a date.
_MAYBE = re.compile(
    r"[12l|][09o][0-9ol|]{2}|'[0-9]{2}"
    r"|\b(?:jan|ene|feb|fev|mar|abr|apr|avr|may|mai|jun|jui|jul|ago|aug|aou|sep|set|oct|out|okt|nov|dic|dec|dez|jiy|jen)",
    re.IGNORECASE,
)
_SEPARATORS = re.compile(r"\s*[,–—|/(]\s*|\s+-\s+|\.\s+")
_MOST_WORDS_OF_A_PLACE = 5
_SMALL_IN_PLACES = frozenset(
    ("de", "del", "la", "las", "los", "el", "of", "the", "y", "and", "d", "du", "da", "do", "des")
)
_NUMBER = re.compile(r"([0-9]+)(?:st|nd|rd|th|er|o|a|°)?")
_MARKS = re.compile(r"[ ,./–—-]+")
_BRACKETS = re.compile(r" ?\([^()]*\)$")
_MOST_WORDS_BESIDE = 4
_SENTENCE_END = (".", "!", "?", "…", ";", ",")
_SMALL_WORDS = frozenset(("de", "del", "of", "do", "to", "and", "al", "a", "y", "e", "et", "au", "the", "el", "le"))


def recognise(line: str) -> Dated | Impossible | Incomplete | None:
    """What the line is if it holds a date and little else; `None` for ordinary text."""
    if len(line) > LONGEST or not _DIGIT.search(line):
        return None
    if (found := _recognise(fold_letters(line))) is not None:
        return found
    if len(line) <= _LONGEST_DAY_AND_MONTH and _is_day_and_month(line):
        return Incomplete(_WITHOUT_YEAR)
    return _recognise_dressed(line) if not line.isascii() or _MAYBE.search(line) else None


def day_in_path(path: str) -> date | None:
    """`/2018/08/05/a-hub-opens`, `2018-08-05-a-hub-opens.md`, `20180805_a-hub-opens/index.md`."""
    for found in reversed([*_IN_PATH.finditer(path)]):
        year, month, day = (int(found[at] or found[at + other]) for at, other in ((1, 3), (2, 4), (3, 4)))
        if (said := _day(year, month, day)) is not None:
            return said
    return None


def looks_undated(line: str) -> bool:
    """Whether the line is a day and a month, and no year."""
    found = recognise(line)
    return isinstance(found, Incomplete) and found.cause == _WITHOUT_YEAR


def _is_day_and_month(line: str) -> bool:
    """`4.8.`, `04.08` or `4/8` and nothing else; `4.8` may be the number of a chapter."""
    if (found := _DAY_AND_MONTH.fullmatch(line)) is None:
        return False
    one, other = (int(each) for each in found.groups() if each)
    return _day(2000, other, one) is not None or ("/" in line and _day(2000, one, other) is not None)


@lru_cache(maxsize=4096)
def _recognise(text: str) -> Dated | Impossible | None:
    return _dated(text.removesuffix("."))


def _dated(text: str) -> Dated | Impossible | None:
    for form, pattern in _FORMS:
        found = pattern.fullmatch(text)
        read = _read(form, found.groupdict()) if found else None
        if read is not None:
            return read
    found = _EIGHT_DIGITS.fullmatch(text)
    read = _read("eight digits", found.groupdict()) if found else None
    return None if isinstance(read, Impossible) else read  # more probably the number of a telephone


def _recognise_dressed(line: str) -> Dated | Impossible | Incomplete | None:
    """A date with signs around it, or with a place: `**5 August 2018**`, `Belmopan, 5 August 2018:`."""
    text = in_known_signs(line)
    folded = _TAGS.sub(" ", fold_letters(text))
    if not _YEAR_SOMEWHERE.search(folded):
        return _undated(folded) or _not_understood(line)
    begin = _BEFORE.match(folded)
    behind = _BEHIND.search(folded)
    bare = " ".join(_EMPHASIS.sub("", _BEHIND.sub("", folded[begin.end() if begin else 0 :])).split())
    around = f"{begin[0] if begin else ''}…{behind[0] if behind else ''}".replace(" ", "")
    if (found := _CHANGED.fullmatch(bare)) and _dated(found["date"]):
        return Incomplete(CHANGED)
    read = _dated(bare)
    if isinstance(read, Impossible):
        return Incomplete(read.cause) if begin and _BULLETS.match(begin[0]) else read
    if read is not None:
        return read._replace(form=f"{read.form} {around}")
    grown = _GROWN_TOGETHER.sub(" ", bare)
    for written, remark in ((_with_digits(bare), _DIGITS), (grown, "")):
        if isinstance(read := _dated(written), Dated):
            return read._replace(form=f"{read.form} {around}", remark=remark)
    return _beside_a_place(text) or _undated(bare) or (None if _is_a_point(line) else _with_words(bare, text))


def _not_understood(line: str) -> Incomplete | None:
    return Incomplete(_NOT_READ) if resembles_date(line, _MONTHS) else None


def _is_a_point(line: str) -> bool:
    return _BULLETS.match(line.lstrip()) is not None


def _with_words(bare: str, line: str) -> Dated | Incomplete | None:
    """`5 August 2018 (Sunday)`, `Week of 5 August 2018`, `5 August 2018 A hub opens`, `5. elokuuta 2018`."""
    if (note := _BRACKETS.search(bare)) and isinstance(read := _dated(bare[: note.start()]), Dated):
        return read if note[0].strip(" ()") in _WEEKDAYS else Incomplete(LITTLE_ELSE)
    if line.rstrip().endswith(_SENTENCE_END):
        return _not_understood(line)
    words = bare.split()
    for size in range(min(len(words), 6), 0, -1):
        for begin in range(len(words) - size + 1):
            found = _dated(" ".join(words[begin : begin + size]).strip(",:;()"))
            if isinstance(found, Dated):
                labelled = ":" in "".join(words[:begin])  # “Deadline: 5 August 2018”
                few = not begin or len(words) - size <= _MOST_WORDS_BESIDE
                return Incomplete(LITTLE_ELSE) if few and not labelled else None
    return _not_understood(line)


def _undated(bare: str) -> Incomplete | None:
    bare = " ".join(_EMPHASIS.sub("", _BEHIND.sub("", _BEFORE.sub("", bare))).split())
    if _DAY_IN_EIGHT_DIGITS.fullmatch(bare) or _NUMBERS_APART.fullmatch(bare):
        return Incomplete(later("looks like a date without signs between its numbers"))
    if _BY_WEEK.fullmatch(bare):
        return Incomplete(later("looks like a date that counts weeks"))
    if (words := _IN_WORDS.fullmatch(bare)) and words["month"] in _MONTHS:
        return Incomplete(_NOT_READ)
    return _incomplete(bare)


def _with_digits(text: str) -> str:
    while (better := _LETTER_FOR_DIGIT.sub(lambda sign: "0" if sign[0] == "o" else "1", text)) != text:
        text = better
    return text


def _beside_a_place(text: str) -> Dated | None:
    """`Guatemala City, 5 August 2018` and `5 August 2018 – Guatemala City`."""
    text = _EMPHASIS.sub("", _BEHIND.sub("", _BEFORE.sub("", text)))
    for mark in _SEPARATORS.finditer(text):
        before, behind = text[: mark.start()], text[mark.end() :]
        for place, rest, where in ((before, behind, BEHIND_A_PLACE), (behind, before, "before a place")):
            read = _dated(fold_letters(rest).rstrip(".")) if _is_place(place) else None
            if isinstance(read, Dated):
                return read._replace(form=f"{read.form} {where}")
    return None


def _is_place(text: str) -> bool:
    words = text.replace(",", " ").split()
    return 0 < len(words) <= _MOST_WORDS_OF_A_PLACE and all(
        (word[0].isupper() and word.replace(".", "").replace("-", "").replace("'", "").replace("’", "").isalpha())
        or word in _SMALL_IN_PLACES
        for word in words
    )


def _read(form: str, parts: dict[str, str | None]) -> Dated | Impossible | None:
    word = parts["weekday"] or ""
    weekday = _WEEKDAYS.get(word)
    if word and weekday is None and _nearest(word, _WEEKDAYS, likeness=0.85) is None:
        return None
    day, month_text, year_text = (str(parts[name]) for name in ("day", "month", "year"))
    named = not month_text.isdecimal()
    month = _MONTHS.get(month_text) if named else int(month_text)
    if month is None:
        meant = _nearest(month_text, _MONTHS, likeness=0.75)
        unknown = Impossible(
            later("no month is called “{month_text}”").format(month_text=month_text),
            later("Write “{meant}” if that is meant.").format(meant=meant),
        )
        return unknown if meant else None
    wrong_year = _wrong_year(year_text)
    if wrong_year is not None:
        return wrong_year
    written = " ".join((form, parts.get("mark") or "", "weekday" if word else ""))
    read = _readings(int(year_text), month, int(day), swappable=form == "numbers" and parts["mark"] != ".")
    if read is None:
        return _no_such_day(int(year_text), month, int(day), month_text if named else "")
    return Dated(written, *read, weekday, "" if weekday is not None else word, minutes=_minutes(parts))


def _minutes(parts: Mapping[str, str | None]) -> int | None:
    found = _OFFSET.fullmatch(parts["zone"] or "")
    if found is None or (found[1] is None and parts["zone"] not in ("z", "utc", "gmt")):
        return None
    hour, minute = int(parts["hour"] or 0), int(parts["minute"] or 0)
    if parts["half"]:
        hour = hour % 12 + (12 if parts["half"] == "p" else 0)
    offset = int(found[1] or 0) * 60 + int(f"{(found[1] or '+')[0]}{found[2] or 0}")
    if not offset and not hour and not minute and not (parts["second"] or "").strip(":0.,"):
        return None
    return hour * 60 + minute - offset


def _readings(year: int, month: int, day: int, *, swappable: bool) -> tuple[date, date | None, DateOrder | None] | None:
    day_first, month_first = _day(year, month, day), _day(year, day, month) if swappable else None
    if day_first is None:
        return None if month_first is None else (month_first, None, DateOrder.MONTH_FIRST)
    if month_first is None:
        return day_first, None, DateOrder.DAY_FIRST if swappable else None
    return day_first, None if month_first == day_first else month_first, None


def _wrong_year(year: str) -> Impossible | None:
    digits = year.strip("'’")
    if len(digits) < _DIGITS_OF_A_YEAR - 1:
        return Impossible(
            later("the year “{year}” has two digits only").format(year=year),
            later("Write all four digits of the year."),
        )
    if int(digits) not in _YEARS:
        cause = later("the year {digits} is not within {first} to {last}")
        cause = cause.format(digits=digits, first=str(_YEARS.start), last=str(_YEARS.stop - 1))
        return Impossible(cause, later("Correct the year."))
    return None


def _no_such_day(year: int, month: int, day: int, name: str) -> Impossible:
    cause = later("there is no day {day} in month {month} of {year}").format(
        day=str(day), month=str(month), year=str(year)
    )
    if name:
        cause = later("there is no day {day} in {month} {year}")
        cause = cause.format(day=str(day), month=name.capitalize(), year=str(year))
    return Impossible(cause, later("Correct the date."))


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _incomplete(text: str) -> Incomplete | None:
    words = _MARKS.split(text.strip(" ,"))
    months = numbers = years = 0
    for word in words:
        number = _NUMBER.fullmatch(word)
        if number is not None:
            numbers += 1
            years += len(number[1]) == _DIGITS_OF_A_YEAR
        elif word in _MONTHS:
            months += 1
        elif word not in _WEEKDAYS and word not in _SMALL_WORDS and len(word) > 1:
            return None
    if not months or not numbers:
        return None
    if not years:
        return Incomplete(_WITHOUT_YEAR)
    return Incomplete(later("looks like a date, but is not a single day"))


def _nearest(word: str, names: dict[str, int], *, likeness: float) -> str | None:
    """The full name that a misspelt word most probably means; `None` when it resembles none."""
    close = get_close_matches(word, [name for name in names if len(name) > len("mars")], n=1, cutoff=likeness)
    return close[0] if close else None


def settle(
    found: Sequence[tuple[int, Dated]], setting: DateOrder | None, findings: Findings, zone: tzinfo | None = None
) -> list[date]:
    """The days of the date lines, each given with its number; of an instant, the day that it was in the `zone`. Reports
    what stays open, and weekdays that do not fit.
    """
    order = setting or _evidence(dated for _, dated in found)
    left_open: list[int] = []
    days: list[date] = []
    for line, dated in found:
        day = dated.day
        if dated.month_first is not None:
            day = dated.month_first if order is DateOrder.MONTH_FIRST else dated.day
            if order is None:
                left_open.append(line)
        elif setting is not None and dated.order not in (None, setting):
            findings.warning(
                line,
                later("this can only be {day:%-d %B %Y}, although the setting says dates: {setting}").format(
                    day=day, setting=setting
                ),
                later("Write the month as a word."),
            )
        if dated.remark:
            findings.warning(line, _READ_AS.format(remark=dated.remark, day=day), later("Type the date anew."))
        if dated.weekday is not None or dated.unknown_weekday:
            _check_weekday(line, dated, day, findings)
        days.append(_day_there(day, dated, zone))
    if left_open:
        _report_open(left_open, findings)
    return days


def _day_there(day: date, dated: Dated, zone: tzinfo | None) -> date:
    if dated.minutes is None or zone is None:
        return day
    instant = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(minutes=dated.minutes)
    return instant.astimezone(zone).date()


def _evidence(found: Iterable[Dated]) -> DateOrder | None:
    """What all dates with a single reading agree on. A weekday that fits one reading only counts too."""
    orders = {_shown(dated) for dated in found} - {None}
    return orders.pop() if len(orders) == 1 else None


def _shown(dated: Dated) -> DateOrder | None:
    if dated.month_first is None or dated.weekday is None:
        return dated.order
    fits = dated.weekday == dated.day.weekday(), dated.weekday == dated.month_first.weekday()
    return {(True, False): DateOrder.DAY_FIRST, (False, True): DateOrder.MONTH_FIRST}.get(fits)


def _check_weekday(line: int, dated: Dated, day: date, findings: Findings) -> None:
    if dated.weekday is None:
        remark = later("no weekday is called “{name}”").format(name=dated.unknown_weekday)
        cause = _READ_AS.format(remark=remark, day=day)
        findings.warning(line, cause, later("Correct the weekday, or leave it out."))
    elif dated.weekday != day.weekday():
        said, true = _ENGLISH_WEEKDAYS[dated.weekday], _ENGLISH_WEEKDAYS[day.weekday()]
        findings.warning(
            line,
            later("{day:%-d %B %Y} is a {true}, not a {said}").format(day=day, true=true, said=said),
            later("Correct the date or the weekday."),
        )


def _report_open(lines: list[int], findings: Findings) -> None:
    cause = later(
        "nothing in this file tells whether the day or the month comes first (see {lines}); read with the day first"
    )
    if len(lines) > _MOST_NAMED:
        cause = later(
            "nothing in this file tells whether the day or the month comes first (see {lines} and "
            "others); read with the day first"
        )
    findings.warning(
        lines[0],
        cause.format(lines=", ".join(map(str, lines[:_MOST_NAMED]))),
        later("Set dates: day-first or dates: month-first for this source, or write the month as a word."),
    )
