"""The tab of the preview that shows who answered for which part."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import Element

import pytest

from digest.desk.pages import EditionView, preview_page
from digest.editions.reviews import Part, PartAnswer, PartReview, PartStatus, PartView
from digest.foundation.addresses import NamedAddress
from digest.mail.content import Rendered, Variant
from digest.newsletters.newsletter import Audience, Localised, ReviewRule, Unanswered

if TYPE_CHECKING:
    from playwright.sync_api import Browser

Views = Callable[..., EditionView]
Parsed = Callable[[str], Element]

HOSTILE = '</td></table><script>alert(1)</script>"><img src=x onerror=alert(1)>{{ 7 * 7 }}'


def part_view(name: str = "guatemala", standing: PartStatus = PartStatus.UNANSWERED, **changes: Any) -> PartView:
    answered = standing is not PartStatus.UNANSWERED
    answer = PartAnswer(
        part=name,
        fingerprint="f",
        approved=standing is PartStatus.APPROVED,
        by="Marta",
        at=datetime(2018, 8, 3, 15, tzinfo=UTC),
        because="two errors" if standing is PartStatus.REFUSED else None,
    )
    variant = Variant(
        name=f"{name}.en",
        language="en",
        audiences=(name,),
        story_ids=("a", "b"),
        rendered=Rendered(subject="s", html="h", text="t", message=b"m"),
        fingerprint="f",
    )
    values: dict[str, Any] = {
        "part": Part(
            audience=Audience(name=name, title=Localised(everywhere=name.title())),
            variants=(variant,),
            fingerprint="f",
        ),
        "code": "K7Q2MD",
        "title": name.title(),
        "review": ReviewRule(
            reviewers=(NamedAddress(name="Marta", address="marta@example.org"),), then=Unanswered.HOLD
        ),
        "reviewed": PartReview(status=standing, answer=answer if answered else None),
        "stories": ("One", "Two"),
        "readers": 120,
    }
    return PartView(**(values | changes))


def words(element: Element | None) -> str:
    assert element is not None
    return " ".join("".join(element.itertext()).split())


def test_a_newsletter_without_reviewers_has_no_tab(view: Views, parsed: Parsed) -> None:
    page = parsed(preview_page(view(), live=False))
    assert page.find(".//*[@id='review']") is None
    assert page.find(".//a[@data-part='review']") is None


@pytest.mark.parametrize(
    ("standing", "said"),
    [
        (PartStatus.APPROVED, "Approved Marta, 3 August 2018, 09:00 CST"),
        (PartStatus.REFUSED, "Refused Marta, 3 August 2018, 09:00 CST: two errors"),
        (PartStatus.CHANGED, "Changed since the answer Marta, 3 August 2018, 09:00 CST"),
        (PartStatus.UNANSWERED, "No answer yet"),
    ],
)
def test_a_row_says_who_answered_what(view: Views, parsed: Parsed, standing: PartStatus, said: str) -> None:
    page = parsed(preview_page(view(parts=(part_view(standing=standing),)), live=False))
    (row,) = page.findall(".//*[@id='review']//tbody/tr")
    cells = [words(cell) for cell in row]
    assert cells[0] == "Guatemala 2 stories · 120 readers"
    assert cells[1] == "Reviewers: Marta"
    assert cells[2] == said
    assert cells[3] == "Code: K7Q2MD"
    assert cells[4] == "Without an answer: The edition waits for a person."


def test_the_tab_counts_the_answers_that_hold(view: Views, parsed: Parsed) -> None:
    parts = tuple(part_view(f"part-{number}", standing) for number, standing in enumerate(PartStatus))
    page = parsed(preview_page(view(parts=parts), live=False))
    assert words(page.find(".//a[@data-part='review']")) == "Review 2 of 4"


@pytest.mark.parametrize("then", list(Unanswered))
def test_every_silence_has_its_words(view: Views, parsed: Parsed, then: Unanswered) -> None:
    shown = part_view(review=ReviewRule(reviewers=(), then=then))
    page = parsed(preview_page(view(parts=(shown,)), live=False))
    (row,) = page.findall(".//*[@id='review']//tbody/tr")
    assert "nobody in particular" in words(row[1])
    assert words(row[4]).endswith(".")


def test_hostile_words_stay_words(view: Views, parsed: Parsed) -> None:
    answer = PartAnswer(
        part="x",
        fingerprint="f",
        approved=False,
        by=HOSTILE,
        at=datetime(2018, 8, 3, 15, tzinfo=UTC),
        because=HOSTILE,
    )
    shown = part_view(
        title=HOSTILE,
        review=ReviewRule(reviewers=(NamedAddress(name=HOSTILE, address="a@example.org"),), then=Unanswered.SEND),
        reviewed=PartReview(status=PartStatus.REFUSED, answer=answer),
    )
    section = parsed(preview_page(view(parts=(shown,)), live=False)).find(".//*[@id='review']")
    assert section is not None
    assert [section.findall(f".//{name}") for name in ("script", "img")] == [[], []]
    assert words(section).count(HOSTILE) == 4


@pytest.mark.browser
@pytest.mark.parametrize("width", [360, 1280])
def test_the_tab_opens_and_leads_to_the_mails_without_running_over(
    browser: "Browser", view: Views, tmp_path: Any, width: int
) -> None:
    parts = (part_view(), part_view("children", PartStatus.REFUSED))
    (tmp_path / "look.html").write_text(preview_page(view(parts=parts), live=False), encoding="utf-8")
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.goto((tmp_path / "look.html").as_uri())
    assert page.locator("#review").is_hidden()
    page.get_by_role("link", name="Review").click()
    page.locator("#review").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.locator("#review th a").first.click()
    page.locator("#mails").wait_for()
    assert page.locator("#review").is_hidden()
    page.close()
