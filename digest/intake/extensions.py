"""Kinds of sources that other packages bring: found by the entry points of the group `digest.sources`, and loaded only
where the settings name one. Whatever such a package does wrong is a bad source and no more.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from digest.foundation.catalogue import later
from digest.foundation.mistakes import Mistake, mistakes_in
from digest.foundation.words import excerpt_without_addresses, listed

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "digest.sources"
OURS = ("type", "language")  # keys that each source has, whatever its kind


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtensionSettings:
    """`extension` is the class that the package brings, and `keys` is what its model made of the settings; without
    them, `fault` says why there are none. `package` is its name and version.
    """

    package: str
    extension: Any = None
    keys: BaseModel | None = None
    fault: str = ""


def extension_kinds() -> Sequence[str]:
    """Those of the packages that are installed here."""
    return sorted({point.name for point in _points(tuple(sys.path))})


def extension_settings(kind: str, written: Mapping[str, Any]) -> ExtensionSettings:
    """Of settings without mistakes."""
    return _settled(kind, written)[0]


def extension_mistakes(kind: str, written: Mapping[str, Any]) -> Sequence[Mistake]:
    """By the model of the package, with paths from the source on."""
    return _settled(kind, written)[1]


def fault_of(error: BaseException) -> str:
    """An exception of others in one line."""
    said = excerpt_without_addresses(str(error))
    return f"{type(error).__name__}: {said}" if said else type(error).__name__


def _settled(kind: str, written: Mapping[str, Any]) -> tuple[ExtensionSettings, Sequence[Mistake]]:
    points = [point for point in _points(tuple(sys.path)) if point.name == kind]
    packages = listed(sorted({_package(point) for point in points}), "and")
    if len({point.value for point in points}) > 1:
        return ExtensionSettings(package=packages, fault=later("several packages bring this kind; only one may")), ()
    try:
        extension = points[0].load()
        model = extension.keys
        if not (isinstance(model, type) and issubclass(model, BaseModel)):
            return ExtensionSettings(package=packages, fault=later("its keys are no pydantic model")), ()
        keys = model.model_validate({name: value for name, value in written.items() if name not in OURS})
    except ValidationError as error:
        return ExtensionSettings(package=packages), [*_mistakes(error, model)]
    except (Exception, SystemExit) as error:  # noqa: BLE001 – the code of others may do anything
        return ExtensionSettings(
            package=packages, fault=later("it cannot be loaded: {fault}").format(fault=fault_of(error))
        ), ()
    return ExtensionSettings(package=packages, extension=extension, keys=keys), ()


def _mistakes(error: ValidationError, model: Any) -> Iterator[Mistake]:
    for one in mistakes_in(error, model):
        # Where a model refuses all of it together, what it says stands at the source.
        yield Mistake(one.path, one.said, at_key=one.at_key or not one.path)


def _package(point: "EntryPoint") -> str:
    return f"{point.dist.name} {point.dist.version}" if point.dist else point.module


@lru_cache(maxsize=1)
def _points(_path: tuple[str, ...]) -> Sequence["EntryPoint"]:
    """`_path` is where packages are looked for."""
    from importlib.metadata import entry_points  # 30 ms with all packages looked at: only for a kind that is not ours

    return [*entry_points(group=GROUP)]
