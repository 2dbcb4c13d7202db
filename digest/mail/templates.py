"""Template sets: found by their name, file by file, and read as they are; copied to where people can change them."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from digest.errors import CannotWriteError, ConfigurationError, UsageError
from digest.foundation.catalogue import _, later
from digest.foundation.files import data_folder
from digest.foundation.names import TEMPLATE_SET
from digest.foundation.problems import Place

EDITION, TEXT, SUBJECT = "edition.mjml", "edition.txt", "subject.txt"
PARTS = (EDITION, TEXT, SUBJECT)
STANDARD = "bulletin"
UNBOUNDED = later("look for loops inside loops, and for texts that grow with every turn")  # where a set takes too much
SHARED = "shared"  # the folder of the parts that all sets use, unless they have their own
_COMPILERS = ("mjml-python", "jinja2", "babel")
_INCLUDE = re.compile(r"""<mj-include\s+path=(?:"([^"]*)"|'([^']*)')\s*(?:/>|>\s*</mj-include>)""")
_DEEPEST = 8


@dataclass(frozen=True, slots=True)
class TemplateSource:
    """A whole template. `places` tells for each of its lines in which file it stands."""

    text: str
    places: tuple[Place, ...]

    def place(self, line: int) -> Place:
        """Of a line counted from 1; beyond the end, the last one's."""
        return self.places[min(max(line, 1), len(self.places)) - 1]


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateSet:
    """A set as it was when it was read. `files` are (name, text), `catalogues` (language, text of a `.po` file); of
    one language the later catalogue wins. `paths` tell where each file was found, for messages only; `own` says that
    one of them, or of the catalogues, is the workspace's; `changed` are those files.
    """

    name: str
    files: tuple[tuple[str, str], ...]
    catalogues: tuple[tuple[str, str], ...]
    paths: tuple[tuple[str, Path], ...]
    own: bool
    changed: tuple[Path, ...] = ()

    def part(self, name: str) -> str:
        """The text of a file, with what it includes."""
        return self.source(name).text

    def source(self, name: str) -> TemplateSource:
        return whole(name, dict(self.files))

    def path(self, name: str) -> Path:
        return dict(self.paths)[name]

    @property
    def budget(self) -> int | None:
        """The bytes of HTML that the set's `budget.txt` allows a mail; beyond, its last stories are condensed."""
        text = dict(self.files).get("budget.txt")
        if text is None:
            return None
        if not text.strip().isdecimal() or not int(text):
            raise ConfigurationError(str(self.path("budget.txt")), _("it holds no number of bytes"), _("write 30000"))
        return int(text)

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
    """The workspace's template sets (`workspace` may be `None` or missing), and those that ship with the program.

    A set is put together file by file: the shared parts, then the set's own, each first as shipped, then as the
    workspace has them; of files with the same name the last one counts. So one changed part is enough.
    """

    def __init__(self, workspace: Path | None, shipped: Path | None = None) -> None:
        self._shipped = data_folder("templates") if shipped is None else shipped
        self._workspace = workspace

    def names(self) -> tuple[str, ...]:
        found = {part.parent.name for root in self._roots() for part in root.glob(f"*/{PARTS[0]}")}
        return tuple(sorted(found - {SHARED}))

    def own_files(self, name: str) -> tuple[Path, ...]:
        """What the workspace has in the place of, or beside, the shipped files of the set."""
        return tuple(path for path in self._paths(name).values() if self._is_own(path))

    def read(self, name: str) -> TemplateSet:
        """Raise `ConfigurationError` when there is no such set, a file of it is missing or is not UTF-8."""
        if (
            not TEMPLATE_SET.fullmatch(name)
            or name == SHARED
            or not any((root / name).is_dir() for root in self._roots())
        ):
            raise ConfigurationError(
                _("template {name!r}").format(name=name),
                _("there is no such template set"),
                _("choose one of: {names}").format(names=", ".join(self.names())),
            )
        paths = self._paths(name)
        missing = sorted(set(PARTS) - paths.keys())
        if missing:
            folder = next(root / name for root in reversed(self._roots()) if (root / name).is_dir())
            raise ConfigurationError(
                str(folder), _("the template set has no {files}").format(files=", ".join(missing)), _("add the file")
            )
        catalogues = tuple(self._catalogues(name))
        for path in (*paths.values(), *catalogues):
            self._refuse_leading_out(path)
        return TemplateSet(
            name=name,
            files=tuple((file, _text(path)) for file, path in paths.items()),
            catalogues=tuple((path.parent.parent.name, _text(path)) for path in catalogues),
            paths=tuple(paths.items()),
            own=any(map(self._is_own, (*paths.values(), *catalogues))),
            changed=tuple(filter(self._is_own, paths.values())),
        )

    def shipped_files(self, name: str) -> dict[str, tuple[Path, ...]]:
        """The files of a shipped set by folder, the shared parts among them: what can be copied to be changed. Empty
        when no such set ships with the program.
        """
        if not TEMPLATE_SET.fullmatch(name) or name == SHARED or not (self._shipped / name / PARTS[0]).is_file():
            return {}
        return {folder: tuple(_files(self._shipped / folder)) for folder in (name, SHARED)}

    def _roots(self) -> tuple[Path, ...]:
        return (self._shipped,) if self._workspace is None else (self._shipped, self._workspace)

    def _paths(self, name: str) -> dict[str, Path]:
        found = {path.name: path for part in (SHARED, name) for root in self._roots() for path in _files(root / part)}
        return dict(sorted(found.items()))

    def _refuse_leading_out(self, path: Path) -> None:
        """A link could put any file of the machine into every mail."""
        if self._workspace is None or not self._is_own(path):
            return
        if not path.resolve().is_relative_to(self._workspace.parent.resolve() / self._workspace.name):
            raise ConfigurationError(
                str(path),
                _("this link leads out of the templates, to {path}").format(path=path.resolve()),
                _("put the file itself there"),
            )

    def _is_own(self, path: Path) -> bool:
        return self._workspace is not None and path.is_relative_to(self._workspace)

    def _catalogues(self, name: str) -> Iterator[Path]:
        """The standard set's words serve every set; a set's own come after them, the workspace's last."""
        for domain in dict.fromkeys((STANDARD, name)):
            for root in self._roots():
                yield from sorted(root.glob(f"locale/*/LC_MESSAGES/{domain}.po"))


