"""From a text in `digest.yaml` to settings, or to one line for every mistake."""

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from digest.delivery.settings import TransportKind
from digest.errors import ConfigurationError
from digest.foundation.addresses import NamedAddress
from digest.foundation.workspace import Workspace
from digest.intake.item import DateOrder
from digest.intake.settings import SourceKind
from digest.newsletters.newsletter import Approval, Criteria, SectionsBy
from digest.newsletters.period import PeriodKind
from digest.settings.loading import load_settings
from digest.settings.settings import Settings

ROOT = Path(__file__).parents[2]

Load = Callable[..., Settings]
Refused = Callable[..., list[str]]


def test_the_demo_workspace_loads_as_it_is_written() -> None:
    settings = load_settings(
        ROOT / "seeds" / "digest.yaml", known_topics={"children", "education", "health"} | {"psychosocial-support"}
    )
    assert settings.publisher.timezone == ZoneInfo("America/Costa_Rica")
    assert settings.publisher.name("es") == "Programa Mesoamérica"
    assert [source.path for source in settings.sources] == [ROOT / "seeds" / "bulletins"]
    assert [audience.name for audience in settings.audiences][:2] == ["regional", "guatemala"]
    (monthly,) = settings.newsletters
    assert monthly.sender["es"] == NamedAddress(name="Boletín de Migración", address="bulletin@news.example.org")
    assert (monthly.schedule.kind, monthly.schedule.text) == (PeriodKind.MONTH, "day 5 at 09:00")
    assert monthly.schedule.zone == settings.publisher.timezone
    assert monthly.starts_on == date(2018, 4, 1)
    assert monthly.audience("honduras-and-el-salvador").include == Criteria(countries=frozenset({"HN", "SV"}))
    assert monthly.audiences == settings.audiences
    assert settings.subscribers == ROOT / "seeds" / "subscribers.yaml"
    assert settings.delivery.path == ROOT / "seeds" / "out"
    assert settings.public_url == "https://bulletin.example.org"


def test_what_is_left_out_has_a_default(load: Load, tmp_path: Path) -> None:
    settings = load()
    (monthly,) = settings.newsletters
    assert monthly.sender == dict.fromkeys(
        ("en", "es"), NamedAddress(name="Bulletin", address="bulletin@news.example.org")
    )
    assert (monthly.reply_to, monthly.schedule.days, monthly.starts_on) == (None, None, None)
    assert (monthly.approval, monthly.sections, monthly.template) == (Approval.REQUIRED, SectionsBy.COUNTRY, "bulletin")
    assert (monthly.late_for, monthly.max_variants) == (2, 500)
    (source,) = settings.sources
    assert (source.name, source.kind, source.language, source.dates) == ("newsroom", SourceKind.FOLDER, None, None)
    assert (settings.delivery.transport, settings.delivery.path) == (TransportKind.FILES, tmp_path / "out")
    assert (settings.subscribers, settings.public_url, settings.taxonomy) == (None, None, None)


def test_own_templates_are_found_in_the_workspace(load: Load, tmp_path: Path) -> None:
    load()
    workspace = Workspace(tmp_path)
    assert workspace.templates is None
    (tmp_path / "templates").mkdir()
    assert workspace.templates == tmp_path / "templates"


def test_every_setting_arrives(load: Load, tmp_path: Path) -> None:
    settings = load(
        ("    countries: [GT]\n", "    countries: GT\n    exclude: {sources: newsroom}\n    strength: strong\n"),
        ("newsroom: bulletins/", "newsroom: {type: folder, path: ../news, language: es, dates: month-first}"),
        ("    every: month\n", "    every: week\n    send: Monday at 8:00\n    approval: none\n    sections: topic\n"),
        (
            "    languages",
            "    template: own-look\n    late_for: 0\n    max_variants: 9\n    reply_to: A@EXAMPLE.org\n    languages",
        ),
        ("publisher:", "taxonomy: topics.yaml\npublic_url: https://News.Example.org:8443/b/\npublisher:"),
        ("  timezone", "  website: http://example.org/a?b=c#d\n  timezone"),
    )
    guatemala = settings.audiences[1]
    assert guatemala.include == Criteria(countries=frozenset({"GT"}))
    assert guatemala.exclude == Criteria(sources=frozenset({"newsroom"}))
    assert guatemala.only_strong
    (source,) = settings.sources
    assert (source.path, source.language, source.dates) == (tmp_path / "../news", "es", DateOrder.MONTH_FIRST)
    (newsletter,) = settings.newsletters
    assert (newsletter.schedule.kind, newsletter.schedule.text) == (PeriodKind.WEEK, "Monday at 8:00")
    assert newsletter.approval is Approval.NONE
    assert (newsletter.sections, newsletter.template) == (SectionsBy.TOPIC, "own-look")
    assert (newsletter.late_for, newsletter.max_variants, newsletter.reply_to) == (0, 9, "A@example.org")
    assert settings.taxonomy == tmp_path / "topics.yaml"
    assert settings.public_url == "https://news.example.org:8443/b"
    assert settings.publisher.website == "http://example.org/a?b=c#d"


