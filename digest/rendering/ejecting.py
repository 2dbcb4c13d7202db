"""Copies a shipped template set, with the parts it shares, to where a person can change it."""

from dataclasses import dataclass
from pathlib import Path

from digest.errors import CannotWriteError, UsageError
from digest.rendering.templates import Templates


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
        raise UsageError(name, "no such set ships with the program", f"name one of: {', '.join(templates.names())}")
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
                raise CannotWriteError(str(place), error.strerror or str(error), "choose another --to") from error
            else:
                written.append(place)
    return Ejected(written=tuple(written), kept=tuple(kept))
