"""Loads `digest.yaml`: reads it, checks it, and tells all its mistakes at once."""

from collections.abc import Collection
from collections.abc import Set as AbstractSet
from itertools import islice
from pathlib import Path

from pydantic import ValidationError

from digest.errors import ConfigurationError
from digest.foundation.catalogue import _
from digest.foundation.mistakes import MOST_TOLD, Mistake, as_error, mistakes_in
from digest.foundation.yaml import read_yaml
from digest.settings.settings import FileKeys, Settings, cross_checks, settings_of

CATALOGUES = ("en", "es")


def load_settings(
    path: Path,
    *,
    known_languages: Collection[str] = CATALOGUES,
    known_countries: AbstractSet[str] | None = None,
    known_topics: AbstractSet[str] | None = None,
) -> Settings:
    """Raise `ConfigurationError` with one line per mistake, `digest.yaml:14:5: audiences.x.contries: unknown key, …`.

    `known_countries` and `known_topics` come from the taxonomy; `None` leaves country codes and topics unchecked.
    Paths are joined to the folder of the file; nothing else on the disk is looked at.
    """
    document = read_yaml(path)
    written = document.root.plain()
    if not isinstance(written, dict):
        raise ConfigurationError(
            f"{path.name}:1:1", _("the settings must be keys, such as 'publisher:' and 'sources:'")
        )
    keys: FileKeys | None = None
    mistakes: list[Mistake] = []
    try:
        keys = FileKeys.model_validate(written)
    except ValidationError as error:
        mistakes += islice(mistakes_in(error, FileKeys), MOST_TOLD + 1)
    clashes = cross_checks(written, languages=known_languages, countries=known_countries, topics=known_topics)
    mistakes += islice(clashes, MOST_TOLD + 1)
    if keys is None or mistakes or document.problems:
        raise as_error(path.name, document.root, mistakes, document.problems)
    return settings_of(keys, path.parent)
