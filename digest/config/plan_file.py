"""Reads a plan, `plans/<newsletter>/<period>.yaml`: the editor's introduction of one edition."""

from collections.abc import Collection, Iterator
from pathlib import Path

from digest.config.mistakes import Mistake, as_error
from digest.config.showing import did_you_mean
from digest.config.yaml_file import read_yaml
from digest.errors import ConfigurationError
from digest.model.plan import Plan

KEYS = ("introduction",)


def read_plan(path: Path, languages: Collection[str]) -> Plan:
    """An empty plan when there is no such file. Raise `ConfigurationError` with all mistakes at once.

    The introduction is one text for all languages of the newsletter, or one per language.
    """
    if not path.exists():
        return Plan()
    document = read_yaml(path)
    written = document.root.plain() or {}
    if not isinstance(written, dict):
        raise ConfigurationError(f"{path.name}:1:1", "a plan holds keys, such as 'introduction:'")
    mistakes = list(_mistakes(written, languages))
    if mistakes or document.problems:
        raise as_error(path.name, document.root, mistakes, document.problems)
    said = written.get("introduction")
    texts = dict.fromkeys(languages, said) if isinstance(said, str) else said or {}
    return Plan(introduction={language: text for language, text in texts.items() if text and text.strip()})


def _mistakes(written: dict[str, object], languages: Collection[str]) -> Iterator[Mistake]:
    for key in written:
        if key not in KEYS:
            yield Mistake((key,), f"unknown key{did_you_mean(key, KEYS)}", at_key=True)
    introduction = written.get("introduction")
    if isinstance(introduction, dict):
        for language, text in introduction.items():
            if language not in languages:
                said = f"the newsletter has no such language; it has {', '.join(languages)}"
                yield Mistake(("introduction", language), said, at_key=True)
            elif text is not None and not isinstance(text, str):
                yield Mistake(("introduction", language), "must be text")
    elif introduction is not None and not isinstance(introduction, str):
        yield Mistake(("introduction",), "must be text, or one text per language")
