"""Fixtures that several rooms' tests share: small makers of values, settings that are right, a workshop."""

import gc
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from types import CodeType, FunctionType
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import hypothesis
import pytest

from digest.commands import forget_caller
from digest.errors import ConfigurationError
from digest.foundation.addresses import NamedAddress
from digest.foundation.languages import speak
from digest.foundation.problems import Place
from digest.intake.item import FoundItem, Item, Story, Strength, Tag, TagKind, TagPlace, Text
from digest.newsletters.newsletter import Approval, Audience, Criteria, Localised, Newsletter, Publisher, SectionsBy
from digest.newsletters.period import PeriodKind
from digest.newsletters.schedule import Schedule

if TYPE_CHECKING:
    from playwright.sync_api import Playwright
    from workshop import Workshop
    from xdist.remote import Producer
    from xdist.scheduler.loadgroup import LoadGroupScheduling

    from digest.settings.settings import Settings

HERE = str(Path(__file__).parent)
MEMORY = Path("/dev/shm")  # noqa: S108 – the folders in it have names of their own
MEMORY_NEEDED = 2**30
DAILY_ON_POSTGRESQL = 3  # tests of each file
NAMED_IN_FULL = 200  # characters or bytes of a value that stands in a test's name as it is
os.environ.pop("COLUMNS", None)  # of pytest-xdist; a program in a pipe finds none, and writes whole lines
for variable in ("LC_ALL", "LC_MESSAGES", "LANG"):  # of whoever tests: the program speaks English, unless a test asks
    os.environ.pop(variable, None)
sys.path.append(HERE)  # for `doses`, `warm_program` and `workshop`
if "TMPDIR" not in os.environ and MEMORY.is_dir():
    # Thousands of small durable transactions: on a disk the tests would wait half of their time for it.
    there = os.statvfs(MEMORY)
    if there.f_bavail * there.f_frsize >= MEMORY_NEEDED and not there.f_flag & os.ST_NOEXEC:
        os.environ["TMPDIR"] = str(MEMORY)
        tempfile.tempdir = None  # so that it is looked for again
# No test is timed: on a busy machine that would only say that it was busy.
hypothesis.settings.register_profile("digest", deadline=None)
hypothesis.settings.register_profile("quick", deadline=None, max_examples=12)
hypothesis.settings.load_profile("quick" if os.environ.get("DIGEST_QUICK") else "digest")

SETTINGS = """\
publisher:
  name: {en: Our programme, es: Nuestro programa}
  address: Apartado Postal 100, San José
  timezone: America/Costa_Rica
sources:
  newsroom: bulletins/
audiences:
  regional: {title: {en: Whole region, es: Toda la región}, everything: true}
  guatemala:
    title: Guatemala
    countries: [GT]
newsletters:
  monthly:
    title: {en: Bulletin, es: Boletín}
    from: Bulletin <bulletin@news.example.org>
    every: month
    audiences: [regional, guatemala]
    languages: [en, es]
"""

CHROMIUM = Path("/usr/bin/chromium")

STARTERS = frozenset(  # modules and functions that start a program, a server or a browser
    {
        *("subprocess", "get_context", "warm_program", "launching", "scenes", "sender", "caring"),
        *("servers", "dovecot", "postfix_server", "sending_yardsticks", "playwright"),
        *(
            "HTTPServer",
            "ThreadingHTTPServer",
            "PreviewServer",
            "start_server",
            "create_server",
            "socketpair",
            "asyncio",
        ),
        *("thread", "Thread", "zoneserver", "ZoneServer", "peer", "watch", "SendmailTransport"),
    }
)

STORES = frozenset(
    {"make_workshop", "database_at", "SqliteDatabase", "open_database", "CliRunner", "Instance", "build_instance"}
)

