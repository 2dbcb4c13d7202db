"""How staff call variants and languages, in English."""

from babel import Locale

from digest.model.edition import Variant
from digest.model.newsletter import Newsletter


def variant_title(newsletter: Newsletter, variant: Variant) -> str:
    """`Guatemala – Spanish`."""
    titles = [newsletter.audience(name).title(newsletter.languages[0]) for name in variant.audiences]
    return f"{', '.join(titles)} – {language_name(variant.language)}"


def language_name(language: str) -> str:
    """`Spanish`."""
    return str(Locale.parse("en").languages.get(language.replace("-", "_"), language))