def test_a_postal_address_on_several_lines_becomes_one(load: Load) -> None:
    settings = load(("Apartado Postal 100, San José", "|\n    Apartado Postal 100,\n    San José\n    Costa Rica"))
    assert settings.publisher.address == "Apartado Postal 100, San José, Costa Rica"


def test_a_key_with_nothing_behind_it_counts_as_left_out(load: Load, refused: Refused) -> None:
    assert load(("    every", "    reply_to:\n    template: null\n    every")).newsletters[0].template == "bulletin"
    assert refused(("  timezone: America/Costa_Rica", "  timezone:")) == [
        "digest.yaml:4:3: publisher.timezone: is missing"
    ]


@pytest.mark.parametrize("url", ["https://localhost:8000/", "https://127.0.0.1", "HTTPS://a-b.example.org/~x/y.z_1-2"])
def test_a_public_address_may_be_on_the_own_machine(load: Load, url: str) -> None:
    assert load(("publisher:", f"public_url: {url}\npublisher:")).public_url == url.rstrip("/").replace(
        "HTTPS", "https"
    )


# One change to settings that are right, and the line that must answer it.
MISTAKES = [
    ("countries: [GT]", "contries: [GT]", "11:5: audiences.guatemala.contries: unknown key, did you mean 'countries'?"),
    ("publisher:", "publischer: {}\npublisher:", "1:1: publischer: unknown key, did you mean 'publisher'?"),
    ("  timezone", "  colour: red\n  timezone", "4:3: publisher.colour: unknown key"),
    ("timezone: America/Costa_Rica", "website: x", "1:1: publisher.timezone: is missing"),
    ("Costa_Rica", "Costa_Rika", "there is no time zone 'America/Costa_Rika', did you mean 'America/Costa_Rica'?"),
    ("America/Costa_Rica", "costa rica", "there is no time zone 'costa rica', did you mean 'America/Costa_Rica'?"),
    ("America/Costa_Rica", "America", "4:13: publisher.timezone: there is no time zone 'America'"),
    ("America/Costa_Rica", "../../etc/passwd", "there is no time zone '../../etc/passwd'"),
    ("America/Costa_Rica", "5", "4:13: publisher.timezone: must be text: put it in quotes, '5'"),
    ("en: Our programme, es", "es", "2:9: publisher.name: lacks English (en)"),
    ("title: Guatemala", "title: {en: Guatemala}", "10:12: audiences.guatemala.title: lacks Spanish (es)"),
    ("es: Boletín", "es: ", "newsletters.monthly.title: lacks Spanish (es)"),
    ("en: Bulletin, es: Boletín", "fr: Bulletin", "newsletters.monthly.title: lacks English (en) and Spanish (es)"),
    ("en: Bulletin, es: Boletín", "en: B, es: B, ess: B", "title.ess: there is no language 'ess', did you mean 'es'?"),
    ("{en: Bulletin, es: Boletín}", "{}", "newsletters.monthly.title: needs at least one"),
    ("{en: Bulletin, es: Boletín}", "[Bulletin]", "must be text, or one text per language: {en: …, es: …}"),
    ("en: Bulletin", "en: 2018", "14:17: newsletters.monthly.title.en: must be text: put it in quotes, '2018'"),
    ("en: Bulletin", "en: ''", "14:17: newsletters.monthly.title.en: is empty"),
    ("en: Bulletin", 'en: "Bulletin\\nBcc: all"', "title.en: must stand in one line; there is a line break in it"),
    ("en: Bulletin", 'en: "Bul\\0letin"', "title.en: holds the control character U+0000; take it out"),
    ("en: Bulletin", 'en: "Bul\\u202eletin"', "title.en: holds the control character U+202E; take it out"),
    ("en: Bulletin", f"en: {'B' * 201}", "title.en: is longer than 200 characters"),
    (
        "from: Bulletin <bulletin@news.example.org>",
        "from: {en: a@b.org}",
        "newsletters.monthly.from: lacks Spanish (es)",
    ),
    ("from: Bulletin <bulletin@news.example.org>", "form: a@b.org", "13:3: newsletters.monthly.from: is missing"),
    ("<bulletin@", "<boletín@", "15:11: newsletters.monthly.from: most mail servers refuse letters such as 'ñ'"),
    ("<bulletin@", "<bulletin", "newsletters.monthly.from: there is no '@' in it"),
    (
        "    every",
        "    reply_to: A <a@b.org>\n    every",
        "16:15: newsletters.monthly.reply_to: write the address alone",
    ),
    ("every: month", "every: monthly", "or quarter, or '2 weeks', or a cron line, did you mean 'month'?"),
    ("every: month", "every: [month]", "newsletters.monthly.every: must be text"),
    ("every: month", "every: month\n    send: monday at 9", "17:11: newsletters.monthly.send: needs a time from 00:00"),
    ("every: month", "every: week\n    send: day 5 at 09:00", "the day and the time for every week: write 'monday at"),
    ("[regional, guatemala]", "[regional, guatamala]", "17:27: newsletters.monthly.audiences: there is no audience"),
    ("[regional, guatemala]", "[regional, guatamala]", "'guatamala', did you mean 'guatemala'?"),
    ("[regional, guatemala]", "[regional, regional]", "newsletters.monthly.audiences: 'regional' stands there twice"),
    ("[regional, guatemala]", "[]", "newsletters.monthly.audiences: needs at least one"),
    ("[regional, guatemala]", "{regional: 1}", "newsletters.monthly.audiences: must be a list, such as [one, two]"),
    ("[en, es]", "[en, sp]", "18:21: newsletters.monthly.languages: there is no language 'sp'; there is en and es"),
    ("    every", "    approval: no\n    every", "must be one of required or none, did you mean 'none'?"),
    ("    every", "    template: ../evil\n    every", "template: must consist of small letters a–z, digits and dashes"),
    ("    every", "    late_for: two\n    every", "16:15: newsletters.monthly.late_for: must be a whole number"),
    ("    every", "    late_for: 2.0\n    every", "newsletters.monthly.late_for: must be a whole number"),
    ("    every", "    late_for: true\n    every", "newsletters.monthly.late_for: must be a whole number"),
    ("    every", "    late_for: -1\n    every", "newsletters.monthly.late_for: must be at least 0"),
    ("    every", "    max_variants: 1e9\n    every", "newsletters.monthly.max_variants: must be a whole number"),
    ("    every", "    max_variants: 1000000\n    every", "newsletters.monthly.max_variants: must be at most 100000"),
    ("    every", "    starts_on: 2018-02-30\n    every", "there is no day 2018-02-30 in the calendar"),
    ("    every", "    starts_on: 1/4/2018\n    every", "must be a date written year-month-day, such as 2018-04-01"),
    ("    every", "    starts_on: 20180401\n    every", "starts_on: must be text: put it in quotes, '20180401'"),
    ("    every", "    starts_on: 9999-12-31\n    every", "starts_on: must lie between the years 1900 and 2199"),
    (
        "    every",
        "    smtp_password: hunter2\n    every",
        "16:5: newsletters.monthly.smtp_password: secrets do not belong",
    ),
    ("everything: true", "everything: yes", "audiences.regional.everything: must be true or false"),
    ("everything: true", "everything: false", "8:3: audiences.regional: has no rule: add countries"),
    (
        "everything: true",
        "everything: true, topics: [a]",
        "audiences.regional.topics: has no effect beside 'everything",
    ),
    ("    countries: [GT]\n", "", "9:3: audiences.guatemala: has no rule: add countries"),
    ("[GT]", "[gt]", "11:17: audiences.guatemala.countries: 'gt' is no country code, did you mean 'GT'?"),
    ("[GT]", "[HN, Panamá]", "11:21: audiences.guatemala.countries: 'Panamá' is no country code, did you mean 'PA'?"),
    ("[GT]", "[Guatamala]", "'Guatamala' is no country code, did you mean 'GT'?"),
    ("[GT]", "[Atlantis]", "'Atlantis' is no country code: write two capital letters, such as GT"),
    ("[GT]", "[5]", "11:17: audiences.guatemala.countries: must be text: put it in quotes, '5'"),
    ("[GT]", "[GT]\n    sources: [newsrom]", "there is no source 'newsrom', did you mean 'newsroom'?"),
    ("[GT]", "[GT]\n    languages: [fr]", "audiences.guatemala.languages: there is no language 'fr'"),
    ("[GT]", "[GT]\n    exclude: {contries: [MX]}", "exclude.contries: unknown key, did you mean 'countries'?"),
    ("[GT]", "[GT]\n    exclude: [MX]", "12:14: audiences.guatemala.exclude: must hold keys, such as 'name: value'"),
    ("[GT]", "[GT]\n    strength: strng", "must be one of strong or weak, did you mean 'strong'?"),
    ("  guatemala:", "  Ciudad de México:", "such as 'ciudad-de-mexico'"),
    ("  guatemala:", f"  {'g' * 41}:", "the name is longer than 40 characters"),
    ("bulletins/", "{type: feed, url: 'https://example.org/', struck: show}", "struck: a feed has no such key"),
    (
        "bulletins/",
        "{type: feed, url: 'https://example.org/', allow_networks: ['10.1']}",
        "must be a network such as 10.",
    ),
    ("bulletins/", "{type: feed}", "sources.newsroom.url: is missing"),
    ("newsroom: b", "-: b", "6:3: sources.-: the name must consist of small letters a–z, digits and dashes"),
    (
        "bulletins/",
        "{type: page}",
        "6:3: sources.newsroom.url: is missing",
    ),
    *(
        ("publisher:", f"delivery: {{path: {path}}}\npublisher:", "delivery.path: must be a folder of its own")
        for path in (".", "./", "..", "x/..", "/", "keys", "./keys/out", "editions/", "a/../plans", "digest.db")
    ),
    ("publisher:", "delivery: {path: bulletins/out}\npublisher:", "delivery.path: must be a folder of its own"),
    ("bulletins/", "news\ndelivery: {path: ./news}", "delivery.path: lies in the folder of the source 'newsroom'"),
    (
        "bulletins/",
        "{type: foldr, path: x}",
        "sources.newsroom.type: must be one of folder, feed, page, calendar or mail, did you mean 'folder'?",
    ),
    ("bulletins/", "{type: folder}", "6:3: sources.newsroom.path: is missing"),
    ("bulletins/", "{path: x, dates: dayfirst}", "must be one of day-first or month-first, did you mean 'day-first'?"),
    ("bulletins/", "{path: x, language: english}", "sources.newsroom.language: there is no language 'english'"),
    ("bulletins/", "5", "6:13: sources.newsroom: must hold keys, such as 'name: value'"),
    ("bulletins/", "~/news", "6:13: sources.newsroom: must be a path from the folder of this file"),
    ("bulletins/", "news\n  more: ./news/2018", "7:9: sources.more: the source 'newsroom' reads this folder already"),
    ("bulletins/", "news\n  more: {path: news/}", "7:16: sources.more.path: the source 'newsroom' reads this folder"),
    ("  newsroom: bulletins/\n", "  {}\n", "6:3: sources: needs at least one"),
    ("  newsroom: bulletins/\n", "", "5:1: sources: is missing"),
    (
        "publisher:",
        "delivery: {transport: sendmail, command: bin/sendmail -t}\npublisher:",
        "delivery.command: must name the program by its whole path, from '/', not 'bin/sendmail'",
    ),
    (
        "publisher:",
        "delivery: {transport: pigeon}\npublisher:",
        "delivery.transport: must be one of files, maildir, sendmail or smtp, not 'pigeon'",
    ),
    (
        "publisher:",
        'delivery: {transport: sendmail, command: "it\'s"}\npublisher:',
        "1:42: delivery.command: has a quotation mark without its partner",
    ),
    ("publisher:", "delivery: {transport: sendmail, command: ''}\npublisher:", "delivery.command: must name a program"),
    ("publisher:", "delivery: {rate: 0}\npublisher:", "1:18: delivery.rate: must be more than 0"),
    ("publisher:", "delivery: {rate: fast}\npublisher:", "1:18: delivery.rate: must be a number"),
    ("publisher:", "delivery: {daily: 0}\npublisher:", "1:19: delivery.daily: must be at least 1"),
    ("publisher:", "delivery: {rates: {a.example: -1}}\npublisher:", "1:31: delivery.rates.a.example: must be more"),
    ("publisher:", "delivery: {rates: {gmail: 5}}\npublisher:", "'gmail' is no domain: write it like example.org"),
    ("publisher:", "delivery: {dkim: {selectr: a}}\npublisher:", "did you mean 'selector'?"),
    (
        "publisher:",
        "delivery: {transport: smtp}\npublisher:",
        "1:11: delivery: needs the server: host: smtp.example.org",
    ),
    (
        "publisher:",
        "delivery: {transport: smtp, host: a, username: me}\npublisher:",
        "delivery: needs username and a password",
    ),
    (
        "publisher:",
        "delivery: {return_path: devoluciones-del-boletin-mensual-mesoamerica@news.example.org}\npublisher:",
        "'return_path' is too long: with the mark of each reader (30 characters)",
    ),
    (
        "publisher:",
        "delivery: {return_path: " + "a" * 35 + "@news.example.org}\npublisher:",
        "write at most 34 characters there",
    ),
    (
        "publisher:",
        "delivery: {return_path: bounces@" + f"{'a' * 55}." * 4 + "org}\npublisher:",
        "(30 characters) it has more than 254",
    ),
    (
        "publisher:",
        "delivery: {hello_name: localhost.localdomain}\npublisher:",
        "delivery.hello_name: must be a name that others know, not localhost",
    ),
    ("publisher:", "delivery: {hello_name: oficina}\npublisher:", "delivery.hello_name: must be a full name such as"),
    ("publisher:", "delivery: {auth: ntlm}\npublisher:", "must be one of plain, login, cram-md5 or xoauth2"),
    (
        "publisher:",
        "delivery: {transport: smtp, host: a, username: me, password_file: a, password_env: B}\npublisher:",
        "delivery: takes password_file, password_env, token_file or token_command, only one of them",
    ),
    ("publisher:", "delivery: {transport: smtp, host: a, port: 70000}\npublisher:", "delivery.port: must be"),
    ("publisher:", "delivery: out\npublisher:", "1:11: delivery: must hold keys, such as 'name: value'"),
    ("publisher:", "subscribers: 5\npublisher:", "1:14: subscribers: must be text: put it in quotes, '5'"),
    ("publisher:", "public_url: http://example.org\npublisher:", "must begin with https://"),
    ("publisher:", "public_url: http://localhost\npublisher:", "must begin with https://"),
    ("publisher:", "public_url: https://example.org/?a=1\npublisher:", "must end before the '?' or '#'"),
    ("publisher:", "public_url: https://u:p@example.org\npublisher:", "must not hold a user name or password"),
    ("publisher:", "public_url: https://ex ample.org\npublisher:", "1:13: public_url: must name a host in letters"),
    ("publisher:", "public_url: https://example.org/año\npublisher:", "public_url: must hold only letters a–z"),
    ("publisher:", "public_url: https://example.org/a%20b\npublisher:", "public_url: must hold only letters a–z"),
    ("publisher:", "public_url: https://example.org:99999\npublisher:", "must have a port from 1 to 65535"),
    ("publisher:", "public_url: bulletin.example.org\npublisher:", "must be a web address, such as https://"),
    ("  timezone", "  website: javascript:alert(1)\n  timezone", "must begin with https:// or http://"),
    ("  timezone", "  website: https://a b\n  timezone", "publisher.website: must be the address of a page"),
]