SHARING = (
    "architecture",
    "frozen",
    "gates",
)  # folders whose tests share what takes long to make, such as a warm program


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name a test after a long value by the value's name alone: the bytes of a workbook hold the second in which it was
    made, and two workers would have different tests.
    """
    return argname if isinstance(val, str | bytes) and len(val) > NAMED_IN_FULL else None


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Which databases a test runs on."""
    if metafunc.definition.get_closest_marker("both_databases"):
        metafunc.parametrize("kind_of_database", ["sqlite", "postgresql"], indirect=True)
    elif metafunc.definition.get_closest_marker("on_postgresql"):
        metafunc.parametrize("kind_of_database", ["postgresql"], indirect=True)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[object]:
    """What is imported and collected stays: looking through it again and again for garbage took a sixth of the time."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> Iterator[None]:
    """Mark as `real` what starts a program, a server, a thread or a browser: itself, by a fixture or by a helper of the
    tests; and what other people's tools judge. Mark as `stored` what opens a database or calls a whole command. What
    shares a browser, or what takes long to make, is one worker's.

    What shares something comes first, what is `real` next and the many small ones last, so that the workers end
    together.
    """
    starts, stores = Naming(STARTERS), Naming(STORES)
    known: dict[tuple[object, frozenset[str]], tuple[bool, bool]] = {}  # for all rows of a table at once
    _leave_out(config, items)
    for item in items:
        assert isinstance(item, pytest.Function)
        fixtures = item._fixtureinfo.name2fixturedefs
        folder = item.path.parent.name
        key = item.function, frozenset(fixtures)
        if key not in known:
            test = getattr(getattr(item.function, "hypothesis", None), "inner_test", item.function)
            made = [test, *(each[-1].func for each in fixtures.values())]
            known[key] = (
                bool(STARTERS & fixtures.keys()) or any(map(starts.names, made)),
                bool(STORES & fixtures.keys()) or any(map(stores.names, made)),
            )
        real, stored = known[key]
        if real or folder == "gates":
            item.add_marker(pytest.mark.real)
        if stored:
            item.add_marker(pytest.mark.stored)
        if _is_on_postgresql(item):
            item.add_marker(pytest.mark.real)
            item.add_marker(pytest.mark.xdist_group("postgresql"))
        elif "playwright" in fixtures:
            item.add_marker(pytest.mark.xdist_group("playwright"))
        elif folder in SHARING:
            item.add_marker(pytest.mark.xdist_group(folder))
    yield  # pytest-xdist reads the groups, and hands them on in the names
    items.sort(key=_turn)
    if getattr(config.option, "loadgroup", False):
        lost = [item.nodeid for item in items if _turn(item) == 0 and "@" not in item.nodeid]
        assert not lost, "pytest-xdist takes no notice of xdist_group"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: "Producer") -> "LoadGroupScheduling | None":
    """Under `--dist loadgroup` a file is one worker's where it has no group: what its tests share is made once, and not
    every small test is handed out by itself.
    """
    if config.getvalue("dist") != "loadgroup":
        return None
    from xdist.scheduler.loadgroup import LoadGroupScheduling  # left out in `make mutants`

    class ByFile(LoadGroupScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return super()._split_scope(nodeid).partition("::")[0]

    config.option.loadscopereorder = False  # the turns below, not the number of tests
    return ByFile(config, log)


def _is_on_postgresql(item: pytest.Item) -> bool:
    call = getattr(item, "callspec", None)
    return call is not None and call.params.get("kind_of_database") == "postgresql"


def _leave_out(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Of a file whose tests run on both databases, some run on PostgreSQL every day, and all in `make torture`."""
    from doses import BOTH, some

    by_file: dict[Path, list[pytest.Item]] = {}
    for item in items:
        mark = item.get_closest_marker("both_databases")
        if mark is not None and not mark.kwargs and _is_on_postgresql(item):
            by_file.setdefault(item.path, []).append(item)
    if BOTH:
        return
    kept = {id(one) for each in by_file.values() for one in some(each, DAILY_ON_POSTGRESQL)}
    left_out = [item for each in by_file.values() for item in each if id(item) not in kept]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        gone = {id(item) for item in left_out}
        items[:] = [item for item in items if id(item) not in gone]


