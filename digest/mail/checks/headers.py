"""Do the fields of the head say what providers ask for, in the form that they can read?"""

from collections.abc import Iterator

from digest.foundation.catalogue import _, later
from digest.mail.checks.document import Document, host_of
from digest.mail.checks.fields import ENCODED_WORD, LIST_ID, MESSAGE_ID, MessageField, address_of, in_field, uris
from digest.mail.checks.rule import Finding, error, warning
from digest.mail.checks.tree import BIDI_CONTROLS, CONTROLS, quoted

ENCODED_WORD_MOST, LIST_ID_MOST, MESSAGE_ID_MOST = 75, 255, 64
ONE_CLICK = "List-Unsubscribe=One-Click"
_ALLOWED = """
auto-submitted content-language content-transfer-encoding content-type date dkim-signature feedback-id from list-archive
list-help list-id list-owner list-subscribe list-unsubscribe list-unsubscribe-post message-id mime-version precedence
reply-to return-path sender subject to
"""
ALLOWED = frozenset(_ALLOWED.split())
ENCODED_TOKEN = error(
    "FIELD-001",
    asks="no encoded word in List-* fields, identifiers, addresses and quoted names",
    why="RFC 2047 §5: nobody decodes it there, and the unsubscribe button disappears (CPython issue 85725)",
    fix=later("write the value in ASCII; fold between URIs only"),
)
UNSUBSCRIBE = error(
    "FIELD-002",
    asks="List-Unsubscribe lists URIs in angle brackets, a mailto: among them",
    why="RFC 2369 §3.2; Gmail, Yahoo and Outlook.com ask for it",
    fix=later("set reply_to or the sender's address, and build the edition again"),
)
ONE_CLICK_PAIR = error(
    "FIELD-003",
    asks=f"with a public_url: an https URI in List-Unsubscribe, and List-Unsubscribe-Post: {ONE_CLICK}",
    why="RFC 8058 §3.1; asked for by Gmail and Yahoo since February 2024",
    fix=later("set public_url in digest.yaml to an https address and build the edition again"),
)
ONE_CLICK_ALONE = error(
    "FIELD-004",
    asks="no List-Unsubscribe-Post without an https URI to post to",
    why="RFC 8058 §3.1: a promise that nobody keeps",
    fix=later("remove the field, or set public_url"),
)
LIST_IDENTITY = error(
    "FIELD-005",
    asks=f"List-Id is `phrase <label.domain>`, with at most {LIST_ID_MOST} bytes",
    why="RFC 2919 §2, §3: readers sort their mail by it",
    fix=later("give the newsletter a short name of letters, digits and hyphens"),
)
MESSAGE_IDENTITY = error(
    "FIELD-006",
    asks="Message-ID is one <left@domain> in plain characters",
    why="RFC 5322 §3.6.4",
    fix=later("use a sender address with a plain domain"),
)
MESSAGE_ID_LENGTH = warning(
    "FIELD-007",
    asks=f"Message-ID has at most {MESSAGE_ID_MOST} characters",
    why="longer ones are folded, and some programs misread them then",
    fix=later("send from a shorter domain"),
)
ADDRESS = error(
    "FIELD-008",
    asks="From, To, Reply-To and Sender are each one valid ASCII mailbox",
    why="RFC 5322 §3.4; Outlook.com asks for a valid From and Reply-To",
    fix=later("correct the address in digest.yaml; write an international domain as xn--…"),
)
ENCODED_LENGTH = error(
    "FIELD-009",
    asks=f"encoded words have at most {ENCODED_WORD_MOST} characters",
    why="RFC 2047 §2",
    fix=later("split the text into several encoded words"),
)
UNKNOWN_FIELD = error(
    "FIELD-010",
    asks="only fields that this program writes",
    why="a field nobody meant, such as Bcc, is what header injection leaves behind",
    fix=later("look for a line break in titles and names; report it"),
)
SENDER = error(
    "FIELD-011",
    asks="From holds the newsletter's own address for this language",
    why="CAN-SPAM: no deceptive sender; DMARC judges this domain",
    fix=later("build the edition again after correcting `from` in digest.yaml"),
)
FOREIGN_HOST = warning(
    "FIELD-012",
    asks="the https URI of List-Unsubscribe lies under public_url",
    why="RFC 8058 §3: the request must reach who keeps the list",
    fix=later("build the edition again with the public_url that is meant"),
)
HIDDEN_CONTROL = error(
    "FIELD-013",
    asks="no field decodes to control or direction-changing characters",
    why="encoded line breaks are how header injection passes a filter; U+202E makes names read backwards",
    fix=later("remove the character from the title or name"),
)
RULES = (
    ENCODED_TOKEN,
    UNSUBSCRIBE,
    ONE_CLICK_PAIR,
    ONE_CLICK_ALONE,
    LIST_IDENTITY,
    MESSAGE_IDENTITY,
    MESSAGE_ID_LENGTH,
    ADDRESS,
    ENCODED_LENGTH,
    UNKNOWN_FIELD,
    SENDER,
    FOREIGN_HOST,
    HIDDEN_CONTROL,
)
PICTURE_FIELDS = frozenset(("content-disposition", "content-id", "content-transfer-encoding", "content-type"))
_MAILBOXES = ("from", "to", "reply-to", "sender")
_TOKENS = ("message-id", "feedback-id", "date", "mime-version", "precedence", "content-language", "content-type")


