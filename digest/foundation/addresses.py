"""Mail addresses: checked, with the domain as A-label, and folded for comparison (RFC 5321 §2.3.11, RFC 5890)."""

import re
import unicodedata
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from functools import lru_cache

from digest.errors import UsageError
from digest.foundation.catalogue import _, later

LONGEST_ADDRESS = 254  # octets: RFC 5321 §4.5.3.1.3 grants 256 with the angle brackets
LONGEST_LOCAL_PART = 64
WELL_KNOWN_DOMAINS = (
    "gmail.com",
    "hotmail.com",
    "hotmail.es",
    "outlook.com",
    "outlook.es",
    "yahoo.com",
    "yahoo.es",
    "icloud.com",
)
REAL_NEIGHBOURS = frozenset({"mail.com", "ymail.com", "email.com", "gmx.com"})  # real, and an error away from those

# What most addresses look like. email-validator judges all others: it takes fifty times as long.
_ORDINARY = re.compile(
    r"[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*"
    r"@(?:[A-Za-z0-9](?:-?[A-Za-z0-9])*\.)+[A-Za-z](?:-?[A-Za-z0-9])*[A-Za-z]",
    re.ASCII,
)
_LONGEST_ORDINARY_LABEL = 63
_MAILBOX = re.compile(r"(?P<name>[^<>]*)<(?P<address>[^<>]*)>")
_QUOTED_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')
_QUOTED_STRINGS = re.compile(rf"(?:{_QUOTED_STRING.pattern}\s*)+")
# RFC 5321 §4.1.2 and RFC 6531 §3.3, without quoting.
_ATOM = r"[^\x00-\x20\x7f()<>\[\]:;@\\,.\"]+"
_LABEL = r"[A-Za-z0-9\u00a1-\U0010ffff](?:[A-Za-z0-9_\u00a1-\U0010ffff-]{0,62})"
_SENDABLE = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})*")


@dataclass(frozen=True, slots=True)
class Address:
    """`text` is as written, its domain in lower case as A-label; `folded` is all lower case."""

    text: str
    folded: str

    @property
    def domain(self) -> str:
        return self.folded.rpartition("@")[2]


def address(text: str) -> Address:
    """Raise `ValueError` with words for a person, which follow "address: ". No name server is asked.

    Domains that are reserved for trials (`.example`, `.test`, `localhost`) are as good as others.
    """
    local, _, domain = text.rpartition("@")
    if not _is_ordinary(text, local, domain):
        _refuse_common_mistakes(text)
        local, judged_domain = _judged(f"{local}@example.org" if domain.lower() == "localhost" else text)
        domain = domain if domain.lower() == "localhost" else judged_domain
    domain = domain.lower()
    return Address(f"{local}@{domain}", f"{local.lower()}@{domain}")


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedAddress:
    """A display name and an address (ASCII, the domain as A-label)."""

    name: str
    address: str


def mailbox(text: str) -> NamedAddress:
    """`Migration Bulletin <bulletin@example.org>`, or an address alone. Raise `ValueError` as `address` does."""
    found = _MAILBOX.fullmatch(text)
    if found is None and ("<" in text or ">" in text):
        raise ValueError(_("must be one name and one address, such as 'Migration Bulletin <bulletin@example.org>'"))
    if found is None:
        return NamedAddress(name="", address=address(text).text)
    name = _unquoted(found["name"].strip())
    if "=?" in name:
        name = _decoded(name)
    return NamedAddress(name=name, address=address(found["address"].strip()).text)


def _unquoted(name: str) -> str:
    """As mail programs read it (RFC 5322 §3.2.4): neither quotation marks around it nor backslashes are part of it. A
    cell of a spreadsheet that was saved as CSV doubles the marks within.
    """
    if re.fullmatch(r'"(?:[^"]|"")*"', name) and '""' in name[1:-1]:
        return name[1:-1].replace('""', '"').strip()
    if _QUOTED_STRINGS.fullmatch(name):
        name = " ".join(one.strip() for one in _QUOTED_STRING.findall(name))
        return re.sub(r"\\(.)", r"\1", name).strip()
    return re.sub(r"\\([\"\\])", r"\1", name)


def _decoded(name: str) -> str:
    """A name that was copied out of a mail's source (RFC 2047)."""
    try:
        decoded = str(make_header(decode_header(name)))
    except (HeaderParseError, LookupError, ValueError):
        decoded = ""
    if not decoded.strip() or "=?" in decoded or any(unicodedata.category(char)[0] == "C" for char in decoded):
        raise ValueError(
            _("{name!r} is a name as it stands in a mail's source; write it as readers shall see it").format(name=name)
        )
    return decoded.strip()


