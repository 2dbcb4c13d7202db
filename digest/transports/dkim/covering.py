"""Which header fields a signature covers (RFC 6376 §5.4): what a reader, a reply or an unsubscription depends on."""

from collections.abc import Sequence
from dataclasses import dataclass

from digest.errors import IntegrityError

# Named once more than they are present, so that nobody can add a second one, or a first one (RFC 6376 §8.15).
OVERSIGNED = (
    "From",
    "Reply-To",
    "Subject",
    "Date",
    "To",
    "Message-ID",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
)
# Named as often as they are present. A relay may add its own of most of these, and does no harm by it.
SIGNED = (
    "Sender",
    "Cc",
    "In-Reply-To",
    "References",
    "Content-Language",
    "List-Id",
    "List-Help",
    "List-Owner",
    "List-Subscribe",
    "List-Archive",
    "Feedback-ID",
    "Precedence",
    "Auto-Submitted",
)


@dataclass(frozen=True, slots=True)
class Covering:
    """`names` are those of `h=`; `places` are the covered fields' among the message's, in the order they are signed."""

    names: tuple[str, ...]
    places: tuple[int, ...]


def covering_of(present: Sequence[bytes]) -> Covering:
    """`present` are the names of the message's fields, in lower case, from the top. Of several fields with one name
    the lowest is signed first (§5.4.2). Raise `IntegrityError` for a message without exactly one From.
    """
    if present.count(b"from") != 1:
        raise IntegrityError("a message to be signed", "it must have exactly one From", "build the edition again")
    names: list[str] = []
    places: list[int] = []
    for name in (*OVERSIGNED, *SIGNED):
        wanted = name.lower().encode("ascii")
        found = [place for place, each in enumerate(present) if each == wanted]
        names += [name] * (len(found) + (name in OVERSIGNED))
        places += reversed(found)
    return Covering(tuple(names), tuple(places))
