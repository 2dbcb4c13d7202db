"""What is promised of every source, as tests for pytest: of the kinds that are here, and of those of other packages.

Write a class whose name begins with `Test` and which inherits from `SourceContract` (for any source) or
`ExtensionContract` (for an extension), say in it how a source is made and how it is spoiled, and let pytest find it.
"""

import re
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, date
from pathlib import Path
from typing import Any, ClassVar

from pydantic import ValidationError

from digest.foundation.problems import Severity
from digest.intake.collecting import Source
from digest.intake.extensions import OURS, ExtensionSettings
from digest.intake.item import FoundItem, Reading
from digest.intake.sources.cleaning import clean
from digest.intake.sources.extension import Extension, ExtensionSource
from digest.intake.sources.html import sanitise
from digest.intake.sources.language import language_code

NAME = "tried"
_SECRET = re.compile(r"passw|secret|token|api_?key|credential", re.IGNORECASE)


class SourceContract(ABC):
    """`today` is the day on which the sources are read."""

    today: ClassVar[date] = date(2026, 6, 30)

    @abstractmethod
    def source(self, folder: Path) -> Source:
        """A source of the name `tried`, with one item at least; what it reads lies in the folder, or nowhere."""

    @abstractmethod
    def spoil(self, folder: Path) -> None:
        """Make that what the source reads is there no longer, or cannot be read."""

    def read(self, folder: Path) -> Reading:
        return self.source(folder).read(self.today)

    # -- What is promised.

    def test_it_has_the_name_of_the_settings_and_brings_something(self, tmp_path: Path) -> None:
        source, reading = self.source(tmp_path), self.read(tmp_path)
        assert source.name == reading.source == NAME
        assert reading.items, "there is no item"
        assert reading.complete, "it says that it could not be read"
        assert {item.source for item in reading.items} == {NAME}
        assert not [str(one) for one in reading.problems if one.severity is Severity.ERROR]

    def test_read_again_it_brings_the_same_in_the_same_order(self, tmp_path: Path) -> None:
        source = self.source(tmp_path)
        assert source.read(self.today).items == source.read(self.today).items

    def test_dates_are_days_in_the_calendar(self, tmp_path: Path) -> None:
        """Never instants: at midnight in London it is yesterday in San José."""
        assert {type(item.published_on) for item in self.read(tmp_path).items} == {date}

    def test_languages_are_codes(self, tmp_path: Path) -> None:
        languages = {item.language for item in self.read(tmp_path).items}
        assert languages == {language_code(one) for one in languages}

    def test_texts_are_clean(self, tmp_path: Path) -> None:
        """One line each, without characters that steer a display; nothing in the HTML acts or loads."""
        for item in self.read(tmp_path).items:
            assert item.text.title.strip(), f"{item.place}: an item has no title"
            for text in _texts(item):
                assert clean(text, Counter()).strip() == text, f"{item.place}: {text!r} is not clean"
            html = item.text.html
            assert html is None or sanitise(html, Counter()) == html, f"{item.place}: its HTML is not clean"

    def test_no_two_items_have_one_id(self, tmp_path: Path) -> None:
        ids = Counter(item.given_id for item in self.read(tmp_path).items if item.given_id)
        assert {id_ for id_, times in ids.items() if times > 1} == set()

    def test_what_cannot_be_read_is_an_error_that_says_what_to_do(self, tmp_path: Path) -> None:
        """It is told, never raised."""
        source = self.source(tmp_path)
        self.spoil(tmp_path)
        errors = [one for one in source.read(self.today).problems if one.severity is Severity.ERROR]
        assert errors, "nothing is told of it"
        for error in errors:
            assert error.cause, "nothing says what is wrong"
            assert error.remedy, f"“{error.cause}”: nothing says what to do"

    def test_what_cannot_be_read_takes_no_item_back(self, tmp_path: Path) -> None:
        """Items that were read before stay, when their source is away."""
        source = self.source(tmp_path)
        before = source.read(self.today)
        self.spoil(tmp_path)
        after = source.read(self.today)
        assert not after.complete or after.keeps or {item.place.file for item in before.items} <= after.unread


class ExtensionContract(SourceContract):
    """`extension` is the class that the entry point names."""

    extension: ClassVar[type[Extension]]

    @abstractmethod
    def settings(self, folder: Path) -> Mapping[str, Any]:
        """What `digest.yaml` in the folder says of the source, beside `type` and `language`; what it reads is there."""

    def source(self, folder: Path) -> Source:
        keys = self.extension.keys.model_validate(self.settings(folder))
        return ExtensionSource(
            name=NAME,
            settings=ExtensionSettings(package="the package", extension=self.extension, keys=keys),
            folder=folder,
            zone=UTC,
            language=None,
            fallback_language="en",
        )

    def test_its_keys_say_what_they_mean(self) -> None:
        fields = self.extension.keys.model_fields
        assert [name for name, field in fields.items() if not field.description] == [], "these have no description"

    def test_what_every_source_has_is_none_of_its_keys(self) -> None:
        assert [name for name in OURS if name in self.extension.keys.model_fields] == []

    def test_no_secret_stands_in_the_settings(self) -> None:
        """Many people read digest.yaml: name a file or an environment variable that holds it."""
        named = [name for name in self.extension.keys.model_fields if _SECRET.search(name)]
        assert [name for name in named if not name.endswith(("_file", "_env"))] == []

    def test_an_unknown_key_is_refused(self, tmp_path: Path) -> None:
        with suppress(ValidationError):
            self.extension.keys.model_validate({**self.settings(tmp_path), "no_such_key": "1"})
            raise AssertionError("a key that does not exist is let pass: inherit from Keys, or forbid extra keys")


def _texts(item: FoundItem) -> Iterator[str]:
    text = item.text
    yield from (text.title, *text.paragraphs)
    yield from filter(None, (text.summary, text.link, text.image, text.image_alt, text.author, item.given_id))
