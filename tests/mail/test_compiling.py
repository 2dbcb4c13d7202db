"""What a person who writes templates meets."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from lxml import etree

from digest.errors import ConfigurationError
from digest.foundation.files import data_folder
from digest.mail.compiling import compiled
from digest.mail.content import VariantContent
from digest.mail.renderer import TemplateRenderer
from digest.mail.templates import Templates

Variant = Callable[..., VariantContent]

MJML = "<mjml><mj-body><mj-section><mj-column><mj-text>{}</mj-text></mj-column></mj-section></mj-body></mjml>"
JINJA = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)


@pytest.fixture
def render(tmp_path: Path, variant: Variant) -> Callable[..., str]:
    """Render a set made of these parts, in the place of the standard one; the HTML comes back."""

    def rendered(body: str, text: str = "text", subject: str = "subject", *, language: str = "en", **files: str) -> str:
        folder = tmp_path / "bulletin"
        folder.mkdir(exist_ok=True)
        parts = {"edition.mjml": MJML.format(body), "edition.txt": text, "subject.txt": subject}
        for name, content in (parts | files).items():
            (folder / name).write_text(content, encoding="utf-8")
        renderer = TemplateRenderer(tmp_path, lambda kind, value, language: value, has_public_url=False)
        return renderer.render(variant(2, language)).html

    return rendered


def test_the_shipped_template_is_well_formed_and_holds_no_angle_bracket_in_its_jinja() -> None:
    for path in data_folder("templates").glob("*/edition.mjml"):
        source = path.read_text(encoding="utf-8")
        assert not [tag for tag in JINJA.findall(source) if "<" in tag]
        plain = JINJA.sub("x", source)
        for entity in ("middot", "emsp", "nbsp", "ndash", "zwnj"):
            plain = plain.replace(f"&{entity};", "x")
        etree.fromstring(plain)
        literals = re.findall(r'="([^"]*)"', JINJA.sub("", source))
        assert all(
            each.isascii() and each.isprintable() and "\\" not in each for each in literals
        )  # the compiler mangles others
        assert all("alt=" in image for image in re.findall(r"<mj-image\s[^>]*src[^>]*>", source))


def test_a_template_is_compiled_once_for_each_language() -> None:
    template_set = Templates(None).read("bulletin")
    again = Templates(None).read("bulletin")
    assert compiled(template_set, "en") is compiled(again, "en")
    assert compiled(template_set, "en") is not compiled(template_set, "es")


def test_a_changed_template_is_seen_by_the_next_renderer(render: Callable[..., str]) -> None:
    assert "first" in render("first")
    assert "second" in render("second")


def test_a_mistake_in_jinja_is_named_with_file_and_line(render: Callable[..., str]) -> None:
    with pytest.raises(ConfigurationError, match=r"edition\.mjml:2: "):
        render("one\n{{ two")
    with pytest.raises(ConfigurationError, match=r"edition\.txt:3: "):
        render("fine", text="one\ntwo\n{% endfor %}")
    with pytest.raises(ConfigurationError, match=r"subject\.txt:1: "):
        render("fine", subject="{{ }}")


def test_what_is_no_mjml_is_said_to_be_none(render: Callable[..., str]) -> None:
    with pytest.raises(ConfigurationError, match="'<' inside Jinja"):
        render("{% if 1 < 2 %}x{% endif %}")
    with pytest.raises(ConfigurationError, match="<mj-foo> is no MJML tag"):
        render("</mj-text><mj-foo>x</mj-foo><mj-text>")


def test_an_unknown_variable_is_named(render: Callable[..., str]) -> None:
    with pytest.raises(ConfigurationError, match="'newsleter' is undefined"):
        render("{{ newsleter }}")
    with pytest.raises(ConfigurationError, match="has no attribute 'titel'"):
        render("{{ lead.titel }}")


@pytest.mark.parametrize(
    "expression",
    [
        "{{ lead.__class__.__mro__ }}",
        "{{ lead.title.__class__ }}",
        "{{ ''.__class__.__base__.__subclasses__() }}",
        "{{ sections.__class__ }}",
        "{{ range(100000)|length }}",
        "{{ lead.title.format.__globals__ }}",
    ],
)
def test_the_sandbox_has_no_door(render: Callable[..., str], expression: str) -> None:
    with pytest.raises(ConfigurationError):
        render(expression)


def test_a_file_of_the_set_can_be_included_and_nothing_else(render: Callable[..., str], tmp_path: Path) -> None:
    inside = "</mj-text><mj-include path='part.mjml' /><mj-text>"
    assert "from the part" in render(inside, **{"part.mjml": "<mj-text>from the part</mj-text>"})
    (tmp_path / "secret.mjml").write_text("<mj-text>secret</mj-text>", encoding="utf-8")
    for path in ("../secret.mjml", str(tmp_path / "secret.mjml"), "/etc/passwd"):
        with pytest.raises(ConfigurationError, match="the set has no part"):
            render(f"</mj-text><mj-include path='{path}' /><mj-text>")


def test_a_sets_own_words_are_translated_and_others_stay_english(render: Callable[..., str], tmp_path: Path) -> None:
    folder = tmp_path / "locale" / "es" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    head = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n'
    (folder / "bulletin.po").write_text(f'{head}msgid "Good day"\nmsgstr "Buen día"\n', encoding="utf-8")
    html = render("{{ _('Good day') }} {{ _('Good night') }} {{ _('Unsubscribe') }}", language="es")
    assert "Buen día Good night Cancelar la suscripción" in html


def test_no_font_comes_from_elsewhere(render: Callable[..., str]) -> None:
    assert "fonts.googleapis" not in render("plain")