@pytest.mark.parametrize(("old", "new", "answer"), MISTAKES, ids=[new.strip()[:40] for _, new, _ in MISTAKES])
def test_a_mistake_is_answered_with_its_place_and_plain_words(
    refused: Refused, old: str, new: str, answer: str
) -> None:
    lines = refused((old, new))
    assert any(answer in line for line in lines), lines
    assert all(line.startswith("digest.yaml:") for line in lines)
    assert not any("Input should" in line or "_type" in line for line in lines)


def test_one_mistake_gives_one_line(refused: Refused) -> None:
    really_two = ("website: x", "fr: Bulletin", "form:", "  Ciudad", "  ggg")
    for old, new, answer in MISTAKES:
        if not new.startswith(really_two):
            assert len(refused((old, new))) == 1, answer


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file(refused: Refused) -> None:
    lines = refused(
        ("America/Costa_Rica", "Mars/Olympus"),
        ("countries: [GT]", "contries: [GT]"),
        ("every: month", "every: year"),
        ("[en, es]", "[en, xx]"),
        ("[regional, guatemala]", "[regional, honduras]\n    audiences: [regional]"),
    )
    places = [tuple(map(int, line.split(":")[1:3])) for line in lines]
    assert places == sorted(places)
    assert [line.split(": ")[1] for line in lines] == [
        "publisher.timezone",
        "audiences.guatemala.contries",
        "newsletters.monthly.every",
        "newsletters.monthly.audiences",
        "the key 'audiences' stands here twice, first in line 17; take one out",
        "newsletters.monthly.languages",
    ]


