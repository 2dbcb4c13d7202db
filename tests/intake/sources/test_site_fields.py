"""Texts as programs that make web sites keep them: their names for fields, their dates in names, their front matter."""

from collections.abc import Callable

import pytest

from digest.intake.sources.items import FileReading

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
