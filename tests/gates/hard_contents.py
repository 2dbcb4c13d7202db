"""What is hardest to show, as an editor may write it: sixteen contents, each of them as a story's text."""

from collections.abc import Iterable
from dataclasses import replace

from sample_mails import IMAGE

from digest.intake.item import Text
from digest.intake.sources.markdown import markdown_body
from digest.mail.content import Section, Shown, VariantContent

_WORD = "Donaudampfschifffahrtsgesellschaftskapitänswitwenrente"
_ADDRESS = f"https://bulletin.example.org/{'a-part-that-goes-on/' * 8}report-of-the-month.html"
_LINE = f"digest collect --source newsroom --verbose --into=/srv/bulletin/{'incoming/' * 12}guatemala"
_LONG = "The working group of eight countries on welcome and orientation agrees on a common form, "
_TABLE = "| Town | Families | Beds |\n|---|---|---|\n| Jocotán | 120 | 40 |\n| Malacatán | 98 | 32 |\n"
_ARABIC = "وقّعت أربع عشرة بلدية في غواتيمالا اتفاقاً على نموذج واحد لاستقبال العائدين."
_JAPANESE = "グアテマラの十四の自治体が、帰還者を迎える共通の方法に合意しました。八月から始まります。"


def _text(title: str, markdown: str) -> Text:
    paragraphs, html = markdown_body(markdown)
    return Text(title=title, paragraphs=paragraphs, html=html, link="https://bulletin.example.org/hard")


HARD = {
    "code in a fence": _text("How to run the counter", f"Run this:\n\n```\n{_LINE}\n    indented\n```\n"),
    "code by four spaces": _text("The same by hand", f"Run this:\n\n    {_LINE}\n\nand `{_LINE}` too."),
    "a table of twelve columns": _text(
        "The year in figures",
        f"|{'|'.join(f'Desamparados {each}' for each in range(12))}|\n|{'---|' * 12}\n|{'1,250|' * 12}\n",
    ),
    "a table of long words": _text("Who pays", f"| {_WORD} | Mon–Fri |\n|---|---|\n| {_ADDRESS} | {_WORD} |\n"),
    "quotations in quotations": _text("Voices", f"> One voice.\n>\n> > {_WORD}\n> >\n> > > {_ADDRESS}\n"),
    "lists four deep": _text(
        "What to bring",
        f"- one\n  - two\n    1. three\n       - {_WORD}\n\n         ```\n         {_LINE}\n         ```\n",
    ),
    "terms and what they mean": _text("In plain words", f"Welcome\n: what is said first\n\n{_WORD}\n: {_ADDRESS}\n"),
    "a table in a quotation in a list": _text("All at once", "- > One.\n  >\n" + _TABLE.replace("|", "  > |", 1)),
    "a word that never ends": _text(_WORD * 2, f"{_WORD * 3} and {_WORD}/{_WORD}."),
    "an address as it is": _text("Where to look", f"See {_ADDRESS} and <{_ADDRESS}> and www.example.org/{_WORD}."),
    "a title of 280 characters": _text((_LONG * 4)[:280].strip(), f"{_LONG}and says so."),
    "a title that is an address": _text(_ADDRESS, "It is the address of the report."),
    "a picture without a size": replace(
        _text("A map", "It shows the route."), image=IMAGE, image_alt=f"A map. {_LONG}"
    ),
    "headings, figures, notes": _text(
        "A report", f"#### {_LONG}\n\nWater H~2~O, note[^1], ~~gone~~.\n\n---\n\n{'1250 ' * 40}\n\n[^1]: {_ADDRESS}\n"
    ),
    "Arabic": _text(
        "أربع عشرة بلدية في غواتيمالا تتفق على نموذج واحد", f"{_ARABIC}\n\n- {_ARABIC}\n\n> {_ARABIC}\n\n{_TABLE}"
    ),
    "Japanese": _text("グアテマラの十四自治体が合意", f"{_JAPANESE * 6}\n\n- {_JAPANESE}\n"),
}
LANGUAGES = {"Arabic": "ar", "Japanese": "ja"}


def with_hard(content: VariantContent, named: Iterable[str]) -> VariantContent:
    """The mail with each of them as a story, the first one at its head as well; its author's name is long, too."""
    lead, stories = content.lead, []
    assert lead is not None
    for place, name in enumerate(named):
        text = replace(HARD[name], author=f"Country office, {_WORD}" if place == 0 else None)
        item = replace(lead.item, id=f"hard-{place}", text=text, language=LANGUAGES.get(name, lead.item.language))
        stories.append(replace(lead, story_id=f"hard-{place}", item=item, other=None))
    head: Shown = replace(stories[0], story_id="hard-lead")
    return replace(content, lead=head, sections=(Section(key=None, stories=tuple(stories)),))
