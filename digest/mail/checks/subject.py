"""Is the subject one that people read and filters let through?"""

import re
from collections.abc import Iterator

from digest.foundation.catalogue import _, later, plural
from digest.foundation.words import fold_letters
from digest.mail.checks.document import Document
from digest.mail.checks.fields import in_field
from digest.mail.checks.rule import Finding, error, warning
from digest.mail.checks.tree import BIDI_CONTROLS, quoted, squeezed

SUBJECT_MOST = 78
_TITLE = later('write another one: digest plan subject "…"; or change the title of the first story')
EMPTY = error(
    "SUBJ-001",
    asks="there is a subject",
    why="mail without one is taken for spam, and screen readers have nothing to announce",
    fix=_TITLE,
)
LENGTH = warning(
    "SUBJ-002",
    asks=f"at most {SUBJECT_MOST} characters",
    why="few programs show more; phones show half of it",
    fix=_TITLE,
)
CAPITALS = warning(
    "SUBJ-003",
    asks="no run of words in capitals",
    why="spam filters count it (SUBJ_ALL_CAPS), and screen readers may spell it out",
    fix=later("write the title in sentence case"),
)
SHOUTING = warning(
    "SUBJ-004",
    asks="no repeated exclamation or question marks",
    why="spam filters count them (PLING_QUERY)",
    fix=later("write one mark at most"),
)
FALSE_REPLY = error(
    "SUBJ-005",
    asks="does not begin like a reply or a forwarded mail",
    why="CAN-SPAM §7704(a)(2): no deceptive subject",
    fix=_TITLE,
)
DIFFERENT = error(
    "SUBJ-006",
    asks="the field says what was checked",
    why="what is approved is what is sent",
    fix=later("build the edition again; report it if it comes back"),
)
DECEPTIVE = error(
    "SUBJ-007",
    asks="no characters that change the direction of writing",
    why="U+202E makes a text read as another one; filters take it for fraud",
    fix=later("remove the character from the title"),
)
AGAIN = error(
    "SUBJ-008",
    asks="it is the subject of no other edition",
    why="mail programs put mails of one subject into one thread, and readers take the second for the first",
    fix=later('write another one: digest plan subject "…"; or none, and build the edition again'),
)
RULES = (EMPTY, LENGTH, CAPITALS, SHOUTING, FALSE_REPLY, DIFFERENT, DECEPTIVE, AGAIN)
# re, fwd; Spanish and Portuguese rv, enc; German aw, wg; French tr
_REPLY = re.compile(r"\s*(?:re|fwd?|rv|res|enc|aw|wg|tr|r)\s*(?:\[\d+\])?\s*:", re.IGNORECASE)
_SHOUTED = re.compile(r"[!¡]\s*!|\?\s*\?|\${2,}|!\?|\?!")
_CAPITALS_LEAST = 12  # letters in a run of words: fewer are acronyms
_WORDS_LEAST = 3


def check(document: Document) -> Iterator[Finding]:
    subject = document.specimen.subject
    place = _("subject")
    if not squeezed(subject):
        yield EMPTY.broken(place, _("it is empty"))
    if len(subject) > SUBJECT_MOST:
        yield LENGTH.broken(
            place,
            plural(
                "it has {count} character: {text}",
                "it has {count} characters: {text}",
                len(subject),
                text=quoted(subject),
            ),
        )
    if shouted := _in_capitals(subject):
        yield CAPITALS.broken(place, _("{text} is in capitals").format(text=quoted(shouted)))
    if _SHOUTED.search(subject):
        yield SHOUTING.broken(place, _("{text} repeats its marks").format(text=quoted(subject)))
    if _REPLY.match(subject):
        yield FALSE_REPLY.broken(place, _("{text} looks like an answer to somebody").format(text=quoted(subject)))
    if BIDI_CONTROLS.search(subject):
        yield DECEPTIVE.broken(place, _("it holds a character that changes the direction of writing"))
    if (edition := document.specimen.used_subjects.get(fold_letters(subject))) is not None:
        yield AGAIN.broken(
            place, _("{text} was that of {edition} already").format(text=quoted(subject), edition=edition)
        )
    field = document.mail.first("subject")
    if field is not None and (field.value or "") != subject:
        yield DIFFERENT.broken(in_field("Subject"), _("it says {said}").format(said=quoted(field.value or field.raw)))


def _in_capitals(subject: str) -> str:
    """The first run of words in capitals that is too long to be acronyms; all of it when nothing else is there."""
    run: list[str] = []
    for word in [*subject.split(), ""]:
        letters = [char for char in word if char.isalpha()]
        if len(letters) > 1 and all(char.isupper() for char in letters):
            run.append(word)
            continue
        if len(run) >= _WORDS_LEAST and sum(map(len, run)) >= _CAPITALS_LEAST:
            return " ".join(run)
        run = []
    said = [char for char in subject if char.isalpha()]
    shouted = len(subject.split()) > 1 and len(said) >= _CAPITALS_LEAST and all(char.isupper() for char in said)
    return subject if shouted else ""
