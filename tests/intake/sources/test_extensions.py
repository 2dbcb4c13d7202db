"""Kinds of sources of other packages: found, asked for their keys, read, and kept from doing harm."""

import re
import sys
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest

from digest.errors import ConfigurationError, NothingUsableError
from digest.foundation.values import Keys
from digest.intake.extensions import ExtensionSettings
from digest.intake.sources.extension import Extension, ExtensionSource, ToldItem
from digest.settings.instance import Instance

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "add-a-source-of-your-own.md"
TODAY = date(2026, 6, 30)
FAILING_MODEL = """
import pydantic
class Source:
    class keys(pydantic.BaseModel):
        @pydantic.model_validator(mode="before")
        @classmethod
        def fail(cls, data):
            raise KeyError("x")
"""
ONE = ToldItem(title="Shelter opens", published_on=date(2026, 6, 3), text="It has forty beds.")


class Nothing(Keys):
    """Takes no keys."""


class Telling(Extension):
    """Tells what the test put into it."""

    keys = Nothing
    told: object = ()

    def read(self, keys, context):
        return self.told() if callable(self.told) else self.told


def _read(told, **settings):
    extension = type("Told", (Telling,), {"told": staticmethod(told) if callable(told) else told, **settings})
    return _source(ExtensionSettings(package="digest-told 1.0", extension=extension, keys=Nothing())).read(TODAY)


def _source(settings):
    return ExtensionSource(
        name="told", settings=settings, folder=Path(), zone=UTC, language=None, fallback_language="en"
    )


def _said(reading):
    return "\n".join(str(problem) for problem in reading.problems)


# -- A package that is installed.


@pytest.fixture
def install(tmp_path, monkeypatch):
    """`install(kind, module, code)` puts a package beside the others, as an installer would."""
    site = tmp_path / "site-packages"
    site.mkdir()
    monkeypatch.syspath_prepend(str(site))
    modules = set(sys.modules)

    def put(kind, module, code, attribute="Source"):
        (site / f"{module}.py").write_text(code, encoding="utf-8")
        about = site / f"{module}-1.0.dist-info"
        about.mkdir()
        (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n", encoding="utf-8")
        (about / "entry_points.txt").write_text(f"[digest.sources]\n{kind} = {module}:{attribute}\n", encoding="utf-8")

    yield put
    for name in set(sys.modules) - modules:
        del sys.modules[name]


@pytest.fixture
def read_settings(load):
    """Settings in which this source stands before a folder, at line 6."""
    return lambda source: load(("sources:\n", f"sources:\n  other: {source}\n")).sources


def test_the_example_of_the_page_keeps_the_contract_and_is_read_as_the_page_says(install, read_settings, tmp_path):
    code, tests = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    install("register", "digest_register", code, "Register")
    names: dict[str, object] = {}
    exec(compile(tests, "test_register.py", "exec"), names)  # noqa: S102 – our own page
    contract = names["TestRegister"]()
    for name in dir(contract):
        if name.startswith("test_"):
            folder = tmp_path / name
            folder.mkdir()
            test = getattr(contract, name)
            test(
                **({"tmp_path": folder} if "tmp_path" in test.__code__.co_varnames[: test.__code__.co_argcount] else {})
            )
    (source, _) = read_settings("{type: register, language: en, file: register.db}")
    contract.settings(tmp_path)
    reading = ExtensionSource(
        name=source.name, settings=source.extension, folder=tmp_path, zone=UTC, language="en", fallback_language="en"
    ).read(TODAY)
    assert (source.kind, source.language, source.extension.package) == ("register", "en", "digest_register 1.0")
    assert [item.text.title for item in reading.items] == ["Shelter opens in Tapachula", "Consulate on wheels"]
    assert reading.items[1].text.paragraphs == ("It comes to <b>Petén</b> & Izabal on Mondays.",)
    said = "sources.other.fille: unknown key, did you mean 'file'?"
    with pytest.raises(ConfigurationError, match=re.escape(said)) as error:
        read_settings("\n    type: register\n    fille: x")
    assert "digest.yaml:8:5" in str(error.value)
    assert "sources.other.file: is missing" in str(error.value)


def test_a_kind_that_is_not_installed_is_told_with_those_that_are(install, read_settings):
    install("almanac", "digest_almanac", "raise RuntimeError('is never loaded')")
    with pytest.raises(ConfigurationError) as error:
        read_settings("{type: almanack, whatever: 5}")
    assert str(error.value).startswith("digest.yaml:6:17: sources.other.type: must be one of folder, feed, page, ")
    assert "or almanac, did you mean 'almanac'?" in str(error.value)
    assert "whatever" not in str(error.value)


def test_a_package_is_loaded_only_where_the_settings_name_its_kind(install, read_settings):
    install("almanac", "digest_almanac", "raise RuntimeError('is never loaded')")
    read_settings("news/")
    assert "digest_almanac" not in sys.modules


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ("raise RuntimeError('no gears')", "it cannot be loaded: RuntimeError: no gears"),
        ("import sys; sys.exit(3)", "it cannot be loaded: SystemExit: 3"),
        ("def", "it cannot be loaded: SyntaxError: "),
        ("", "it cannot be loaded: AttributeError: "),
        ("Source = 5", "it cannot be loaded: AttributeError: "),
        ("class Source:\n    keys = dict", "its keys are no pydantic model"),
        (
            FAILING_MODEL,
            "it cannot be loaded: KeyError: 'x'",
        ),
    ],
)
def test_a_package_that_cannot_be_loaded_is_a_bad_source_and_no_mistake_in_the_settings(
    install, read_settings, code, fault
):
    install("almanac", "digest_almanac", code)
    other, newsroom = read_settings("{type: almanac, deep: 5}")
    assert (other.kind, newsroom.kind) == ("almanac", "folder")
    reading = _source(other.extension).read(TODAY)
    assert (reading.items, reading.complete) == ((), False)
    assert fault in _said(reading)
    assert "Ask whoever wrote digest_almanac 1.0" in _said(reading)


