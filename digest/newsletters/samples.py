"""What `digest init` writes where nobody has answered yet. No mail that holds one of these is approved."""

from collections.abc import Mapping

SAMPLES: Mapping[str, tuple[str, str]] = {  # in English and in Spanish
    "publisher": ("Name of your office", "Nombre de su oficina"),
    "address": ("Postal address of your office", "Dirección postal de su oficina"),
    "website": ("https://www.your-office.example", "https://www.su-oficina.example"),
    "sender": ("bulletin@your-office.example", "boletin@su-oficina.example"),
}
_FORMER: Mapping[str, tuple[str, ...]] = {  # of workspaces that an earlier version made
    "address": ("P.O. Box 100, San José, Costa Rica",),
    "sender": ("bulletin@example.org", "boletin@example.org"),
}


def is_sample(field: str, written: str) -> bool:
    """Whether it is what `digest init` put there, and no person's answer."""
    said = " ".join(written.split()).casefold().rstrip("/")
    return said in {each.casefold() for each in (*SAMPLES[field], *_FORMER.get(field, ()))}