def test_the_first_mistake_is_the_thing_of_the_error(load: Load) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load(("countries: [GT]", "contries: [GT]"))
    assert caught.value.thing == "digest.yaml:11:5"
    assert caught.value.exit_code == 78


def test_beyond_a_hundred_mistakes_the_rest_is_counted(refused: Refused) -> None:
    lines = refused(("countries: [GT]", f"countries: [{', '.join(f'x{n}' for n in range(300))}]"))
    assert len(lines) == 101
    assert lines[-1].startswith("and ")


def test_a_taxonomy_decides_which_countries_and_topics_there_are(load: Load, refused: Refused) -> None:
    topics = ("countries: [GT]", "countries: [GT]\n    topics: [helth]")
    assert load(topics).audiences[1].include.topics == {"helth"}
    (line,) = refused(topics, known_topics={"health", "children"})
    assert line == "digest.yaml:12:14: audiences.guatemala.topics: there is no topic 'helth', did you mean 'health'?"
    assert load(("[GT]", "[XK]")).audiences[1].include.countries == {"XK"}
    (line,) = refused(("[GT]", "[XK]"), known_countries={"GT", "HN"})
    assert "'XK' is no country code: write two capital letters" in line


def test_languages_are_those_that_have_catalogues(load: Load) -> None:
    french = (("[en, es]", "[fr]"), ("{en: Our programme, es: Nuestro programa}", "Programme"))
    texts = (("{en: Whole region, es: Toda la región}", "Tout"), ("{en: Bulletin, es: Boletín}", "{fr: Bulletin}"))
    settings = load(*french, *texts, known_languages=("en", "fr"))
    assert settings.newsletters[0].title("fr") == "Bulletin"