def test_two_packages_of_one_kind_are_told(install, read_settings):
    for name in ("digest_one", "digest_two"):
        install("almanac", name, "")
    other, _ = read_settings("{type: almanac}")
    assert "digest_one 1.0 and digest_two 1.0" in _said(_source(other.extension).read(TODAY))


def test_a_name_of_ours_stays_ours(install, read_settings):
    install("folder", "digest_folder", "raise RuntimeError('is never loaded')")
    assert read_settings("{type: folder, path: news}")[0].extension is None


# -- What it tells.


def _raising(error):
    def told():
        yield ONE
        raise error

    return told


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ZeroDivisionError("by zero"), "cannot be read: ZeroDivisionError: by zero; 1 item was read before"),
        (SystemExit("bye"), "SystemExit: bye"),
        (RecursionError(), "RecursionError; 1 item"),
        (MemoryError(), "MemoryError"),
        (KeyError("mail@example.org\x1b[2J"), "KeyError: '…"),
        (NothingUsableError("x", "the register is locked", "Close it."), "the register is locked\n  → Close it."),
    ],
)
def test_whatever_it_raises_is_one_line_and_what_it_told_before_is_kept(error, said):
    reading = _read(_raising(error))
    assert [item.text.title for item in reading.items] == ["Shelter opens"]
    assert not reading.complete
    assert said in _said(reading)
    assert "\x1b" not in _said(reading)


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"title": "x"}, "a dict, and no ToldItem"),
        (None, "a NoneType, and no ToldItem"),
        (ToldItem(title=None, published_on=TODAY), "title must be text"),
        (ToldItem(title="A", published_on="2026-06-03"), "published_on must be a date, not a str"),
        (ToldItem(title="A", published_on=TODAY, topics="children"), "topics must be a list of texts"),
        (ToldItem(title="A", published_on=TODAY, countries=[5]), "countries must be a list of texts"),
        (ToldItem(title="A", published_on=TODAY, link=b"x"), "link must be text"),
        (ToldItem(title=" \u202e ", published_on=TODAY), "has no title"),
        (ToldItem(title="A" * 401, published_on=TODAY), "is too long"),
        (ToldItem(title="A", published_on=TODAY, html="x" * 200_001), "is too long"),
    ],
)
def test_what_is_no_item_is_named_and_touches_no_other(told, said):
    reading = _read([told, ONE] if told is not None else [5, ONE, None, ONE][:2])
    assert [item.text.title for item in reading.items] == ["Shelter opens"]
    assert said.replace("NoneType", "int") in _said(reading)


