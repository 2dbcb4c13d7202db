"""Sources written into `digest.yaml`, each as a line of its own; whatever else stands in the file stays as it is."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from digest.errors import CannotWriteError, ConfigurationError
from digest.foundation.catalogue import _
from digest.foundation.files import replace_whole
from digest.foundation.yaml import parse_yaml
from digest.intake.settings import SourceSettings
from digest.settings.loading import load_settings


def source_line(source: SourceSettings) -> str:
    """Of a feed: `press: {type: feed, url: "https://example.org/feed.xml"}`."""
    keys = [f"type: {source.kind}", f"url: {_quoted(source.url)}"]
    keys += [f"language: {_quoted(source.language)}"] if source.language else []
    keys += [f"allow_networks: [{', '.join(map(_quoted, source.allow_networks))}]"] if source.allow_networks else []
    return f"{source.name}: {{{', '.join(keys)}}}"


def add_sources(path: Path, lines: Sequence[str]) -> None:
    """Below the last source, indented like it. The file is written only if the settings in it are right afterwards."""
    before = path.read_bytes()
    after = "".join(_with(path, before, lines)).encode()
    trial, mode = path.with_name(f".{path.name}.trial"), path.stat().st_mode & 0o777
    try:
        replace_whole(trial, after, mode=mode)
        try:
            load_settings(trial)
        finally:
            trial.unlink()
        replace_whole(path, after, mode=mode)
    except ConfigurationError as error:
        cause = _("with these sources the settings would hold a mistake: {cause}").format(cause=error.cause)
        raise ConfigurationError(path.name, cause, _("nothing was written: mend it, and try again")) from error
    except OSError as error:
        raise CannotWriteError(str(path), error.strerror or str(error), _("make the folder writable")) from error


def _with(path: Path, before: bytes, lines: Sequence[str]) -> Iterator[str]:
    root = parse_yaml(path, before).root.value
    section = root.get("sources") if isinstance(root, dict) else None
    named = section[1].value if section is not None else None
    if not isinstance(root, dict) or section is None or not isinstance(named, dict) or not named:
        raise ConfigurationError(path.name, _("its sources cannot be found"), _remedy(lines))
    first = min((key for key, _value in named.values()), key=lambda key: key.line)
    if first.line == section[0].line:
        raise ConfigurationError(path.name, _("its sources stand in one line"), _remedy(lines))
    written = before.decode("utf-8").splitlines(keepends=True)
    end = min((key.line - 1 for key, _value in root.values() if key.line > section[0].line), default=len(written))
    while not written[end - 1].strip() or written[end - 1].startswith("#"):
        end -= 1
    newline = "\r\n" if written[0].endswith("\r\n") else "\n"
    yield from written[: end - 1]
    yield written[end - 1].rstrip("\r\n") + newline
    for line in lines:
        yield f"{' ' * (first.column - 1)}{line}{newline}"
    yield from written[end:]


def _remedy(lines: Sequence[str]) -> str:
    return _("write under sources: yourself: {lines}").format(lines="\n".join(("", *lines)))


def _quoted(value: str | None) -> str:
    """Words such as `no` mean something else without quotes."""
    return json.dumps(value, ensure_ascii=False)