def _turn(item: pytest.Item) -> int:
    if item.get_closest_marker("xdist_group"):
        return 0
    return 1 if item.get_closest_marker("real") else 2


class Naming:
    """Which tests, fixtures and helpers name one of these, by themselves or by another helper of the tests."""

    def __init__(self, sought: frozenset[str]) -> None:
        self._sought, self._known = sought, dict[int, bool]()

    def names(self, thing: object) -> bool:
        if not isinstance(thing, type | FunctionType):
            return False
        if id(thing) not in self._known:
            self._known[id(thing)] = False  # until it is known; it may call itself
            self._known[id(thing)] = self._in_class(thing) if isinstance(thing, type) else self._in_code(thing)
        return self._known[id(thing)]

    def _in_class(self, thing: type) -> bool:
        return any(self.names(getattr(each, "fget", each)) for each in tuple(vars(thing).values()))

    def _in_code(self, thing: FunctionType) -> bool:
        if not thing.__code__.co_filename.startswith(HERE):
            return False
        codes = [thing.__code__]
        for code in codes:
            codes += [each for each in code.co_consts if isinstance(each, CodeType)]
        names = {name for code in codes for name in code.co_names}
        return bool(self._sought & names) or any(self.names(thing.__globals__.get(name)) for name in names)


@pytest.fixture(autouse=True)
def kind_of_database(request: pytest.FixtureRequest) -> Iterator[None]:
    if getattr(request, "param", "sqlite") == "sqlite":
        yield
        return
    from databases import on_postgresql

    with on_postgresql():
        yield


@pytest.fixture(autouse=True)
def caller_of_another_test() -> Iterator[None]:
    """Commands that are called in the process of the tests leave no workspace and no language behind for others."""
    yield
    forget_caller()
    speak("en")


def _tags(countries: str, topics: str, strength: Strength) -> tuple[Tag, ...]:
    return tuple(
        Tag(kind=kind, value=value, term=value, where=TagPlace.TITLE, strength=strength)
        for kind, values in ((TagKind.COUNTRY, countries), (TagKind.TOPIC, topics))
        for value in values.split()
    )


def _found(
    title: str,
    on: str = "2018-07-06",
    body: str = "Some text.",
    *,
    source: str = "newsroom",
    language: str = "en",
    file: str = "bulletins/july.txt",
    line: int = 1,
    **more: object,
) -> FoundItem:
    return FoundItem(
        source=source,
        place=Place(file, line),
        published_on=date.fromisoformat(on),
        language=language,
        text=Text(title=title, paragraphs=tuple(body.split("\n")) if body else ()),
        **more,  # type: ignore[arg-type] # whatever field a test asks for
    )


def _item(
    title: str,
    on: str = "2018-07-06",
    body: str = "Some text.",
    *,
    id: str | None = None,  # noqa: A002 – the field's name
    countries: str = "",
    topics: str = "",
    strength: Strength = Strength.STRONG,
    source: str = "newsroom",
    language: str = "en",
    file: str = "bulletins/july.txt",
    withdrawn: bool = False,
    position: int = 0,
    given_id: str | None = None,
    translation_of: str | None = None,
) -> Item:
    return Item(
        id=id or f"{title}-{on}-{language}",
        source=source,
        place=Place(file, position + 1),
        published_on=date.fromisoformat(on),
        language=language,
        text=Text(title=title, paragraphs=tuple(body.split("\n")) if body else ()),
        given_id=given_id,
        translation_of=translation_of,
        tags=_tags(countries, topics, strength),
        withdrawn=withdrawn,
        position=position,
    )


def _story(*items: Item) -> Story:
    return Story(id=items[0].id, items=items)


def _audience(name: str, **more: object) -> Audience:
    criteria = {
        field: frozenset(str(more.pop(field)).split()) for field in ("countries", "topics", "sources") if field in more
    }
    return Audience(
        name=name,
        title=Localised(everywhere=name.title()),
        include=Criteria(**criteria),
        **more,  # type: ignore[arg-type] # whatever field a test asks for
    )


