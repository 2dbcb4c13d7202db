"""The front matter of a Markdown file: YAML between `---` lines at the top, TOML between `+++`, JSON, or the lines
`Key: value` of Pelican; every value stays text. It also says, in the words of many programs that make web pages,
whether readers may see the text yet.
"""

import json
import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from enum import Enum, auto
from typing import Any, NamedTuple

import yaml

from digest.errors import NothingUsableError
from digest.foundation.catalogue import later
from digest.foundation.words import excerpt, fold_words
from digest.intake.sources.cleaning import clean
from digest.intake.sources.damage import without_entities
from digest.intake.sources.dates import Dated, recognise
from digest.intake.sources.draft import Findings, ItemField, Said, field_named
from digest.intake.sources.site_fields import SiteFields


class FrontForm(Enum):
    YAML = auto()
    TOML = auto()
    JSON = auto()
    LINES = auto()


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_FENCES = {
    "---": (FrontForm.YAML, ("---", "...")),
    "---yaml": (FrontForm.YAML, ("---", "...")),
    "+++": (FrontForm.TOML, ("+++",)),
    "---toml": (FrontForm.TOML, ("---",)),
    "---json": (FrontForm.JSON, ("---",)),
}
_KEY_AND_VALUE = re.compile(r"([^\W\d][\w -]{1,23}):(?:[ \t]+(.*))?")
_NOTHING = ("~", "null")
_LONGEST = 16_000  # characters; deep nesting makes the parser slow beyond
_Value = str | tuple[str, ...] | None
_COMMENT = re.compile(r"[ \t]+(#.*)")
# What follows # in these is more often meant than not.
_TEXTS = (ItemField.TITLE, ItemField.SUMMARY, ItemField.IMAGE_ALT, ItemField.AUTHOR)


class Parted(NamedTuple):
    """A Markdown file in two. `front` is `None` when there is no front matter, and begins in `line`; `body_line` is
    where the body begins.
    """

    front: str | None
    line: int
    body: str
    body_line: int
    form: FrontForm = FrontForm.YAML


class FrontMatter(NamedTuple):
    """`fields` are those that items have; `keys` has every key as it was written, with its value, and below other keys
    (`params.draft`) what stands there. `body` is a text that stands in it, as it is written; `categories` are words for
    what it is about that no person chose from those of the office.
    """

    fields: dict[ItemField, Said]
    keys: Mapping[str, Said]
    body: Said | None = None
    categories: tuple[str, ...] = ()


class _Pair(NamedTuple):
    """`line` counts from 0; `comment` is what stands behind the value and is no part of it, `sign` what stands before
    it and only YAML reads. `below` is the key under which this one stands, if it does.
    """

    key: str
    value: _Value
    line: int
    comment: str = ""
    below: str = ""
    sign: str = ""


def part(text: str, file: str) -> Parted:
    """Part the front matter from the body; raise `NothingUsableError` when it has no end."""
    lines = text.split("\n")
    first = next((index for index, line in enumerate(lines) if line.strip()), 0)
    fence = lines[first].rstrip()
    if fence not in _FENCES:
        return _json_at_the_top(text) or _lines_at_the_top(lines, first) or Parted(None, 1, text, 1)
    form, ends = _FENCES[fence]
    for index in range(first + 1, len(lines)):
        if lines[index].rstrip() in ends:
            front = "\n".join(lines[first + 1 : index]) + "\n"
            return Parted(front, first + 2, "\n".join(lines[index + 1 :]), index + 2, form)
    cause = later("the front matter that begins in line {line} has no end").format(line=first + 1)
    raise NothingUsableError(file, cause, later("Put a line with {end} under it.").format(end=ends[0]))


def _json_at_the_top(text: str) -> Parted | None:
    """Hugo takes an object for front matter."""
    begin = len(text) - len(text.lstrip())
    if text[begin : begin + 1] != "{":
        return None
    try:
        found, end = json.JSONDecoder().raw_decode(text, begin)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or not any(field_named(key) for key in found):
        return None
    behind = text[end:].removeprefix("\n")
    line = text.count("\n", 0, begin) + 1
    return Parted(text[begin:end], line, behind, text[: len(text) - len(behind)].count("\n") + 1, FrontForm.JSON)


