"""Texts as programs that make web sites keep them: their names for fields, their dates in names, their front matter."""

from collections.abc import Callable

import pytest

from digest.intake.sources.draft import ItemField
from digest.intake.sources.draft import Said as Value
from digest.intake.sources.items import FileReading
from digest.intake.sources.site_fields import SiteFields, is_title

Read = Callable[..., FileReading]
Said = Callable[[FileReading], list[str]]
BODY = "The hub is open from Monday to Friday for all who come to the town.\n"
YAML = "---\n{}\n---\n" + BODY

KEPT = {
    "Jekyll": (
        "_posts/2018-08-05-hub.md",
        YAML.format("layout: post\ntitle: A hub\nexcerpt: In short\ncategories: [x]"),
    ),
    "Hugo": (
        "content/news/hub/index.md",
        "+++\ntitle = 'A hub'\npublishDate = 2018-08-05T09:00:00-06:00\ndescription = 'In short'\n[params]\nx = 1\n"
        "+++\n" + BODY,
    ),
    "Hugo with JSON": (
        "hub.md",
        '{\n  "title": "A hub",\n  "date": "2018-08-05",\n  "summary": "In short"\n}\n\n' + BODY,
    ),
    "Eleventy": (
        "hub.md",
        '---json\n{\n"title": "A hub", "date": "2018-08-05", "excerpt": "In short"\n}\n---\n' + BODY,
    ),
    "Astro": (
        "src/content/blog/hub.md",
        YAML.format(
            "title: A hub\ndescription: In short\npubDate: Aug 05 2018\nupdatedDate: Sep 1 2018\nheroImage: /x.jpg"
        ),
    ),
    "Pelican": (
        "hub.md",
        "Title: A hub\nDate: 2018-08-05 10:20\nCategory: Hubs\nSummary: In\n    short\nSlug: hub\n\n" + BODY,
    ),
    "a manager of texts": (
        "hub.md",
        "---\ntitle: A hub\ndate: 2018-08-05\nexcerpt: In short\nbody: |\n  " + BODY + "---\n",
    ),
}


@pytest.mark.parametrize("program", KEPT)
def test_what_a_program_for_web_sites_keeps_is_read(program: str, markdown: Read, errors: Said, warnings: Said) -> None:
    name, text = KEPT[program]
    reading = markdown(text, name)
    assert (errors(reading), warnings(reading)) == ([], [])
    [item] = reading.items
    assert (str(item.published_on), item.text.title, item.text.summary) == ("2018-08-05", "A hub", "In short")
    assert item.text.paragraphs == (BODY.strip(),)
    assert item.topics is None  # its categories are no words of the office's


@pytest.mark.parametrize(
    "name",
    [
        *("2018-08-05-hub.md", "20180805_hub.md", "2018_08_05.md", "hub-2018-08-05.md", "2018/08/05/hub.md"),
        *("news/2018-08-05-hub/index.md", "2017-01-01-old/2018-08-05-hub.es.md"),
    ],
)
def test_the_name_of_a_file_or_its_folder_tells_the_date(name: str, markdown: Read) -> None:
    [item] = markdown(YAML.format("title: A hub"), name).items
    assert str(item.published_on) == "2018-08-05"


@pytest.mark.parametrize(
    "name", ["hub-12345678.md", "2018-13-05-hub.md", "2018/hub.md", "12018-08-05.md", "201808051.md"]
)
def test_other_figures_in_a_name_are_no_date(name: str, markdown: Read, errors: Said) -> None:
    assert "the item has no date" in errors(markdown(YAML.format("title: A hub"), name))[0]


def test_a_plainer_key_counts_before_that_of_a_program(markdown: Read, warnings: Said) -> None:
    keys = "title: A\npubDate: 2018-07-01\ndate: 2018-08-05\ndescription: for engines\nexcerpt: for readers"
    reading = markdown(YAML.format(keys))
    [item] = reading.items
    assert (str(item.published_on), item.text.summary, warnings(reading)) == ("2018-08-05", "for readers", [])


NAMES = {  # the one that is believed first standing first
    ItemField.TITLE: "headline | Titular | encabezado",
    ItemField.DATE: "published | publishedAt | published_on | date-published | pubDate | publish date | publicationDate"
    " | posted | postedOn | fecha de publicación | fecha_publicación | publicado | created | createdAt | creado"
    " | dateCreated",
    ItemField.SUMMARY: "excerpt | abstract | description | lead | teaser | intro | extracto | entradilla | bajada"
    " | descripción",
    ItemField.LINK: "canonicalURL | canonical | original_url | sourceURL | externalUrl",
    ItemField.LANGUAGE: "locale",
}