def check(document: Document) -> Iterator[Finding]:
    for field in (*document.mail.fields, *(field for part in document.mail.texts for field in part.fields)):
        yield from _field(field)
    for part in document.mail.parts:
        if part not in document.mail.texts:
            for field in part.fields:
                yield from _field(field, PICTURE_FIELDS)
    yield from _sender(document)
    yield from _unsubscribe(document)
    yield from _identities(document)


def _field(field: MessageField, allowed: frozenset[str] = ALLOWED) -> Iterator[Finding]:
    place = in_field(field.name)
    if field.key not in allowed:
        yield UNKNOWN_FIELD.broken(place, _("no message of this program has such a field"))
    if _encoded_token(field):
        yield ENCODED_TOKEN.broken(
            place, _("{value} holds an encoded word where nobody decodes it").format(value=quoted(field.raw))
        )
    for word in ENCODED_WORD.findall(field.raw):
        if len(word) > ENCODED_WORD_MOST:
            yield ENCODED_LENGTH.broken(
                place, _("an encoded word has {count} characters: {word}").format(count=len(word), word=quoted(word))
            )
    said = field.value or ""
    if CONTROLS.search(said) or BIDI_CONTROLS.search(said) or "\n" in said or "\r" in said:
        yield HIDDEN_CONTROL.broken(place, _("it decodes to a control character: {said}").format(said=quoted(said)))


def _encoded_token(field: MessageField) -> bool:
    if "=?" not in field.raw:
        return False
    if field.key in _MAILBOXES:
        name, bracket, address = field.raw.rpartition("<")
        return "=?" in (address if bracket else field.raw) or ('"' in name and "=?" in name.partition('"')[2])
    return field.key.startswith("list-") or field.key in _TOKENS


def _sender(document: Document) -> Iterator[Finding]:
    specimen = document.specimen
    for field in document.mail.fields:
        if field.key in _MAILBOXES and address_of(field.raw) is None:
            yield ADDRESS.broken(
                in_field(field.name),
                _("{value} is not one valid mailbox").format(value=quoted(field.raw)),
            )
    wanted = specimen.newsletter.sender.get(specimen.language)
    found = address_of(document.mail.raw("from"))
    if wanted is not None and found is not None and found != wanted.address:
        yield SENDER.broken(
            in_field("From"),
            _("it holds {found}, not {wanted}").format(found=found, wanted=wanted.address),
        )


def _unsubscribe(document: Document) -> Iterator[Finding]:
    mail, public = document.mail, document.public_root
    value = mail.raw("list-unsubscribe")
    listed = uris(value) or []
    if not any(uri.lower().startswith("mailto:") for uri in listed):
        reason = (
            _("{value} holds no mailto: URI in angle brackets").format(value=quoted(value))
            if value
            else _("the field is missing")
        )
        yield UNSUBSCRIBE.broken(in_field("List-Unsubscribe"), reason)
    pages = [uri for uri in listed if uri.startswith("https://")]
    post = mail.first("list-unsubscribe-post")
    if public is not None:
        if not pages:
            yield ONE_CLICK_PAIR.broken(
                in_field("List-Unsubscribe"),
                _("it names no https page, though there is a public_url"),
            )
        if post is None or post.raw != ONE_CLICK:
            reason = _("it is missing") if post is None else _("it says {said}").format(said=quoted(post.raw))
            yield ONE_CLICK_PAIR.broken(in_field("List-Unsubscribe-Post"), reason)
        for page in pages:
            if host_of(page) != host_of(public):
                yield FOREIGN_HOST.broken(
                    in_field("List-Unsubscribe"),
                    _("{host} is not {wanted}").format(host=host_of(page), wanted=host_of(public)),
                )
    if post is not None and not pages:
        yield ONE_CLICK_ALONE.broken(in_field("List-Unsubscribe-Post"), _("List-Unsubscribe names no https page"))


def _identities(document: Document) -> Iterator[Finding]:
    identity = document.mail.raw("list-id")
    found = LIST_ID.fullmatch(identity)
    if found is None or "." not in found[1] or len(identity) > LIST_ID_MOST:
        reason = (
            _("{value} is no list identifier").format(value=quoted(identity)) if identity else _("the field is missing")
        )
        yield LIST_IDENTITY.broken(in_field("List-Id"), reason)
    message_id = document.mail.raw("message-id")
    if message_id and not MESSAGE_ID.fullmatch(message_id):
        yield MESSAGE_IDENTITY.broken(
            in_field("Message-ID"),
            _("{value} is no message identifier").format(value=quoted(message_id)),
        )
    if len(message_id) > MESSAGE_ID_MOST:
        yield MESSAGE_ID_LENGTH.broken(
            in_field("Message-ID"), _("it has {count} characters").format(count=len(message_id))
        )