def _lines_at_the_top(lines: Sequence[str], first: int) -> Parted | None:
    """The first block, where it is lines `Key: value` alone with a title among them (Pelican, MultiMarkdown)."""
    end = next((index for index in range(first, len(lines)) if not lines[index].strip()), len(lines))
    keys = []
    for index in range(first, end):
        if found := _KEY_AND_VALUE.fullmatch(lines[index].rstrip()):
            keys.append(field_named(found[1]))
        elif not keys or not lines[index][0].isspace():
            return None
    if ItemField.TITLE not in keys or len(keys) == 1:
        return None
    front = "\n".join(lines[first:end]) + "\n"
    return Parted(front, first + 1, "\n".join(lines[end + 1 :]), end + 2, FrontForm.LINES)


def read_front_matter(parted: Parted, removed: Counter[str], findings: Findings) -> FrontMatter | None:
    """`None`, with an error reported, when it cannot be read or says a thing twice."""
    front = parted.front or ""
    if len(front) > _LONGEST:
        findings.error(
            parted.line,
            later("the front matter is longer than {most:,} characters").format(most=_LONGEST),
            later("Shorten it."),
        )
        return None
    try:
        pairs = list(_PAIRS[parted.form](front))
    except (tomllib.TOMLDecodeError, json.JSONDecodeError) as error:
        findings.error(
            parted.line,
            later("the front matter cannot be read: {cause}").format(cause=str(error)),
            later("Put texts into quotes."),
        )
        return None
    except yaml.YAMLError as error:
        cause = getattr(error, "problem", None) or later("it is no YAML")
        findings.error(
            parted.line + getattr(getattr(error, "problem_mark", None), "line", 0),
            later("the front matter cannot be read: {cause}").format(cause=cause),
            later("Write lines such as “title: …”; a value with a colon or a quotation mark in it goes into quotes."),
        )
        return None
    return _front_matter(pairs, parted.line, removed, findings)


def _front_matter(
    pairs: Iterable[_Pair], first_line: int, removed: Counter[str], findings: Findings
) -> FrontMatter | None:
    fields: dict[ItemField, Said] = {}
    keys: dict[str, Said] = {}
    unknown: dict[str, int] = {}
    of_sites = SiteFields()
    for key, value, offset, comment, below, sign in pairs:
        line, field = first_line + offset, field_named(key)
        if below:
            keys.setdefault(f"{below}.{key}", Said("" if value is None else _cleaned(value, removed), line))
            continue
        if key in keys:
            findings.error(
                line, later("the front matter has the key “{key}” twice").format(key=key), later("Keep one of them.")
            )
            return None
        keys[key] = Said("" if value is None else _cleaned(value, removed), line)
        if field is None:
            if not of_sites.take(key, keys[key], value) and not says_when(key):
                unknown[key] = line
        elif field in fields:
            findings.warning(
                line,
                later("“{key}” says {field} again; the first counts").format(key=key, field=field),
                later("Keep one of them."),
            )
        elif value is None:
            findings.warning(
                line,
                later("the value of “{key}” is neither a text nor a list; left out").format(key=key),
                later("Write it on one line."),
            )
        else:
            fields[field] = keys[key]
            _name_what_yaml_takes(field, line, comment, sign, findings)
    if unknown:
        named = ", ".join(f"“{key}”" for key in unknown)
        findings.note(min(unknown.values()), later("nothing here reads these keys: {named}").format(named=named))
    of_sites.fill(fields)
    return FrontMatter(fields, keys, of_sites.body, tuple(of_sites.categories))


def _name_what_yaml_takes(field: ItemField, line: int, comment: str, sign: str, findings: Findings) -> None:
    remedy = later("Put the {field} into quotes if it belongs to it.").format(field=field)
    if comment and field in _TEXTS:
        findings.left_out(
            line,
            comment,
            later("the {field} ends at “ #”: what follows is a comment to YAML").format(field=field),
            remedy,
        )
    if sign and field in _TEXTS:
        findings.left_out(
            line, sign, later("the {field} begins with a sign that YAML takes for itself").format(field=field), remedy
        )


def _cleaned(value: str | tuple[str, ...], removed: Counter[str]) -> str | tuple[str, ...]:
    if isinstance(value, str):
        return clean(without_entities(value), removed).strip()
    return tuple(text for part in value if (text := clean(part, removed).strip()))