def value_of(meant: ItemField, number: int) -> str:
    if meant is ItemField.DATE:
        return f"2018-08-{number:02}"
    return f"https://www.example.org/{number}" if meant is ItemField.LINK else f"value {number}"


@pytest.mark.parametrize("meant", NAMES)
def test_each_name_that_a_program_gives_a_field_is_known_and_the_plainest_is_believed(meant: ItemField) -> None:
    names = NAMES[meant].split(" | ")
    for number, (name, following) in enumerate(zip(names, [*names[1:], names[0]], strict=True), 1):
        one, other = Value(value_of(meant, number), number), Value(value_of(meant, number + 1), number + 1)
        alone, both, turned = SiteFields(), SiteFields(), SiteFields()
        fields: dict[ItemField, Value] = {}
        assert alone.take(name, one, one.value)
        alone.fill(fields)
        assert fields == {meant: one}
        assert is_title(name) is (meant is ItemField.TITLE)
        if number < len(names):
            assert [both.take(name, one, ""), both.take(following, other, "")] == [True, True]
            assert [turned.take(following, other, ""), turned.take(name, one, "")] == [True, True]
            for fields_of in (both, turned):
                fields = {}
                fields_of.fill(fields)
                assert fields == {meant: one}


@pytest.mark.parametrize("name", ["categories", "Category", "categorías", "categoria", "keywords", "palabras clave"])
def test_words_for_what_a_text_is_about_are_told_apart_by_commas(name: str) -> None:
    fields = SiteFields()
    assert fields.take(name, Value("Jobs, , Hubs", 2), "Jobs, , Hubs")
    assert fields.take(name, Value(("News",), 3), ["News"])
    assert fields.categories == ["Jobs", "Hubs", "News"]


@pytest.mark.parametrize("name", ["body", "Content", "text", "cuerpo", "contenido", "texto", "markdown"])
def test_a_text_is_kept_as_it_is_written_and_the_first_one_counts(name: str) -> None:
    fields = SiteFields()
    assert fields.take(name, Value("a  b", 2), "a  b\n")
    assert not fields.take("text", Value("c", 3), "c")
    assert not SiteFields().take(name, Value("c", 3), ["c"])
    assert fields.body == ("a  b\n", 2)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("published", "true"), ("published", ""), ("canonical", "true"), ("canonical", "ftp://x.example")),
        *(("excerpt", ("a", "list")), ("headline", ""), ("layout", "post")),
    ],
)
def test_what_cannot_be_the_value_of_a_field_is_none(name: str, value: str) -> None:
    fields: dict[ItemField, Value] = {}
    said = SiteFields()
    assert not said.take(name, Value(value, 2), value)
    said.fill(fields)
    assert fields == {}


def test_a_text_in_the_front_matter_beside_one_below_is_named(markdown: Read, warnings: Said) -> None:
    reading = markdown(YAML.format("title: A\ndate: 2018-08-05\nbody: Another text."))
    assert (
        "the front matter holds a text as well as the file below it; left out: “Another text.”" in warnings(reading)[0]
    )
    assert reading.items[0].text.paragraphs == (BODY.strip(),)


@pytest.mark.parametrize(
    "text",
    [
        "Note: the hub is closed\n\nIt opens again.",
        "Title: A hub\nThe hub opens on all days.\n\nMore.",
        "Title: A hub\n\nThe date stands nowhere.",
        '{"no": "field of ours"}\n\nA text.',
        "{ not JSON }\n\nA text.",
    ],
)
def test_a_text_that_only_begins_like_keys_is_no_front_matter(text: str, markdown: Read) -> None:
    [item] = markdown(f"# A hub\n\n{text}", "2018-08-05.md").items
    assert len(item.text.paragraphs) == 2
    assert "the item has no title" in str(markdown(text, "2018-08-05.md").problems[0])


def test_a_broken_front_matter_of_any_form_is_refused_in_words(markdown: Read, errors: Said) -> None:
    assert "the front matter cannot be read" in errors(markdown('---json\n{"title": }\n---\nText'))[0]
    assert "the front matter cannot be read" in errors(markdown("---toml\ntitle = \n---\nText"))[0]
    assert "has the key “Title” twice" in errors(markdown("Title: A\nTitle: B\nDate: 2018-08-05\n\nText"))[0]


def test_what_is_nothing_in_json_is_no_text(markdown: Read, errors: Said) -> None:
    head = (
        '{"title": "A hub", "date": "2018-08-05", "summary": null, "link": null, "tags": [null, "health", {"a": null}]}'
    )
    reading = markdown(f"{head}\n\n{BODY}")
    [item] = reading.items
    assert (item.text.summary, item.text.link, errors(reading)) == (None, None, [])