def _files(folder: Path) -> Iterator[Path]:
    """Without hidden files and the copies that editors keep."""
    if folder.is_dir():
        yield from (each for each in sorted(folder.iterdir()) if each.is_file() and each.name[0] not in ".~#")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigurationError(
            str(path), _("not UTF-8 at byte {number}").format(number=error.start), _("save the file as UTF-8")
        ) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Ejected:
    """`kept` were there already and were not touched."""

    written: tuple[Path, ...]
    kept: tuple[Path, ...]


def eject(templates: Templates, name: str, target: Path) -> Ejected:
    """Copy the files of the set into `target`, each into the folder of its name. Raise `UsageError` when no such set
    ships with the program, `CannotWriteError` when a file cannot be written.
    """
    shipped = templates.shipped_files(name)
    if not shipped:
        raise UsageError(
            name,
            _("no such set ships with the program"),
            _("name one of: {names}").format(names=", ".join(templates.names())),
        )
    written, kept = [], []
    for folder, paths in shipped.items():
        for path in paths:
            place = target / folder / path.name
            try:
                place.parent.mkdir(parents=True, exist_ok=True)
                with place.open("xb") as file:
                    file.write(path.read_bytes())
            except FileExistsError:
                kept.append(place)
            except OSError as error:
                raise CannotWriteError(str(place), error.strerror or str(error), _("choose another --to")) from error
            else:
                written.append(place)
    return Ejected(written=tuple(written), kept=tuple(kept))


# -- Parts of a template, put where `<mj-include path="…" />` asks for them. The compiler could include too, but then
# neither its errors nor Jinja's would name a file and a line.


def whole(name: str, files: Mapping[str, str]) -> TemplateSource:
    """The file with all its parts. Raise `ConfigurationError`, with the place, for a part that is not there, and for
    parts that include each other.
    """
    lines = _lines(name, files, ())
    return TemplateSource("\n".join(text for text, _ in lines), tuple(place for _, place in lines))


def _lines(name: str, files: Mapping[str, str], above: tuple[str, ...]) -> list[tuple[str, Place]]:
    found: list[tuple[str, Place]] = []
    for number, line in enumerate(files[name].split("\n"), start=1):
        place = Place(name, number)
        found.append(("", place))
        rest = 0
        for include in _INCLUDE.finditer(line):
            part = include[1] or include[2] or ""
            _refuse(part, place, files, (*above, name))
            _append(found, line[rest : include.start()])
            first, *others = _lines(part, files, (*above, name))
            before, here = found[-1]
            found[-1] = (before + first[0], here if before.strip() else first[1])
            found += others
            rest = include.end()
        _append(found, line[rest:])
    return found


def _append(lines: list[tuple[str, Place]], text: str) -> None:
    before, place = lines[-1]
    lines[-1] = (before + text, place)


def _refuse(part: str, place: Place, files: Mapping[str, str], above: tuple[str, ...]) -> None:
    if part not in files:
        raise ConfigurationError(
            str(place),
            _("the set has no part {part!r}").format(part=part),
            _("include a file of the set or of templates/shared by its name"),
        )
    if part in above or len(above) > _DEEPEST:
        raise ConfigurationError(
            str(place), _("{part!r} includes itself").format(part=part), _("take the <mj-include> out")
        )