def _yaml_pairs(front: str) -> Iterator[_Pair]:
    """The top level. From events, because composing deep nesting ends the process."""
    lines = front.split("\n")
    events: Iterator[Any] = yaml.parse(front, Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader))
    begun = (yaml.StreamStartEvent, yaml.DocumentStartEvent)
    first = next((event for event in events if not isinstance(event, begun)), None)
    if isinstance(first, yaml.StreamEndEvent):
        return
    if not isinstance(first, yaml.MappingStartEvent):
        raise yaml.MarkedYAMLError(problem=later("it holds no keys"), problem_mark=getattr(first, "start_mark", None))
    for event in events:
        if isinstance(event, yaml.MappingEndEvent):
            break
        key = _value(event, events)
        following = next(events)
        line = getattr(event.start_mark, "line", 0)
        if isinstance(following, yaml.MappingStartEvent):
            yield _Pair(key if isinstance(key, str) else "", None, line)
            yield from _pairs_below(str(key), events)
            continue
        value, comment, sign = _value(following, events), "", ""
        if type(following).__name__ == "ScalarEvent":
            if not following.style:
                behind = _COMMENT.match(lines[following.end_mark.line], following.end_mark.column)
                comment = behind[1].strip() if behind else ""
            tag = following.tag if following.tag and following.tag.startswith("!") else ""
            sign = f"&{following.anchor}" if following.anchor else tag
        yield _Pair(key if isinstance(key, str) else "", value, line, comment, sign=sign)
    for _ in events:
        pass  # a second document, or text behind the end, is found here


def _value(event: Any, events: Iterator[Any]) -> _Value:
    """The text or the list of texts that begins with this event; `None` for any other shape."""
    kind = type(event).__name__
    if kind == "ScalarEvent":
        return "" if not event.style and event.value in _NOTHING else str(event.value)
    flat, depth, values = kind == "SequenceStartEvent", int(kind.endswith("StartEvent")), []
    while depth:
        inner = next(events)
        kind = type(inner).__name__
        if kind == "ScalarEvent":
            values.append(str(inner.value))
        depth += kind.endswith("StartEvent") - kind.endswith("EndEvent")
        flat = flat and not kind.endswith("StartEvent") and kind != "AliasEvent"
    return tuple(values) if flat else None


def _pairs_below(key: str, events: Iterator[Any]) -> Iterator[_Pair]:
    """What stands in the mapping that has begun, however deep, each under its nearest key."""
    open_: list[tuple[str, bool]] = [(key, True)]  # each mapping or list with its key
    waiting: list[str | None] = [None]  # the key whose value comes next
    while open_:
        event = next(events)
        kind, (below, is_mapping) = type(event).__name__, open_[-1]
        if kind.endswith("EndEvent"):
            open_.pop()
            waiting.pop()
        elif kind.endswith("StartEvent"):
            name = waiting[-1] if is_mapping else below
            waiting[-1] = None
            open_.append((name or "", kind == "MappingStartEvent"))
            waiting.append(None)
        elif is_mapping and waiting[-1] is None:
            waiting[-1] = str(getattr(event, "value", ""))
        else:
            yield _Pair(waiting[-1] or below, str(getattr(event, "value", "")), event.start_mark.line, below=below)
            waiting[-1] = None


def _line_pairs(front: str) -> Iterator[_Pair]:
    """A line that begins with a space goes on with the value above it."""
    key, parts, begun = "", list[str](), 0
    for number, line in enumerate([*front.split("\n"), "end: "]):
        found = _KEY_AND_VALUE.fullmatch(line.rstrip())
        if found is None or line[:1].isspace():
            parts.append(line.strip())
            continue
        if key:
            yield _Pair(key, " ".join(filter(None, parts)), begun)
        key, parts, begun = found[1], [found[2] or ""], number


def _toml_pairs(front: str) -> Iterator[_Pair]:
    return _pairs_of(tomllib.loads(front), front)


def _json_pairs(front: str) -> Iterator[_Pair]:
    found = json.loads(front)
    return _pairs_of(found if isinstance(found, dict) else {}, front)


def _pairs_of(found: Mapping[str, Any], front: str) -> Iterator[_Pair]:
    for key, value in found.items():
        at = re.search(rf"^[ \t{{]*[\"']?{re.escape(key)}[\"']?[ \t]*[=:]", front, re.MULTILINE)
        line = front.count("\n", 0, at.start()) if at else 0
        yield _Pair(key, _plain_value(value), line)
        tables = [(key, value)]
        while tables:
            below, table = tables.pop()
            for name, inner in table.items() if isinstance(table, dict) else ():
                yield _Pair(name, _plain_value(inner), line, below=below)
                tables.append((name, inner))


def _plain_value(value: Any) -> _Value:
    if isinstance(value, list):
        parts = [_plain_value(part) for part in value]
        return tuple(part for part in parts if isinstance(part, str))
    if isinstance(value, dict):
        return None
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


