"""What is hardest to show fits every window, in every set, with and without what a mail program leaves of a mail.

`make scorecard` shows each of the sixteen contents by itself, at every width; the daily tests all of them at once, at
the least width.
"""

import re

import pytest
from doses import FULL, dose
from hard_contents import HARD, with_hard
from mail_programs import as_gmail, as_outlook
from sample_mails import Mail

pytestmark = pytest.mark.browser

WIDTHS = dose((320,), (320, 360, 600, 800))
TOO_WIDE = "document.documentElement.scrollWidth - window.innerWidth"
# Of every element with words of the script itself: the language that it says, and the direction in which it is read.
SPOKEN = """(script) => [...document.body.querySelectorAll("*")].filter((each) => [...each.childNodes].some(
    (node) => node.nodeType === 3 && new RegExp(`\\\\p{Script=${script}}`, "u").test(node.data)))
  .map((each) => `${each.closest("[lang]").lang} ${getComputedStyle(each).direction}`)"""
# Words that stand in place of a picture are as large as others, and in the mail's own typeface.
SMALL = """() => [...document.images].filter((each) => each.alt && each.style.fontSize !== "" &&
  parseFloat(getComputedStyle(each).fontSize) < 14 || /Times/.test(getComputedStyle(each).fontFamily))
  .map((each) => each.outerHTML)"""
SIDES = """() => [...document.querySelectorAll("h2, h3, [lang] > p, .body p")].filter((each) =>
  /\\p{Script=Arabic}/u.test(each.textContent)).map((each) => getComputedStyle(each).textAlign)"""
ALONE = [[name] for name in HARD] if FULL else []
SCRIPTS = {"Arabic": ("ar rtl",), "Hiragana": ("ja ltr",)}


def without_styles(html):
    return re.sub(r"<style.*?</style>", "", html, flags=re.DOTALL)


@pytest.fixture(scope="module")
def hard(renderer, composer, edition, mails):
    """(set, language) → the mails with hard contents: all at once, and each alone where there is time for it."""

    def made(template, language):
        whole = mails[f"{template}-{language}-10"].content
        for named in ([*HARD], *ALONE):
            content = with_hard(whole, named)
            rendered = renderer.render(content)
            yield Mail(
                template=template,
                language=language,
                count=len(named),
                content=content,
                subject=rendered.subject,
                html=composer.sample_body(edition, rendered.html),
                text=composer.sample_body(edition, rendered.text),
                message=b"",
            )

    return made


def looks(html):
    """As mail programs leave it, and at which widths those are used."""
    yield "", html, WIDTHS
    yield " without style blocks", without_styles(html), WIDTHS
    yield " in Gmail, simulated", as_gmail(html), WIDTHS
    yield " in Outlook, simulated", as_outlook(html), (800,)


@pytest.mark.parametrize("language", dose(("en",), ("en", "es")))
def test_hard_contents_are_no_wider_than_the_window(window, card, hard, template, language):
    for mail in hard(template, language):
        for named, html, widths in looks(mail.html):
            for width in widths:
                window.show(html, width)
                gate = f"hard contents: pixels too wide at {width} px{named}"
                card(mail, "Client support", gate, window.evaluate(TOO_WIDE))


@pytest.mark.parametrize("language", dose(("es",), ("en", "es")))
def test_arabic_and_japanese_are_said_to_be_what_they_are(window, card, hard, template, language):
    mail = next(hard(template, language))
    window.show(mail.html, 360)
    for script, right in SCRIPTS.items():
        found = window.evaluate(SPOKEN, script)
        assert found
        card(mail, "Accessibility", f"{script}: words in another language or direction", set(found) - set(right))


@pytest.mark.parametrize("language", dose(("en",), ("en", "es")))
def test_a_mail_can_be_read_with_its_pictures_off(window, card, hard, template, language):
    mail = next(hard(template, language))
    shown = re.sub(r'src="[^"]*"', 'src="data:,"', mail.html)
    for width in WIDTHS:
        window.show(shown, width)
        card(mail, "Client support", f"pictures off: pixels too wide at {width} px", window.evaluate(TOO_WIDE))
    card(
        mail, "Client support", "pictures off: words in their place that are small or in Times", window.evaluate(SMALL)
    )


def test_a_line_that_does_not_break_is_too_wide(window, mails):
    broken = mails["bulletin-en-10"].html.replace(
        "</p>", "</p><pre>digest collect --source newsroom --verbose</pre>", 1
    )
    for html in (broken, as_gmail(broken), as_outlook(broken)):
        window.show(html, 320)
        assert window.evaluate(TOO_WIDE) > 0


@pytest.mark.parametrize("language", dose(("en",), ("en", "es")))
def test_lines_of_arabic_begin_at_their_side(window, card, hard, template, language):
    mail = next(hard(template, language))
    window.show(mail.html, 360)
    sides = window.evaluate(SIDES)
    assert sides
    card(mail, "Accessibility", "lines of Arabic that begin at the left", [side for side in sides if side != "right"])


def test_arabic_that_is_called_english_is_seen(window):
    window.show('<body lang="en"><p>وقّعت</p></body>', 360)
    assert window.evaluate(SPOKEN, "Arabic") == ["en ltr"]


def test_words_in_place_of_a_picture_that_are_small_are_seen(window):
    window.show('<body style="font-family:Arial"><img src="data:," alt="A map" style="font-size:13px"></body>', 360)
    assert len(window.evaluate(SMALL)) == 1
