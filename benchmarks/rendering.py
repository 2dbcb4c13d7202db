"""One variant of 10 stories → HTML, text and message, against one `mjml2html` of the same document."""

from measuring import Row, in_turns, ratio
from mjml import mjml2html
from samples import content

from digest.mail.compiling import compiled, environment_of
from digest.mail.page import page_of
from digest.mail.renderer import TemplateRenderer
from digest.mail.templates import Templates

TIMES = 50


def title(_kind: str, value: str, _language: str) -> str:
    return value


def rows() -> list[Row]:
    variant = content()
    renderer = TemplateRenderer(None, title, has_public_url=True)
    document = expanded(variant)
    assert len(mjml2html(document, disable_comments=True, fonts={})) > 20_000
    ours, yardstick = in_turns(
        lambda: [renderer.render(variant) for _ in range(TIMES)],
        lambda: [mjml2html(document, disable_comments=True, fonts={}) for _ in range(TIMES)],
    )
    return [ratio("one variant of 10 stories", ours / TIMES, yardstick / TIMES, 2, "one mjml2html of the document")]


def expanded(variant: object) -> str:
    """The MJML document with the stories filled in before it is compiled: what one would do without our way."""
    template_set = Templates(None).read("bulletin")
    words = compiled(template_set, "en").words
    page = page_of(variant, words, title, has_public_url=True)
    environment = environment_of(words.translations, autoescape=True)
    document = environment.from_string(template_set.part("edition.mjml")).render({**vars(page), "subject": "Subject"})
    return document.replace("\x00", "-")
