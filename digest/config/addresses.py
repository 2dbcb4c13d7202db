"""Mail addresses: checked, with the domain as A-label, and folded for comparison (RFC 5321 §2.3.11, RFC 5890)."""

import re
from dataclasses import dataclass

from digest.model.newsletter import Mailbox

LONGEST_ADDRESS = 254  # as written; email-validator counts again what it turned into A-labels
LONGEST_LOCAL_PART = 64

# What most addresses look like. email-validator judges all others: it takes fifty times as long.
_ORDINARY = re.compile(
    r"[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*"
    r"@(?:[A-Za-z0-9](?:-?[A-Za-z0-9])*\.)+[A-Za-z](?:-?[A-Za-z0-9])*[A-Za-z]",
    re.ASCII,
)
_LONGEST_ORDINARY_LABEL = 63
_MAILBOX = re.compile(r"(?P<name>[^<>]*)<(?P<address>[^<>]*)>")


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


def mailbox(text: str) -> Mailbox:
    """`Migration Bulletin <bulletin@example.org>`, or an address alone. Raise `ValueError` as `address` does."""
    found = _MAILBOX.fullmatch(text)
    if found is None and ("<" in text or ">" in text):
        raise ValueError("must be one name and one address, such as 'Migration Bulletin <bulletin@example.org>'")
    if found is None:
        return Mailbox(name="", address=address(text).text)
    name = found["name"].strip()
    if len(name) > 1 and name[0] == name[-1] == '"':
        name = name[1:-1].strip()
    return Mailbox(name=name, address=address(found["address"].strip()).text)


def _refuse_common_mistakes(text: str) -> None:
    local, at, domain = text.rpartition("@")
    for wrong, said in (
        (not text.strip(), "is empty"),
        (text != text.strip(), "there is a space before or after it; take it out"),
        (text.endswith("."), "there is a dot at its end; take it out"),
        ("<" in text or ">" in text, "write the address alone, without a name and without '<' and '>'"),
        (text.lower().startswith("mailto:"), "write the address alone, without 'mailto:'"),
        ("@" in local or "," in text or ";" in text, "there is more than one address here; write a single one"),
        (not at, "there is no '@' in it"),
        (not local, "there is nothing before the '@'"),
        (not domain, "there is nothing after the '@'"),
        (len(text.split()) > 1, "there is a space or line break inside it; take it out"),
        (not local.isascii(), "most mail servers refuse letters such as 'ñ' before the '@'; ask for another address"),
        (len(local) > LONGEST_LOCAL_PART, f"the part before the '@' is longer than {LONGEST_LOCAL_PART} characters"),
        (len(text) > LONGEST_ADDRESS, f"is longer than {LONGEST_ADDRESS} characters"),
    ):
        if wrong:
            raise ValueError(said)


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
    from email_validator import EmailNotValidError, validate_email

    try:
        checked = validate_email(text, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        said = str(error)
        raise ValueError(f"{said[0].lower()}{said[1:].rstrip('.')}") from error
    local, _, domain = (checked.ascii_email or "").rpartition("@")
    return local, domain
