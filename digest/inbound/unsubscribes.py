"""Unsubscribe requests: mails in which a person asks for no more of them, in English or Spanish; or for others.

Only a request that stands alone is one: as the whole subject, or as the first line that they wrote themselves. A text
that merely speaks of leaving – a news item, a question, a leave of absence – never is.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from email.message import Message
from html.parser import HTMLParser

from digest.foundation import mime
from digest.foundation.words import fold_to_ascii
from digest.newsletters.newsletter import Newsletter

_REPLY = re.compile(r"^(?:(?:re|aw|sv|rv|fwd?|resp?|tr)\s*(?:\[\d+\])?\s*:\s*)+", re.IGNORECASE)
_LONGEST = 160  # characters of a line that is a request and nothing else
_ALL = re.compile(r"\b(?:all|everything|any|todos?|todas?|ningun\w*)\b")
_FEW_WORDS, _FEW_LINES = 6, 6
MOST_LINES = 12
_QUOTING = re.compile(
    r"^\W*(?:(?:on|el|le|am|em|il|en)\b.{0,250}(?:wrote|escribi[oó]|a [eé]crit|schrieb|escreveu|ha scritto)\s*:?"
    r"|[-_*= ]{2,}\s*(?:original message|mensaje original|forwarded message|mensaje reenviado|message d.origine"
    r"|urspr).*"
    r"|begin forwarded message.*|(?:from|de|von|da|sent|enviado(?: el)?)\s*:\s.{0,250})$",
    re.IGNORECASE,
)
_RULE = re.compile(r"^[-_=*]{3,}$")
_SIGNATURE = re.compile(
    r"^(?:--|—)\s*$|^(?:sent from|enviado desde|get outlook|obtener outlook|descarga outlook|sent with)\b",
    re.IGNORECASE,
)


def request_of(message: Message) -> str | None:
    """The request, folded, as subject and first line have it; `None` when nobody asks for anything."""
    lines = [fold_to_ascii(line[: 2 * _LONGEST]) for line in own_lines(message)]
    lines = [line for line in lines if line]
    if lines and _GREETING_LINE.fullmatch(lines[0]) and not is_request(lines[0]):
        lines = lines[1:]
    subject = fold_to_ascii(_REPLY.sub("", mime.value(message, "subject"))[: 2 * _LONGEST])
    places = ((subject, lines), (lines[0] if lines else "", lines[1:]))
    found = [request for request, others in places if is_request(request) and (_is_plain(request) or _agree(others))]
    return "; ".join(found) or None


def wishes_of(message: Message) -> tuple[str, ...]:
    """What may be a wish and nothing else, folded: the subject, and the first line that they wrote themselves. Below it
    stand courtesy and a name at most.
    """
    lines = [line for line in (fold_to_ascii(line[: 2 * _LONGEST]) for line in own_lines(message)) if line]
    if lines and _GREETING_LINE.fullmatch(lines[0]):
        lines = lines[1:]
    subject = fold_to_ascii(_REPLY.sub("", mime.value(message, "subject"))[: 2 * _LONGEST])
    places = ((lines[0] if lines else "", lines[1:]), (subject, lines))
    return tuple(found for found, others in places if found and len(found) <= _LONGEST and _agree(others))


def is_request(text: str) -> bool:
    """Whether a folded line asks to leave, and does nothing else."""
    return len(text) <= _LONGEST and _REQUEST.fullmatch(text) is not None


def is_from_all(request: str) -> bool:
    return _ALL.search(request) is not None


def _is_plain(request: str) -> bool:
    """Whether it can mean nothing else: a *baja* may be a sick leave."""
    bare = re.sub(rf"(?: {THANKS})+$|^(?:{PLEASE} )+", "", request)
    return bare not in AMBIGUOUS


def _agree(others: list[str]) -> bool:
    """Whether the rest is the same request, courtesy, or a name below it."""
    if others and is_request(others[0]):
        return True
    rest = [line for line in others if not _COURTESY.fullmatch(line)]
    return len(rest) <= _FEW_LINES and all(len(line.split()) <= _FEW_WORDS and "?" not in line for line in rest)


# -- What the writer of a mail wrote themselves, without what they quote and without their signature.


def own_lines(message: Message) -> list[str]:
    """The first lines, without empty ones."""
    found: list[str] = []
    lines = [line.strip() for line in _text(message).split("\n")]
    lines = [line for line in lines if line][:200]
    for number, line in enumerate(lines):
        after = lines[number + 1] if number + 1 < len(lines) else ""
        if line.startswith(">"):
            continue
        if _QUOTING.match(line) or (
            not after.startswith(">") and _QUOTING.match(f"{line} {after}"[:400]) and _begins(line)
        ):
            if any(later.startswith(">") for later in lines[number + 1 : number + 3]):
                continue  # what is quoted is marked, so more of their own may follow
            break
        if _RULE.match(line) or _SIGNATURE.match(line):
            break
        found.append(line)
        if len(found) == MOST_LINES:
            break
    return found


def _begins(line: str) -> bool:
    """Whether it is the first half of `On …, … wrote:`."""
    return re.match(r"(?:on|el|le|am|em)\b.*(?:\d{4}|<)", line, re.IGNORECASE) is not None


def _text(message: Message) -> str:
    shown = [part for part in mime.parts(message) if not part.is_multipart() and not _is_attached(part)]
    for wanted in ("text/plain", "text/html"):
        for part in shown:
            if mime.kind(part) == wanted:
                text = mime.text_of(part)
                return text if wanted == "text/plain" else _without_markup(text)
    return ""


def _is_attached(part: Message) -> bool:
    return mime.value(part, "content-disposition").lower().startswith("attachment")


class _Lines(HTMLParser):
    """Collects the text before the first quotation."""

    BLOCKS = frozenset(("p", "div", "br", "tr", "li", "h1", "h2", "h3", "h4", "table", "ul", "ol", "body"))
    UNSEEN = frozenset(("head", "style", "script", "title"))

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self.unseen = 0
        self.is_over = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        marks = " ".join(value or "" for name, value in attrs if name in ("class", "id"))
        if tag in ("blockquote", "hr") or re.search(
            r"gmail_quote|divRplyFwdMsg|appendonsend|yahoo_quoted|moz-cite", marks
        ):
            self.is_over = True
        self.unseen += tag in self.UNSEEN
        if tag in self.BLOCKS:
            self.pieces.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self.unseen = max(0, self.unseen - (tag in self.UNSEEN))
        if tag in self.BLOCKS:
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        if not (self.is_over or self.unseen):
            self.pieces.append(" ".join(data.split(" ")) if data.strip() else " ")


def _without_markup(html: str) -> str:
    lines = _Lines()
    with suppress(AssertionError):  # how html.parser gives up on <![what it does not know; what came before it counts
        lines.feed(html)
    return "\n".join(" ".join(line.split()) for line in "".join(lines.pieces).split("\n"))


# -- The words with which people ask to leave: lower case, without accents and punctuation.


def _any(*words: str) -> str:
    return f"(?:{'|'.join(words)})"


def _maybe(*words: str) -> str:
    return f"(?: {_any(*words)})?"


GREETING = _any(
    "hola|hi|hello|hey|good (?:morning|afternoon|evening|day)|buen(?:os|as)? (?:dias?|tardes|noches)|buenas|saludos",
    "cordial saludo|estimad[oa]s?|apreciad[oa]s?|dear|querid[oa]s?|senor(?:es|as?)?|sres|a quien corresponda",
    "to whom it may concern",
)
PLEASE = _any(
    "please|pls|kindly|por favor|porfa|porfavor|favor(?: de)?|se ruega",
    "les? (?:ruego|pido|agradezco|solicito)(?: que)?",
)
THANKS = _any(
    r"please|thanks?(?: you)?(?: very much| in advance)?|por favor|porfa|(?:muchas |mil )?gracias(?: de antemano)?",
    r"(?:cordiales |un )?saludos?(?: cordial(?:es)?)?|(?:best|kind)? ?regards|now|ya|inmediatamente|immediately|asap",
    "today|hoy",
)
_MAIL = "(?:e ?mails?|mails?|mailings?|messages?|newsletters?|bulletins?|news|digests?|updates?|communications?)"
_FROM = (
    "(?:(?:from|of|off|to) (?:(?:this|your|the|all|any|these|our) )*"
    "(?:(?:mailing|distribution|e ?mail|monthly|weekly) )*"
    f"(?:lists?|{_MAIL}|everything|all|subscriptions?|subscribers?|database))"
)
_WHO = "(?:me|us|(?:this|my|our) (?:e ?mail )?(?:address|account|name|e ?mail))"
_CORREO = (
    "(?:correos?(?: electronicos?)?|mensajes?|boletin(?:es)?|e ?mails?|envios?|comunicaciones|newsletters?|noticias"
    "|notificaciones)"
)
_LISTA = (
    "(?:(?:del?|en|a|de sus?|de todos?|de todas) (?:(?:la|las|los|el|su|sus|este|esta|estos|estas|todos?|todas?) )*"
    "(?:listas?(?: de (?:correos?|distribucion|envios?|difusion|suscriptores))?"
    f"|{_CORREO}|base(?: de datos)?|suscripci(?:on|ones)|todo))"
)
_MI = (
    "(?:(?:a )?(?:mi|nuestro|nuestra|este|esta|el|la) (?:correo|direccion|e ?mail|cuenta|nombre|suscripcion)"
    "(?: electronic[oa]| de correo)?)"
)
_QUIERO = _any(
    "quiero|quisiera|quisieramos|queremos|deseo|deseamos|desearia|necesito|solicito|solicitamos|pido|prefiero",
    "me gustaria",
)
_QUITAR = _any(
    "eliminar|elimine|eliminen|borrar|borre|borren|quitar|quite|quiten|sacar|saque|saquen|retirar|retire|retiren|remover"
)
_DAR = "(?:dar|den|da|de|dan|dad|darme|darnos|darse|deme|denme|dame|dadme|denos|dennos|demen)"
ENGLISH = (
    f"unsub(?:scribe)?{_maybe(_WHO)}{_maybe(_FROM)}(?: all| everything)?",
    f"(?:remove|delete|drop) {_WHO}{_maybe(_FROM)}",
    f"remove{_maybe(_FROM)}",
    f"take {_WHO} (?:off|{_FROM})(?: .{{0,30}}lists?)?",
    f"stop(?: (?:sending|e ?mailing|mailing){_maybe(_WHO)}(?: (?:any|more|your|these|this|the))*{_maybe(_MAIL)})?",
    f"stop (?:the|these|this|your|all) {_MAIL}",
    f"opt ?(?:me )?out{_maybe(_FROM)}",
    f"(?:cancel|end|terminate) (?:my|this|the|our|all) (?:subscriptions?|{_MAIL})",
    "cancel subscription",
    (
        "(?:i|we)(?: would| d)? (?:want|wish|like|need|ask|request)(?: you)? to "
        "(?:unsubscribe|opt out|be (?:removed|unsubscribed|taken off)|cancel|leave (?:this|the|your) list|remove"
        f"|stop receiving){_maybe(_WHO)}(?: (?:my|this) subscription)?{_maybe(_FROM)}(?: (?:these|your) {_MAIL})?"
    ),
    (
        "(?:i|we) (?:do not|don t|dont|no longer) (?:want|wish)(?: to (?:receive|get))?"
        f"(?: (?:any|more|these|your|this|further|the|such|of))* (?:{_MAIL}|them|it)"
        "(?: (?:any ?more|any longer|from you|please))*"
    ),
    f"no more (?:of )?(?:(?:these|your|this) )?{_MAIL}(?: (?:for me|to me))?",
    (
        "(?:can|could|would|will) you (?:please )?(?:unsubscribe|remove|take) "
        f"{_WHO}(?: off)?{_maybe(_FROM)}(?: please)?(?: \\?)?"
    ),
)
SPANISH = (
    f"(?:la |mi )?baja(?: (?:definitiva|inmediata))?{_maybe(_LISTA)}",
    f"{_QUIERO} (?:(?:la|mi|nuestra|una) )?baja {_LISTA}",
    f"(?:solicito|solicitamos|pido|solicitud de)(?: (?:la|mi|nuestra))? baja{_maybe(_LISTA)}",
    (
        f"(?:{_QUIERO} )?(?:que )?(?:(?:me|nos|se) )?{_DAR}(?: (?:me|nos))?{_maybe(_MI)} de baja"
        f"(?: (?:a )?{_MI})?{_maybe(_LISTA)}"
    ),
    f"{_QUIERO} ser (?:dad[oa]s?|eliminad[oa]s?) (?:de baja{_maybe(_LISTA)}|{_LISTA})",
    (
        "(?:(?:me|nos) )?(?:puede|pueden|podria|podrian|podeis) "
        "(?:dar|darme|darnos|eliminar|eliminarme|quitarme|borrarme)"
        f"(?: de baja)?{_maybe(_MI)}{_maybe(_LISTA)}(?: por favor)?(?: \\?)?"
    ),
    (
        f"(?:{_QUIERO} )?(?:cancelar|cancele|cancelen|anular|anule|anulen|cancelacion de|terminar)"
        f"(?: (?:mi|la|esta|nuestra|una))? suscripcion{_maybe(_LISTA)}"
    ),
    f"(?:{_QUIERO} )?des(?:in|s?u)?s?cri(?:b|p)\\w{{2,12}}{_maybe(_LISTA)}",
    (
        "(?:ya )?no (?:(?:quiero|queremos|deseo|deseamos|quisiera|me interesa) )(?:seguir )?(?:recibir|recibiendo)"
        "(?: (?:mas|sus|su|estos|este|el|los|la|las|de|ningun|otros|esta))*"
        f"(?: (?:{_CORREO}|informacion|publicidad|nada))(?: (?:mas|de ustedes|suyos|suyo))*"
    ),
    f"(?:{_QUIERO} )?(?:(?:me|nos) )?{_QUITAR}(?:(?:me|nos){_maybe(_LISTA)}| {_MI}{_maybe(_LISTA)}| {_LISTA})",
    f"(?:eliminenme|quitenme|borrenme|saquenme|retirenme|eliminame|quitame|borrame|sacame){_maybe(_LISTA)}",
    (
        "no (?:me |nos )?(?:envien|envie|manden|mande|enviar|mandar|enviarme|mandarme|escriban)"
        f"(?: (?:mas|sus|estos|este|el))* ?(?:{_CORREO}|mas)(?: (?:mas|por favor))*"
    ),
)
# What can mean something else: a *baja* may be a sick leave.
AMBIGUOUS = frozenset({"baja", "la baja", "mi baja", "remove", "stop", "baja definitiva", "baja inmediata"})
_REQUEST = re.compile(
    rf"(?:{GREETING}(?: (?:a )?tod[oa]s| all| team| equipo)? )?(?:{PLEASE} )*"
    rf"(?:{'|'.join(ENGLISH + SPANISH)})(?: {THANKS})*"
)
_GREETING_LINE = re.compile(rf"{GREETING}(?: \w+){{0,5}}")
_COURTESY = re.compile(rf"(?:{GREETING}|{THANKS}|{PLEASE}|atentamente|cordialmente|sincerely|att|atte)(?: \w+){{0,3}}")


# -- Audiences and languages that a person names, and nothing besides: `GUATEMALA`, `ESPAÑOL`.

LANGUAGES: Mapping[str, str] = {
    "espanol": "es",
    "castellano": "es",
    "spanish": "es",
    "english": "en",
    "ingles": "en",
}
_BETWEEN = frozenset(("y", "e", "and", "en", "in"))


def wanted_in(folded: str, newsletter: Newsletter) -> tuple[frozenset[str], str | None] | None:
    """Audiences, and a language; `None` unless every word is part of a name of ours, with one language at most."""
    known = dict(_names(newsletter))
    languages = {word: code for word, code in LANGUAGES.items() if code in newsletter.languages}
    words, audiences, asked = folded.split(), set[str](), set[str]()
    while words:
        for count in range(len(words), 0, -1):
            name = " ".join(words[:count])
            if name in known or name in languages:
                audiences |= {known[name]} if name in known else set()
                asked |= {languages[name]} if name in languages else set()
                words = words[count:]
                break
        else:
            if words[0] not in _BETWEEN or not (audiences or asked):
                return None
            words = words[1:]
    if len(asked) > 1 or not (audiences or asked):
        return None
    return frozenset(audiences), next(iter(asked), None)


def _names(newsletter: Newsletter) -> Iterator[tuple[str, str]]:
    for audience in newsletter.audiences:
        for title in (audience.name, *map(audience.title, newsletter.languages)):
            yield fold_to_ascii(title), audience.name
