"""Lines with which authors hold a text back: “EMBARGOED UNTIL 10 SEPTEMBER”, “BORRADOR – no difundir”, “[Draft] Title”.

Such a line says that and little else: every word of it belongs to the mark. So “Draft law adopted” is news.
"""

import re
from collections.abc import Iterable
from datetime import date
from pathlib import PurePosixPath

from digest.foundation.words import fold_words
from digest.intake.sources.dates import Dated, recognise

_LONGEST = 120  # characters of a mark
_MARKS = re.compile(
    r"(?:(?:strictly |strict |under |bajo )*embarg(?:o|oed|ado|ada)(?= until\b| till\b| hasta\b| not\b| \d|$)"
    r"|draft|borrador|brouillon|rascunho|wip|work in progress|trabajo en curso"
    r"|(?:please |por favor )?(?:do not|dont|no) (?:publish|release|distribute|circulate|send|share|forward|print"
    r"|publicar|difundir|distribuir|circular|compartir|enviar|reenviar)"
    r"|not (?:yet )?(?:for|to be) (?:publi\w+|released?|distribut\w+|circulat\w+|sent|shared)"
    r"|(?:strictly |estrictamente )?(?:confidential|confidencial)|off the record"
    r"|(?:for |strictly )?internal(?: use)?(?: only)?"
    r"|(?:para |de |solo )?uso (?:exclusivo )?interno|(?:for )?staff only"
    r"|interno)(?= |$)"
)
_GOES_WITH_IT = frozenset([
    *("only", "copy", "text", "document", "version", "v", "no", "not", "do", "yet", "before", "until", "till", "for"),
    *("and", "or", "of", "to", "the", "this", "it", "after", "without", "outside", "externally", "office", "please"),
    *("embargo", "embargoed", "publish", "publication", "release", "distribute", "distribution", "circulate", "send"),
    *("circulation", "share", "forward", "review", "revision", "comment", "comments", "internal", "confidential"),
    *("strictly", "use", "final", "approval", "approved", "permission", "staff", "personal", "private", "press"),
    *("draft", "borrador", "publicar", "publicacion", "difundir", "difusion", "distribuir", "circular", "compartir"),
    *("enviar", "comentarios", "para", "en", "de", "del", "la", "el", "y", "o", "hasta", "interno", "confidencial"),
    *("uso", "solo", "preliminar", "aprobar", "aprobacion", "sin", "permiso", "oficina", "todavia", "aun", "antes"),
    *("monday", "tuesday", "wednesday", "thursday", "friday", "lunes", "martes", "miercoles", "jueves", "viernes"),
    *("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november"),
    *("december", "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "setiembre"),
    *("octubre", "noviembre", "diciembre"),
    *("por", "favor", "privado", "prensa", "noticia", "news", "date", "fecha", "gmt", "utc", "am", "pm", "h"),
])  # fmt: skip
_BEFORE_TITLE = re.compile(
    r"^(?:[\[(]\s*(?P<bracketed>[^\])]{3,40})\s*[\])]\s*[:–—-]?|(?P<capitals>[A-ZÁÉÍÓÚ ]{3,40}?)\s*[:–—-])\s+\S"
)
_BEHIND_TITLE = re.compile(r"[\[(]\s*([^\])]{3,40})\s*[\])]\s*$")
_UNTIL = re.compile(r"\b(?:until|till|hasta(?: el)?)\b\W*(.+)|\W(\d.+)", re.IGNORECASE)
_TIME = re.compile(r"\W+(?:at |a las )?\d{1,2}[:.h]\d\d.*$", re.IGNORECASE)
_NAMES = re.compile(r"(?:^|[\W_])(DRAFT|BORRADOR|EMBARGOED|EMBARGO|EMBARGADO|CONFIDENTIAL|CONFIDENCIAL|WIP)(?=[\W_]|$)")
_NAMES_AT_THE_END = re.compile(r"[\W_](?:draft|borrador|wip|[\[(](?:draft|borrador)[\])])$", re.IGNORECASE)
_NAMES_ANYWHERE = re.compile(
    r"(?:do[ _-]?not|no)[ _-](?:publish|send|publicar|difundir|enviar)(?=[\W_]|$)", re.IGNORECASE
)


def mark_in(title: str, others: Iterable[str], today: date) -> str:
    """What in the title, or in the other lines, holds the text back; empty when nothing does."""
    for line in (title, *others):
        if is_mark(line, today):
            return line
    found = _BEFORE_TITLE.match(title)
    before = (found["bracketed"] or found["capitals"] or "").strip() if found else ""
    behind = found[1] if (found := _BEHIND_TITLE.search(title)) else ""
    return next((mark for mark in (before, behind) if mark and is_mark(mark, today)), "")


def is_mark(line: str, today: date) -> bool:
    if not 2 < len(line) <= _LONGEST:  # noqa: PLR2004 – “wip” is the shortest
        return False
    words = fold_words(re.sub(r"[\W_]+", " ", line.replace("’", "").replace("'", ""))).strip()
    found = _MARKS.match(words)
    if found is None:
        return False
    rest = words[found.end() :].split()
    day = embargoed_until(line)
    if day is not None and day <= today:
        return False
    return "embarg" in found[0] or all(word in _GOES_WITH_IT or any(map(str.isdigit, word)) for word in rest)


def embargoed_until(line: str) -> date | None:
    found = _UNTIL.search(line)
    said = recognise(_TIME.sub("", (found[1] or found[2]).strip(" .)]*_"))) if found else None
    return said.day if isinstance(said, Dated) else None


def mark_in_name(file: str) -> str:
    """The mark in the name of a file: `BORRADOR nota.docx`, `note (draft).en.md`, `hub-draft.txt`."""
    name = PurePosixPath(file)
    stem = name.name
    while (suffix := PurePosixPath(stem).suffix) and len(suffix) <= len(".docx"):
        stem = stem.removesuffix(suffix)
        if suffix.lower() in (".draft", ".wip"):
            return suffix
    found = _NAMES.search(stem) or _NAMES_AT_THE_END.search(stem) or _NAMES_ANYWHERE.search(stem)
    return found[0].strip(" _-.") if found else ""
