import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from xml.etree.ElementTree import Element

import pytest
from doses import examples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from digest.desk.pages import NEW_TAB, EditionView, StoryRow, VariantView, inlined, preview_page, script_source
from digest.foundation.problems import Place, Problem, Severity
from digest.newsletters.edition import Edition, EditionState, Ruling

Views = Callable[..., EditionView]
Parsed = Callable[[str], Element]

HOSTILE = [
    "</script><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'><svg onload=alert(1)>",
    "</iframe></title></style></pre></p>",
    "<!-- <!--",
    "]]> &amp; &lt; &#0; &notit;",
    "{{ 7 * 7 }}{% raw %}{# #}",
    "javascript:alert(1)",
    "\u2028 \u2029 \u00a0",
]

reasonable = st.text(st.characters(exclude_categories=["Cc", "Cs", "Cn"]), min_size=1, max_size=60)
once_each = settings(
    max_examples=examples(25), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def saying(text: str, view: EditionView) -> EditionView:
    """The edition with `text` wherever a text can stand."""
    edition = replace(view.edition, approved_by=text, approved_at=view.edition.built_at)
    variants = tuple(
        replace(
            one, title=text, subject=text, beside=text, html=text, text=text, headers=(("Subject", text), (text, "1"))
        )
        for one in view.variants
    )
    stories = tuple(
        replace(one, title=text, reason=text, place=text, countries=(text,), topics=(text,)) for one in view.stories
    )
    problem = Problem(place=Place(text, 1), severity=Severity.ERROR, cause=text, remedy=text)
    return replace(
        view,
        edition=edition,
        newsletter_title=text,
        period_title=text,
        variants=variants,
        stories=stories,
        notes=(text,),
        problems=(problem, problem),
    )


def shape(tree: Element) -> list[tuple[str, list[str]]]:
    return [(element.tag, sorted(element.keys())) for element in tree.iter() if isinstance(element.tag, str)]


def text_of(element: Element) -> str:
    return " ".join("".join(element.itertext()).split())


def by_id(tree: Element, identity: str) -> Element:
    found = tree.find(f".//*[@id='{identity}']")
    assert found is not None
    return found


def data_of(tree: Element, index: int) -> Any:
    return json.loads(by_id(tree, f"variant-{index}").text or "")


@pytest.mark.parametrize("live", [True, False])
@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_text_wherever_it_stands(text: str, live: bool, view: Views, parsed: Parsed) -> None:
    page = parsed(preview_page(saying(text, view()), live=live))
    assert shape(page) == shape(parsed(preview_page(saying("plain", view()), live=live)))
    for place in (".//h1", ".//title", ".//h2", ".//*[@class='headline']", ".//*[@class='reason']", ".//td"):
        found = page.find(place)
        assert found is not None
        assert text in "".join(found.itertext())


@once_each
@given(text=reasonable)
def test_no_text_changes_the_structure_of_the_page(text: str, view: Views, parsed: Parsed) -> None:
    page = parsed(preview_page(saying(text, view()), live=False))
    assert shape(page) == shape(parsed(preview_page(saying("plain", view()), live=False)))


@once_each
@given(html=st.text(st.characters(exclude_categories=["Cc", "Cs", "Cn"], include_characters="\n\t\r"), max_size=200))
def test_a_mail_comes_out_of_its_frame_as_it_went_in(
    html: str, view: Views, variant: Callable[..., VariantView], parsed: Parsed
) -> None:
    page = parsed(preview_page(view(variants=(variant(html=html),)), live=False))
    assert data_of(page, 0)["html"] == html + NEW_TAB
    drawn = html.replace("\r\n", "\n").replace("\r", "\n")  # as any parser of HTML reads the mail anyway
    assert [frame.get("srcdoc") for frame in page.findall(".//iframe")] == [drawn + NEW_TAB] * 2


def test_a_text_and_its_spaces_come_out_as_they_went_in(
    view: Views, variant: Callable[..., VariantView], parsed: Parsed
) -> None:
    text = "\n\n  July 2018 \n\n* one\n\ttwo  \n\n"
    page = parsed(preview_page(view(variants=(variant(text=text),)), live=False))
    assert by_id(page, "text").text == text
    assert data_of(page, 0)["text"] == text


def test_every_variant_is_in_the_file_but_only_one_is_in_frames(
    view: Views, variant: Callable[..., VariantView], parsed: Parsed
) -> None:
    variants = tuple(variant(f"v{number}.en", f"Variant {number}") for number in range(60))
    page = parsed(preview_page(view(variants=variants), live=False))
    assert len(page.findall(".//iframe")) == 2
    assert [data_of(page, number)["html"] for number in range(60)] == [one.html + NEW_TAB for one in variants]
    assert "Variant 59" in text_of(by_id(page, "variants"))


def test_a_served_page_holds_no_mail(view: Views, parsed: Parsed) -> None:
    page = parsed(preview_page(view(), live=True, version="abc"))
    assert [frame.get("src") for frame in page.findall(".//iframe")] == ["variant/0.html"] * 2
    assert page.get("data-version") == "abc"
    assert page.find(".//script[@type]") is None


def test_mails_run_no_scripts_and_links_do_not_take_the_page_along(view: Views, parsed: Parsed) -> None:
    for frame in parsed(preview_page(view(), live=False)).findall(".//iframe"):
        allowed = set((frame.get("sandbox") or "allow-all").split())
        assert allowed == {"allow-popups", "allow-popups-to-escape-sandbox", "allow-same-origin"}


@pytest.mark.parametrize("live", [True, False])
def test_the_policy_allows_our_script_alone(live: bool, view: Views, parsed: Parsed) -> None:
    page = parsed(preview_page(view(), live=live))
    policy = page.find(".//meta[@http-equiv='Content-Security-Policy']")
    assert policy is not None
    rules = dict(rule.strip().partition(" ")[::2] for rule in (policy.get("content") or "").split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == script_source("preview.js")
    assert rules["img-src"] == "https: data:"
    assert rules.get("connect-src") == ("'self'" if live else None)
    scripts = [script.text for script in page.findall(".//script") if not script.get("type")]
    assert scripts == [str(inlined("preview.js"))]


def test_the_page_asks_nobody_for_anything(view: Views, parsed: Parsed) -> None:
    page = parsed(preview_page(view(), live=False))
    asked = [element.get(name) for element in page.iter() for name in ("src", "href") if element.get(name)]
    assert {address.partition("/")[0] for address in asked if address} == {"data:,", "#mails", "#stories", "#problems"}


def test_at_a_glance_which_edition_its_state_its_size_and_the_next_step(view: Views, parsed: Parsed) -> None:
    page = parsed(preview_page(view(), live=False))
    head = page.find(".//header")
    assert head is not None
    said = text_of(head)
    for part in (
        "Migration bulletin",
        "July 2018 Draft – ready to approve",
        "1–31 July 2018 · built 5 August 2018, 08:12 CST",
        "Stories 2",
        "Mails 3",
        "Readers 178",
        "1 thing was left out",
        "digest approve 2018-07 --by NAME",
        "A late story from June is in this edition.",
    ):
        assert part in said


def test_where_every_story_went_adds_up_and_names_each_place_and_reason(view: Views, parsed: Parsed) -> None:
    shown = view()
    part = by_id(parsed(preview_page(shown, live=False)), "stories")
    said = text_of(part)
    assert "4 stories = 2 included + 1 no audience + 1 deferred" in said
    for story in shown.stories:
        assert all(words in said for words in (story.title, story.reason, story.place))
    assert [text_of(heading) for heading in part.findall("h3")] == ["No audience 1", "Deferred 1", "Included 2"]
    late = [line for line in part.iter("li") if "late" in text_of(line).split()]
    assert ["26 June 2018" in text_of(line) for line in late] == [True]


def test_every_ruling_has_its_share_of_the_bar(view: Views, story: Callable[..., StoryRow], parsed: Parsed) -> None:
    stories = tuple(story(n, ruling=ruling) for n, ruling in enumerate([*Ruling, Ruling.INCLUDED]))
    page = parsed(preview_page(view(stories=stories), live=False))
    shares = [element for element in page.iter() if str(element.tag).endswith("rect")]
    assert shares[0].get("class") == "included"
    assert sum(int(share.get("width") or 0) for share in shares) == len(stories)
    assert [int(share.get("x") or 0) for share in shares] == [0, *range(2, len(stories))]


def test_problems_say_where_what_and_what_to_do(view: Views, parsed: Parsed) -> None:
    said = text_of(by_id(parsed(preview_page(view(), live=False)), "problems"))
    for words in ("Left out bulletins/june.txt:12:3", "31 June is no date", "write a day that exists"):
        assert words in said
    assert "None: every input was read in full." in text_of(
        by_id(parsed(preview_page(view(problems=()), live=False)), "problems")
    )


def test_a_sent_edition_shows_who_got_it_as_a_sum(sent_view: Views, parsed: Parsed) -> None:
    said = text_of(parsed(preview_page(sent_view(), live=False)))
    assert "178 readers = 175 sent + 2 failed + 1 unsubscribed meanwhile" in said
    assert "approved by Marta, 5 July 2018, 08:00 CST · sent 5 July 2018, 09:02 CST" in said


@pytest.mark.parametrize("live", [True, False])
def test_an_edition_without_variants_says_that_there_is_nothing_to_say(
    live: bool, view: Views, edition: Callable[..., Edition], parsed: Parsed
) -> None:
    skipped = edition(state=EditionState.SKIPPED)
    page = parsed(preview_page(view(edition=skipped, variants=(), stories=()), live=live))
    said = text_of(by_id(page, "mails"))
    assert said == "Nothing to say in this period No story of this period has been collected."
    assert page.find(".//iframe") is None
    left = parsed(preview_page(view(edition=skipped, variants=()), live=live))
    assert "4 stories were looked at, and none found a reader." in text_of(by_id(left, "mails"))


def test_names_of_variants_are_encoded_in_addresses(
    view: Views, variant: Callable[..., VariantView], parsed: Parsed
) -> None:
    page = parsed(preview_page(view(variants=(variant("a b/ñ#%.es"),)), live=False))
    link = by_id(page, "variants").find(".//a")
    assert link is not None
    assert link.get("href") == "#mails/a%20b%2F%C3%B1%23%25.es"