_PAIRS: Mapping[FrontForm, Callable[[str], Iterator[_Pair]]] = {
    FrontForm.YAML: _yaml_pairs,
    FrontForm.TOML: _toml_pairs,
    FrontForm.JSON: _json_pairs,
    FrontForm.LINES: _line_pairs,
}


# -- Not yet: what says that readers must not see the text. Keys and values as they compare: letters only.

_YES = _names("true yes on 1 si y t x")
_NO = _names("false no off 0 n f")
_HELD_IF_YES = _names(
    "isdraft unlisted private isprivate privado privada hidden ishidden oculto oculta archived isarchived archivado"
    " archivada unpublished nopublish wip headless internal interno interna confidential confidencial embargoed"
    " excludefromcollections eleventyexcludefromcollections protected memberonly membersonly deleted trashed"
    " secret secreto secreta donotpublish dontpublish nopublicar disabled expired withdrawn retirado retirada onhold"
    " internalonly internaluse forinternaluse forinternaluseonly usointerno staffonly donotsend dontsend noenviar"
    " enrevision obsolete obsoleto obsoleta superseded retracted trash embargo embargado embargada"
    " bajoembargo notforpublication notforrelease offtherecord noemail"
)
_HELD_IF_TRUE = _names(  # which may also name something
    "template sample example test plantilla ejemplo prueba exclude skip ignore excluir ignorar"
)
_HELD_IF_NO = _names(
    "published publish ispublished publicado publicada publicar public ispublic publico publica listed visible"
    " isvisible live online approved aprobado aprobada ready listo lista active activo activa enabled vigente"
    " readytopublish publishable reviewed revisado revisada"
)
_HELD_UNLESS_YES = _names("publish published ispublished publicar publicado publicada")
_STATUS = _names(
    "status state estado estatus visibility visibilidad stage etapa access acceso poststatus publishstatus"
    " publicationstatus workflow workflowstate"
)
_KIND = _names(  # of which one word among many holds a text back
    "type kind layout posttype audience audiencia classification clasificacion tipo"
)
# One of these words among others says it as well: “pending (Ana)”.
_HELD_WORDS = _names(
    "draft drafts pending private scheduled unpublished unlisted hidden embargo embargoed restricted confidential"
    " wip review borrador pendiente privado privada revision programado programada oculto oculta restringido"
    " hold awaiting waiting unapproved unreviewed editing edicion espera embargado embargada confidencial reservado"
)
_NEGATIONS = _names(
    "not no sin never nunca dont until hasta needs to por"
)  # “not approved”, “sin publicar”, “until Monday”
_HELD_STATUS = _HELD_WORDS | _names(
    "autodraft future trash trashed internal notpublished inreview needsreview underreview workinprogress inprogress"
    " archived archive deleted members membersonly member paid subscribers password protected rejected idea todo new"
    " enrevision porrevisar futuro interno interna archivado archivada papelera nopublicado rechazado brouillon prive"
    " enattente rascunho"
)
_OPEN_STATUS = _names(
    "published publish public live final ready done approved complete completed active released visible everyone"
    " all online publicado publicada publico publica listo lista final aprobado aprobada activo activa publie"
)
_NOT_BEFORE = _names(
    "publishdate publishon publishat pubdate publicationdate publishafter publishfrom scheduled scheduledfor"
    " scheduledat scheduledate scheduledon embargo embargountil embargoeduntil releasedate goliveon golivedate"
    " validfrom publishedat publishedon datepublished publishtime embargadohasta fechapublicacion"
    " fechadepublicacion publicarel release golive notbefore availablefrom availableon visiblefrom showafter"
    " nopublicarantesde publicardesde disponibledesde liberarel"
)
_NOT_AFTER = _names(
    "expirydate expires expireson expiresat expiry expirationdate expiredate unpublishdate unpublishon unpublishat"
    " validuntil archiveon archivedate validto caduca caducidad fechacaducidad fechadecaducidad vence vencimiento"
    " dateexpires removeafter hideafter showuntil visibleuntil visiblehasta"
)
_EMBARGO = _names("embargo embargoed embargado embargada embargountil embargoeduntil embargadohasta bajoembargo")
_OVER = _names("none lifted over ended past ninguno terminado levantado")  # of an embargo
_LABELS = _names("tags tag labels label keywords keyword categories category etiquetas etiqueta categorias categoria")
_HELD_LABELS = _names(  # which nobody would give to news
    "draft drafts wip unpublished unlisted nopublish donotpublish dontpublish notforpublication borrador borradores"
    " nopublicar nopublicado brouillon rascunho workinprogress embargo embargoed embargado donotsend internalonly"
    " usointerno"
)
_FROM_A_DAY_ON = _NOT_BEFORE | _EMBARGO | _HELD_IF_NO
_PAGE_IS_MADE = _names("render list")  # Hugo
# Keys below which others speak of the text, and those that do so below every key.
_OF_THE_TEXT = _names(
    "params extra data meta metadata page post article content custom customfields config options settings build"
    " cascade frontmatter attributes publishing publication workflow hugo jekyll wordpress"
)
_CERTAIN = _names("draft isdraft borrador published ispublished unpublished publishdate expirydate")
_SAYS_WHEN = _HELD_IF_YES | _HELD_IF_NO | _STATUS | _NOT_BEFORE | _NOT_AFTER


