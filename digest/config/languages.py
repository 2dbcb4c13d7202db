"""Names of languages and countries for messages. Babel is loaded only when there is something to say."""

from collections.abc import Set as AbstractSet

from digest.policy.folding import fold

_COUNTRY_CODE_LENGTH = 2


def language_name(code: str) -> str:
    """`Spanish (es)`; the code alone when nobody knows its name."""
    from babel import Locale, UnknownLocaleError

    try:
        name = Locale.parse(code).english_name
    except (UnknownLocaleError, ValueError):
        name = None
    return f"{name} ({code})" if name else code


def country_code(written: str, known: AbstractSet[str] | None) -> str | None:
    """The code that was meant: written small, or as a name in English or Spanish, perhaps with a typing error."""
    import difflib

    from babel import Locale

    codes = {
        fold(name): code
        for language in ("es", "en")
        for code, name in Locale.parse(language).territories.items()
        if len(code) == _COUNTRY_CODE_LENGTH and (known is None or code in known)
    }
    if written.upper() in codes.values():
        return written.upper()
    near = difflib.get_close_matches(fold(written[:60]), codes, n=1, cutoff=0.8)
    return codes[near[0]] if near else None
