"""The known countries and topics: their titles, and the terms that are evidence for them."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from digest.errors import ConfigurationError
from digest.model.tag import TagKind
from digest.tagging.terms import Terms

PACKAGED = Path(__file__).with_name("taxonomy.yaml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Taxonomy:
    """`fingerprint` is the SHA-256 of the file, hex; `titles` are by kind, value and language."""

    fingerprint: str
    titles: Mapping[TagKind, Mapping[str, Mapping[str, str]]]
    terms: Terms

    @property
    def countries(self) -> frozenset[str]:
        """The ISO codes, also of countries that are never guessed."""
        return frozenset(self.titles[TagKind.COUNTRY])

    @property
    def topics(self) -> frozenset[str]:
        return frozenset(self.titles[TagKind.TOPIC])

    def country_title(self, code: str, language: str) -> str:
        """The heading of the country's section: in English when there is none in `language`, and the code itself when
        the country is unknown (an old item may carry a tag that the file has no more).
        """
        return self._title(TagKind.COUNTRY, code, language)

    def topic_title(self, slug: str, language: str) -> str:
        """The heading of the topic's section; for what is missing, see `country_title`."""
        return self._title(TagKind.TOPIC, slug, language)

    def _title(self, kind: TagKind, value: str, language: str) -> str:
        titles = self.titles[kind].get(value, {})
        return titles.get(language) or titles.get("en") or next(iter(titles.values()), value)


def load(path: Path | None = None) -> Taxonomy:
    """Load a taxonomy file, by default the packaged one. Raise `ConfigurationError` with all its mistakes at once."""
    from digest.tagging.definitions import Definitions  # YAML takes a while, and many commands load no taxonomy
    from digest.tagging.sheet import Sheet

    file = PACKAGED if path is None else path
    try:
        content = file.read_bytes()
    except OSError as error:
        cause = f"cannot be read: {error.strerror}"
        raise ConfigurationError(str(file), cause, "name a taxonomy file that exists") from error
    sheet = Sheet(file, content)
    definitions = Definitions(sheet)
    definitions.read()
    sheet.finish()
    return Taxonomy(fingerprint=hashlib.sha256(content).hexdigest(), titles=definitions.titles, terms=definitions.terms)