@pytest.mark.parametrize("told", [5, None, lambda: 1 / 0])
def test_what_tells_nothing_is_a_bad_source(told):
    reading = _read(told)
    assert (reading.items, reading.complete) == ((), False)
    assert "this source cannot be read" in _said(reading)


def test_an_endless_source_is_read_as_far_as_is_reasonable(monkeypatch):
    monkeypatch.setattr("digest.intake.sources.extension.MOST_ITEMS", 50)

    def told():
        number = 0
        while True:
            number += 1
            yield ToldItem(title=f"Item {number}", published_on=TODAY)

    reading = _read(told)
    assert (len(reading.items), reading.complete) == (50, False)
    assert "more than 50 items" in _said(reading)


def test_what_it_tells_is_cleaned_as_if_a_stranger_had_written_it():
    html = '<p onclick="x()">Hi <b>there</b><script>alert(1)</script><a href="javascript:x">a</a></p><iframe src="//x">'
    evil = ToldItem(
        title="A\u202eB\x00", published_on=TODAY, html=html, link="javascript:x", image="file:///etc/passwd"
    )
    (item,) = _read([evil]).items
    assert (item.text.title, item.text.link, item.text.image) == ("AB", None, None)
    assert "script" not in item.text.html
    assert "onclick" not in item.text.html
    assert "<b>there</b>" in item.text.html


def test_an_instant_becomes_a_day_in_the_zone_of_the_publisher():
    late = datetime(2026, 6, 3, 23, 0, tzinfo=timezone(timedelta(hours=-6)))
    plain = datetime(2026, 6, 3, 23, 0)  # noqa: DTZ001 – what others may give
    days = [
        item.published_on
        for item in _read([ToldItem(title=t, published_on=d) for t, d in zip("AB", (late, plain), strict=True)]).items
    ]
    assert days == [date(2026, 6, 4), date(2026, 6, 3)]


@pytest.mark.parametrize(("whole", "withdrawn"), [(False, 0), (True, 1)])
def test_what_is_no_longer_told_was_taken_out_of_a_source_that_tells_all(workshop, whole, withdrawn):
    for told in ([ONE], []):
        extension = type("Told", (Telling,), {"told": told, "whole": whole})
        workshop.source = _source(ExtensionSettings(package="x", extension=extension, keys=Nothing()))
        result = workshop.collect()
    assert result.withdrawn == withdrawn


def test_a_bad_kind_touches_no_other_source(install, load, tmp_path):
    install("almanac", "digest_almanac", "raise RuntimeError('no gears')")
    load(("sources:\n", "sources:\n  other: {type: almanac}\n"))
    (tmp_path / "bulletins").mkdir()
    (tmp_path / "bulletins" / "june.en.txt").write_text("5 June 2026\nShelter opens\n\nForty beds.\n", encoding="utf-8")
    instance = Instance(tmp_path)
    with instance.database.kept():
        bad, good = instance.collect()
    assert ("no gears" in str(bad.problems[0]), bad.errors, bad.added) == (True, 1, 0)
    assert (good.added, good.problems) == (1, ())