def folded_address(written: str) -> str:
    """What a person wrote on the command line, as it compares. Raise `UsageError` for what cannot be an address."""
    try:
        return mailbox(written.strip()).address.lower()
    except ValueError as error:
        raise UsageError(written, str(error), _("write one address, such as ana@example.org")) from error


def is_sendable(address: str) -> bool:
    """Whether it may stand in MAIL FROM and RCPT TO as it is: checked once more before it goes into a command."""
    if not _SENDABLE.fullmatch(address) or "=?" in address:
        return False
    # Beyond ASCII nothing that is invisible, a space, unassigned, or no character at all.
    if not address.isascii() and any(unicodedata.category(char)[0] in "CZ" for char in address):
        return False
    return len(address.encode()) <= LONGEST_ADDRESS


@lru_cache(maxsize=4096)
def meant_domain(domain: str) -> str | None:
    """The well-known domain that was probably meant. A guess: never more than a warning."""
    from rapidfuzz.distance import OSA  # 6 ms: only for subscribers

    if domain in WELL_KNOWN_DOMAINS or domain in REAL_NEIGHBOURS:
        return None
    return next((known for known in WELL_KNOWN_DOMAINS if OSA.distance(domain, known, score_cutoff=1) == 1), None)


def _refuse_common_mistakes(text: str) -> None:
    _refuse_strange_characters(text)
    local, at, domain = text.rpartition("@")
    for wrong, said in (
        (not text.strip(), later("is empty")),
        (text != text.strip(), later("there is a space before or after it; take it out")),
        (text.endswith("."), later("there is a dot at its end; take it out")),
        ("<" in text or ">" in text, later("write the address alone, without a name and without '<' and '>'")),
        (text.lower().startswith("mailto:"), later("write the address alone, without 'mailto:'")),
        ("@" in local or "," in text or ";" in text, later("there is more than one address here; write a single one")),
        (not at, later("there is no '@' in it")),
        (not local, later("there is nothing before the '@'")),
        (not domain, later("there is nothing after the '@'")),
        (len(text.split()) > 1, later("there is a space or line break inside it; take it out")),
        ("=?" in local or "?=" in local, later("'=?' begins an encoded word in a header, and no address")),
        (
            not local.isascii(),
            later("most mail servers refuse letters such as 'ñ' before the '@'; ask for another address"),
        ),
        (len(local) > LONGEST_LOCAL_PART, later("the part before the '@' is longer than {most} characters")),
        (len(text) > LONGEST_ADDRESS, later("is longer than {most} characters")),
    ):
        if wrong:
            most = LONGEST_LOCAL_PART if len(local) > LONGEST_LOCAL_PART else LONGEST_ADDRESS
            raise ValueError(_(said).format(most=most))


def _refuse_strange_characters(text: str) -> None:
    """What came along from a web page or a spreadsheet: the address is right without it."""
    for place, char in enumerate(text, 1):
        kind, name = unicodedata.category(char), unicodedata.name(char, "")
        if kind[0] in "CZ" and char not in " \t\r\n":
            raise ValueError(_("{character}, which nobody sees; take it out").format(character=_shown(place, char)))
        if kind in ("Pi", "Pf"):
            raise ValueError(_("{character}; take it out").format(character=_shown(place, char)))
        if kind[0] == "L" and not name.startswith("LATIN") and _stands_among_latin(text, place - 1):
            said = _("{character}, which only looks like another letter; write it anew")
            raise ValueError(said.format(character=_shown(place, char)))


def _shown(place: int, char: str) -> str:
    name = unicodedata.name(char, "") or _("a character without a name")
    return _("character {place} is U+{code:04X} {name}").format(place=place, code=ord(char), name=name)


def _stands_among_latin(text: str, place: int) -> bool:
    """Whether the letters around it, up to the next dot or '@', are others: nobody writes one word in two scripts."""
    before = re.split(r"[.@]", text[:place])[-1]
    behind = re.split(r"[.@]", text[place + 1 :])[0]
    return any(char.isascii() and char.isalpha() for char in before + behind)


def _is_ordinary(text: str, local: str, domain: str) -> bool:
    return (
        _ORDINARY.fullmatch(text) is not None
        and len(text) <= LONGEST_ADDRESS
        and len(local) <= LONGEST_LOCAL_PART
        and "--" not in domain
        and all(len(label) <= _LONGEST_ORDINARY_LABEL for label in domain.split("."))
    )


def _judged(text: str) -> tuple[str, str]:
    """Local part and domain in ASCII."""
    from email_validator import EmailNotValidError, validate_email  # 40 ms: only for unusual addresses

    try:
        checked = validate_email(text, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        said = str(error)
        raise ValueError(f"{said[0].lower()}{said[1:].rstrip('.')}") from error
    local, _, domain = (checked.ascii_email or "").rpartition("@")
    return local, domain