def _newsletter(*audiences: Audience, every: PeriodKind = PeriodKind.MONTH, **more: object) -> Newsletter:
    fields: dict[str, object] = {
        "name": "monthly",
        "title": Localised(everywhere="Migration bulletin"),
        "sender": {
            language: NamedAddress(name="Bulletin", address="bulletin@news.example.org") for language in ("en", "es")
        },
        "reply_to": None,
        "schedule": Schedule(kind=every, zone=ZoneInfo("America/Costa_Rica")),
        "audiences": audiences or (_audience("regional", everything=True),),
        "languages": ("en", "es"),
        "approval": Approval.REQUIRED,
        "template": "bulletin",
        "sections": SectionsBy.COUNTRY,
        "late_for": 2,
        "starts_on": None,
        "max_variants": 500,
        **more,
    }
    return Newsletter(**fields)  # type: ignore[arg-type] # the fields above


@pytest.fixture(scope="module")
def playwright() -> Iterator["Playwright"]:
    """It keeps an event loop running in its process, and where one runs no other can start: so it ends with its module.
    Without Chromium, CI fails and says why.
    """
    if not CHROMIUM.exists():
        missing = "Chromium is missing: install it with `apt-get install -y chromium`"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def found() -> Callable[..., FoundItem]:
    return _found


@pytest.fixture(scope="session")
def item() -> Callable[..., Item]:
    return _item


@pytest.fixture(scope="session")
def story() -> Callable[..., Story]:
    return _story


@pytest.fixture(scope="session")
def audience() -> Callable[..., Audience]:
    return _audience


@pytest.fixture(scope="session")
def newsletter() -> Callable[..., Newsletter]:
    return _newsletter


@pytest.fixture(scope="session")
def publisher() -> Publisher:
    return Publisher(
        name=Localised({"en": "Mesoamerica Programme", "es": "Programa Mesoamérica"}),
        address="Apartado Postal 100, San José, Costa Rica",
        website="https://bulletin.example.org",
        timezone=ZoneInfo("America/Costa_Rica"),
    )


@pytest.fixture
def monthly(newsletter: Callable[..., Newsletter], audience: Callable[..., Audience]) -> Newsletter:
    return newsletter(audience("regional", everything=True), audience("guatemala", countries="GT"))


@pytest.fixture
def right() -> str:
    return SETTINGS


@pytest.fixture
def load(tmp_path: Path) -> Callable[..., "Settings"]:
    """Load settings from a text; each pair of texts is replaced first."""

    def load(*changes: tuple[str, str], settings: str = SETTINGS, **known: object) -> "Settings":
        from digest.settings.loading import load_settings

        for old, new in changes:
            assert old in settings
            settings = settings.replace(old, new, 1)
        path = tmp_path / "digest.yaml"
        path.write_text(settings, encoding="utf-8")
        return load_settings(path, **known)  # type: ignore[arg-type] # whatever a test knows

    return load


@pytest.fixture
def refused(load: Callable[..., "Settings"]) -> Callable[..., list[str]]:
    """The lines with which the settings are refused."""

    def refused(*changes: tuple[str, str], **known: object) -> list[str]:
        with pytest.raises(ConfigurationError) as caught:
            load(*changes, **known)
        return str(caught.value).splitlines()

    return refused


@pytest.fixture
def make_workshop(
    newsletter: Callable[..., Newsletter], audience: Callable[..., Audience], publisher: Publisher
) -> "Iterator[Callable[..., Workshop]]":
    from workshop import Workshop

    made: list[Workshop] = []

    def make(folder: Path, **more: object) -> Workshop:
        folder.mkdir(parents=True, exist_ok=True)
        readers = newsletter(
            audience("regional", everything=True),
            audience("guatemala", countries="GT"),
            audience("mexico", countries="MX"),
            **more,
        )
        made.append(Workshop(folder, readers, publisher))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def workshop(make_workshop: "Callable[..., Workshop]", tmp_path: Path) -> "Workshop":
    return make_workshop(tmp_path)
