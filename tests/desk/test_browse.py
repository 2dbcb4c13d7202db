from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote
from xml.etree.ElementTree import Element

import pytest

from digest.commands import called_for
from digest.desk.pages import EditionView, VariantView, browse_page
from digest.newsletters.edition import Edition, EditionState

Views = Callable[..., EditionView]
Parsed = Callable[[str], Element]


def text_of(element: Element) -> str:
    return " ".join("".join(element.itertext()).split())


def links(page: Element) -> list[str]:
    return [link.get("href") or "" for link in page.iter("a")]


def test_every_variant_is_named_with_its_readers_stories_and_sizes(view: Views, parsed: Parsed) -> None:
    shown = view()
    rows = parsed(browse_page([shown], "out")).findall(".//tbody/tr")
    assert len(rows) == len(shown.variants)
    for row, variant in zip(rows, shown.variants, strict=True):
        assert text_of(row).startswith(variant.title)
        cells = [text_of(cell) for cell in row.findall("td")]
        assert cells == [f"{variant.people:,} readers", "3 stories", ".html 2 KB", ".txt 1 KB", ".eml 3 KB"]


def test_links_lead_from_the_page_to_the_files_of_the_readable_copy(
    view: Views, edition: Callable[..., Edition], variant: Callable[..., VariantView], parsed: Parsed, tmp_path: Path
) -> None:
    name = "año 1#%41?.es"
    shown = view(edition=edition(newsletter="mi boletín", revision=2), variants=(variant(name),))
    folder = tmp_path / "mi boletín" / "2018-07.2" / "variants"
    folder.mkdir(parents=True)
    for suffix in ("html", "txt", "eml"):
        (folder / f"{name}.{suffix}").touch()
    found = links(parsed(browse_page([shown], None)))
    assert len(found) == 4
    assert all(address.isascii() and " " not in address and "#" not in address for address in found)
    assert all((tmp_path / unquote(address)).is_file() for address in found)


def test_the_newest_edition_of_each_newsletter_comes_first_and_is_open(
    view: Views, edition: Callable[..., Edition], parsed: Parsed
) -> None:
    views = [
        view(edition=edition(key, newsletter=newsletter), period_title=key, newsletter_title=newsletter.title())
        for newsletter in ("monthly", "weekly")
        for key in ("2018-05", "2018-07", "2018-06")
    ]
    page = parsed(browse_page(views, None))
    assert [text_of(heading) for heading in page.iter("h2")] == ["Monthly", "Weekly"]
    assert [text_of(name) for name in page.findall(".//summary//b")] == ["2018-07", "2018-06", "2018-05"] * 2
    assert ["open" in card.attrib for card in page.iter("details")] == [True, False, False] * 2


def test_the_totals_are_the_sums(view: Views, sent_view: Views, parsed: Parsed) -> None:
    numbers = parsed(browse_page([view(), sent_view()], "out")).find(".//dl")
    assert numbers is not None
    assert text_of(numbers) == "Editions 2 Stories 4 Mails 6 Messages sent 175"


def test_verdicts_and_deliveries_add_up(sent_view: Views, parsed: Parsed) -> None:
    said = text_of(parsed(browse_page([sent_view()], "out")))
    assert "4 stories = 2 included + 1 no audience + 1 deferred" in said
    assert "178 readers = 175 sent + 2 failed + 1 unsubscribed meanwhile" in said
    assert "2 stories · 3 mails · 178 readers" in said


@pytest.mark.parametrize(
    ("folder", "shown", "link"),
    [
        ("out", "out/monthly/2018-06/", "../out/monthly/2018-06/"),
        ("my mail", "my mail/monthly/2018-06/", "../my%20mail/monthly/2018-06/"),
        ("/srv/mail#1", "/srv/mail#1/monthly/2018-06/", "file:///srv/mail%231/monthly/2018-06/"),
    ],
)
def test_an_edition_says_where_its_sent_messages_are(
    folder: str, shown: str, link: str, sent_view: Views, parsed: Parsed
) -> None:
    page = parsed(browse_page([sent_view()], folder))
    assert link in links(page)
    assert f"Sent messages: {shown}" in text_of(page)


def test_what_was_not_sent_or_left_the_machine_has_no_folder(view: Views, sent_view: Views, parsed: Parsed) -> None:
    assert "Sent messages" not in text_of(parsed(browse_page([view()], "out")))
    assert "left through the mail server" in text_of(parsed(browse_page([sent_view()], None)))


def test_no_mail_is_inside_however_many_editions_there_are(
    view: Views, variant: Callable[..., VariantView], parsed: Parsed
) -> None:
    large = view(variants=tuple(variant(html="MAIL" * 9000, text="TEXT" * 9000, headers=()) for _ in range(20)))
    page = browse_page([large] * 30, None)
    assert "MAILMAIL" not in page
    assert "TEXTTEXT" not in page
    assert len(page) < 600 * 1500


def test_the_page_needs_no_script_and_nobody_else(view: Views, parsed: Parsed) -> None:
    page = parsed(browse_page([view()], "out"))
    policy = page.find(".//meta[@http-equiv='Content-Security-Policy']")
    assert policy is not None
    assert (policy.get("content") or "").startswith("default-src 'none'; style-src 'unsafe-inline'")
    assert not [element for element in page.iter() if element.tag in {"script", "iframe", "img", "form"}]
    assert not [address for address in links(page) if "://" in address]


@pytest.mark.parametrize("text", ["</script><script>x</script>", '"><img onerror=x>', "</summary>'\"&lt;{{ 1 }}"])
def test_hostile_text_is_text(text: str, view: Views, parsed: Parsed) -> None:
    def saying(words: str) -> Element:
        shown = view()
        variants = tuple(replace(variant, title=words, subject=words, name=words) for variant in shown.variants)
        named = replace(shown.edition, newsletter=words, approved_by=words, approved_at=shown.edition.built_at)
        return parsed(
            browse_page(
                [replace(shown, edition=named, newsletter_title=words, period_title=words, variants=variants)], words
            )
        )

    page = saying(text)
    assert [element.tag for element in page.iter()] == [element.tag for element in saying("plain").iter()]
    assert text in text_of(page)


def test_before_the_first_edition_the_page_says_how_to_begin(parsed: Parsed) -> None:
    page = parsed(browse_page([], None))
    assert "No edition yet" in text_of(page)
    assert "digest preview" in text_of(page)


def test_each_page_names_the_workspace_of_its_own_caller(parsed: Parsed) -> None:
    for folder in ("/srv/one", "/srv/other"):
        called_for(["preview"], folder, folder)
        assert f"digest -C {folder} preview" in text_of(parsed(browse_page([], None)))


def test_an_empty_edition_says_that_there_was_nothing_to_say(
    view: Views, edition: Callable[..., Edition], parsed: Parsed
) -> None:
    page = parsed(browse_page([view(edition=edition(state=EditionState.SKIPPED), variants=(), stories=())], None))
    assert "Nothing to say in this period" in text_of(page)
