"""Puts titles into alphabetical order."""

import unicodedata


def sort_key(title: str) -> tuple[str, str]:
    """Without accents and case first; they decide between equals."""
    plain = unicodedata.normalize("NFKD", title)
    return "".join(char for char in plain if not unicodedata.combining(char)).casefold(), title