def test_a_text_is_asked_for_only_in_the_languages_of_newsletters_that_show_it(load: Load) -> None:
    second = (
        "  weekly:\n    title: {en: W}\n    from: a@b.org\n    every: week\n    audiences: extra\n    languages: en\n"
    )
    settings = load(
        ("newsletters:\n", f"  extra: {{title: {{en: Extra}}, topics: [a]}}\nnewsletters:\n{second}"),
    )
    assert settings.newsletters[0].audiences[0].title("en") == "Extra"


def test_a_secret_is_never_repeated(refused: Refused) -> None:
    lines = refused(("publisher:", "delivery: {transport: smtp, password: hunter2, api-key: hunter2}\npublisher:"))
    assert sum("secrets do not belong into this file" in line for line in lines) == 2
    assert not any("hunter2" in line or "host" in line for line in lines)


def test_an_evil_key_cannot_write_to_the_terminal(refused: Refused) -> None:
    lines = refused(("  timezone", '  "\\e[31m\\u202ekey": 1\n  timezone'), ("America/Costa_Rica", '"\\e[2J"'))
    assert not any("\x1b" in line or "\u202e" in line for line in lines)


@pytest.mark.parametrize("text", ["", "# nothing\n", "- a\n", "text\n", "5\n", "null\n"])
def test_a_file_without_keys_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "digest.yaml"
    path.write_text(text)
    with pytest.raises(ConfigurationError, match=r"^digest\.yaml:1:1: the settings must be keys"):
        load_settings(path)


def test_an_empty_mapping_lacks_all_four_parts(tmp_path: Path) -> None:
    path = tmp_path / "digest.yaml"
    path.write_text("{}")
    with pytest.raises(ConfigurationError) as caught:
        load_settings(path)
    assert str(caught.value).splitlines() == [
        f"digest.yaml:1:1: {part}: is missing" for part in ("audiences", "newsletters", "publisher", "sources")
    ]


def test_loading_right_settings_needs_nothing_that_only_mistakes_need() -> None:
    program = (
        "import sys; from pathlib import Path; from digest.settings import loading;"
        f"loading.load_settings(Path({str(ROOT / 'seeds' / 'digest.yaml')!r}));"
        "dear = sorted({'email_validator', 'babel', 'rapidfuzz'} & sys.modules.keys());"
        "import json; print(json.dumps(dear))"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert json.loads(done.stdout) == []