def says_when(key: str) -> bool:
    """Whether the key says who may read the text, or when."""
    return _letters(key) in _SAYS_WHEN


def held_back(front: FrontMatter, today: date, findings: Findings) -> str | None:
    """What says that the text is not to be read yet, or no longer: `published: false`; `None` when nothing does.
    The key `draft` is read elsewhere.
    """
    for key, said in front.keys.items():
        name = _name(key)
        for value in (said.value,) if isinstance(said.value, str) else said.value:
            if value and _holds_back(name, value, today):
                return f"{key}: {excerpt(value)}"
            if name in _STATUS and _letters(value) not in _OPEN_STATUS | _YES and value:
                cause = later("“{key}: {value}” does not say whether readers may see this; taken as published").format(
                    key=key, value=excerpt(value)
                )
                findings.warning(said.line, cause, later("Write draft: true if they may not."))
    return None


def days_to_come(front: FrontMatter, today: date) -> Iterator[date]:
    """On which `held_back` says something else than today."""
    for key, said in front.keys.items():
        name = _name(key)
        for value in (said.value,) if isinstance(said.value, str) else said.value:
            day = _day(value) if name in _FROM_A_DAY_ON or name in _NOT_AFTER else None
            if day is not None and name in _NOT_AFTER and today <= day < date.max:
                yield day + timedelta(days=1)
            elif day is not None and name not in _NOT_AFTER and day > today:
                yield day


def _name(key: str) -> str:
    """As it compares; empty for what says something of another thing than the text (`sidebar.hidden`)."""
    below, _, own = key.rpartition(".")
    name = _letters(own)
    if not below or _letters(below) in _OF_THE_TEXT or name in _CERTAIN:
        return "isdraft" if below and name in ("draft", "borrador") else name
    return ""


def _holds_back(name: str, value: str, today: date) -> bool:
    word, day = _letters(value), _day(value)
    is_no = word in _NO
    if day is not None and name in _FROM_A_DAY_ON:
        return day > today
    said = (
        (name in _PAGE_IS_MADE and word == "never"),
        (name in _HELD_IF_YES and name not in _EMBARGO and not is_no),
        (name in _EMBARGO and not is_no and word not in _OVER),
        (name in _HELD_IF_TRUE and word in _YES),
        (name in _STATUS and (is_no or word in _HELD_STATUS or _has_held_word(value) or _begins_with_a_no(value))),
        (name in _KIND and word in _HELD_LABELS | _HELD_IF_YES),
        # “publish: later”: what is no yes would be read by everybody
        (name in _HELD_IF_NO and (is_no or word in _HELD_STATUS)),
        (name in _HELD_UNLESS_YES and word not in _YES | _OPEN_STATUS),
        (name in _NOT_BEFORE and word in _HELD_STATUS),
        (name in _LABELS and any(_letters(label) in _HELD_LABELS for label in re.split(r"[,;|]", value))),
        name == "password",
        (name in _NOT_AFTER and day is not None and day < today),
    )
    return any(said)


def _begins_with_a_no(value: str) -> bool:
    return next(iter(fold_words(re.sub(r"\W+", " ", value)).split()), "") in _NEGATIONS


def _has_held_word(value: str) -> bool:
    return not _HELD_WORDS.isdisjoint(fold_words(re.sub(r"\W+", " ", value)).split())


def _day(value: str) -> date | None:
    found = recognise(value)
    return found.day if isinstance(found, Dated) else None


def _letters(text: str) -> str:
    return fold_words(text).replace(" ", "")
