"""Finds a template set by its name and takes a picture of it: files, catalogues, fingerprint."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from digest.errors import ConfigurationError
from digest.rendering.locating import data_folder

PARTS = ("edition.mjml", "edition.txt", "subject.txt")
STANDARD = "bulletin"

_COMPILERS = ("mjml-python", "jinja2", "babel")
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateSet:
    """A set as it was when it was read. `files` are (name, text), `catalogues` (language, text of a `.po` file); of
    one language the later catalogue wins. `folder` is for messages only.
    """

    name: str
    folder: Path
    files: tuple[tuple[str, str], ...]
    catalogues: tuple[tuple[str, str], ...]

    def part(self, name: str) -> str:
        return dict(self.files)[name]

    @property
    def fingerprint(self) -> str:
        """SHA-256 over all texts and the versions of the libraries that turn them into bytes."""
        found = hashlib.sha256()
        compilers = [(name, version(name)) for name in _COMPILERS]
        for name, text in (*compilers, *self.files, *self.catalogues):
            for part in (name.encode(), text.encode()):
                found.update(len(part).to_bytes(8, "big"))
                found.update(part)
        return found.hexdigest()


class Templates:
    """The workspace's template sets (`workspace` may be `None` or missing), then those that ship with the program."""

    def __init__(self, workspace: Path | None, shipped: Path | None = None) -> None:
        shipped = data_folder("templates") if shipped is None else shipped
        self._roots = (shipped,) if workspace is None else (workspace, shipped)

    def names(self) -> tuple[str, ...]:
        found = {part.parent.name for root in self._roots for part in root.glob(f"*/{PARTS[0]}")}
        return tuple(sorted(found))

    def read(self, name: str) -> TemplateSet:
        """Raise `ConfigurationError` when there is no such set, a file of it is missing or is not UTF-8."""
        folder = self._folder(name)
        files = tuple((path.name, _text(path)) for path in sorted(folder.iterdir()) if path.is_file())
        missing = sorted(set(PARTS) - {name for name, _ in files})
        if missing:
            raise ConfigurationError(str(folder), f"the template set has no {', '.join(missing)}", "add the file")
        return TemplateSet(name=name, folder=folder, files=files, catalogues=tuple(self._catalogues(name)))

    def _folder(self, name: str) -> Path:
        if _NAME.fullmatch(name):
            for root in self._roots:
                if (root / name).is_dir():
                    return root / name
        raise ConfigurationError(
            f"template {name!r}", "there is no such template set", f"choose one of: {', '.join(self.names())}"
        )

    def _catalogues(self, name: str) -> Iterator[tuple[str, str]]:
        """The standard set's words serve every set; a set's own come after them, the workspace's last."""
        for domain in dict.fromkeys((STANDARD, name)):
            for root in reversed(self._roots):
                for path in sorted(root.glob(f"locale/*/LC_MESSAGES/{domain}.po")):
                    yield path.parent.parent.name, _text(path)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigurationError(str(path), f"not UTF-8 at byte {error.start}", "save the file as UTF-8") from error
