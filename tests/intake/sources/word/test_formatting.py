"""What a text looks like is part of what it says: links, lists, tables, headings, raised figures, notes."""

from collections.abc import Callable

import pytest
from word_files import paragraph, related, run, table, word_file

from digest.intake.item import FoundItem, Reading

ReadItem = Callable[..., FoundItem]
Named = Callable[..., list[str]]

STYLES = """
<w:style w:type="paragraph" w:styleId="H1"><w:name w:val="heading 1"/><w:rPr><w:b/></w:rPr></w:style>
<w:style w:type="paragraph" w:styleId="Ours"><w:name w:val="Titular"/><w:basedOn w:val="H1"/></w:style>
<w:style w:type="character" w:styleId="Above"><w:rPr><w:vertAlign w:val="superscript"/></w:rPr></w:style>
<w:style w:type="character" w:styleId="Strong"><w:rPr><w:b/></w:rPr></w:style>
<w:style w:type="paragraph" w:styleId="Point"><w:pPr><w:numPr><w:numId w:val="2"/></w:numPr></w:pPr></w:style>
"""
LEVEL = '<w:lvl w:ilvl="{0}"><w:start w:val="{1}"/><w:numFmt w:val="{2}"/><w:lvlText w:val="{3}"/></w:lvl>'  # as Word writes it


def kind(number: int, *levels: str) -> str:
    return f'<w:abstractNum w:abstractNumId="{number}">{"".join(levels)}</w:abstractNum>'


def list_(number: int, of: int, more: str = "") -> str:
    return f'<w:num w:numId="{number}"><w:abstractNumId w:val="{of}"/>{more}</w:num>'


AGAIN = '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride>'
NUMBERING = (
    kind(1, LEVEL.format(0, 1, "decimal", "%1."), LEVEL.format(1, 1, "lowerLetter", "%2)"), LEVEL.format(2, 1, "decimal", "%3."))
    + kind(2, LEVEL.format(0, 1, "bullet", "\uf0b7"))
    + kind(3, LEVEL.format(0, 4, "upperRoman", "Art. %1"), LEVEL.format(1, 1, "decimal", "%1.%2"))
    + list_(1, 1) + list_(2, 2) + list_(3, 3) + list_(4, 1, AGAIN) + list_(5, 1)
)  # fmt: skip
PARTS = {"styles": STYLES, "numbering": NUMBERING}


def point(text: str, number: int = 1, level: int = 0) -> str:
    return paragraph(text, properties=f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr>')


# -- Letters and links.


def test_bold_italics_and_raised_figures_stay(item: ReadItem) -> None:
    body = paragraph(
        "Some 10",
        run("6", '<w:vertAlign w:val="superscript"/>'),
        " or ",
        run("more", "<w:b/>"),
        run(" people", "<w:b/><w:i/>"),
    )

    text = item(body, PARTS).text

    assert text.html == "<p>Some 10<sup>6</sup> or <strong>more</strong><strong><em> people</em></strong></p>"
    assert text.paragraphs == ("Some 10⁶ or more people",)


def test_styles_of_characters_say_the_same(item: ReadItem) -> None:
    body = paragraph(
        "40",
        run("1", '<w:rStyle w:val="Above"/>'),
        run(" officers", '<w:rStyle w:val="Strong"/>'),
        run(" x", '<w:b w:val="0"/>'),
    )

    assert item(body, PARTS).text.html == "<p>40<sup>1</sup><strong> officers</strong> x</p>"


@pytest.mark.parametrize(("moved", "shown"), [("6", "10⁶ people"), ("-6", "10₆ people"), ("1", "106 people")])
def test_a_figure_moved_off_its_line_by_hand_is_raised_or_lowered(moved: str, shown: str, item: ReadItem) -> None:
    position = f'<w:position w:val="{moved}"/>'

    assert item(paragraph("10", run("6", position), " people")).text.paragraphs == (shown,)
    assert item(paragraph(run("In 2018", position))).text.paragraphs == ("In 2018",)  # a whole text, for its looks


def test_raised_figures_in_a_title_stay_raised(read: Callable[..., Reading]) -> None:
    title = paragraph(
        "10",
        run("6", '<w:vertAlign w:val="superscript"/>'),
        " people on the 5",
        run("th", '<w:vertAlign w:val="superscript"/>'),
    )
    [found] = read(word_file(paragraph("5 August 2018") + title + paragraph("Text."))).items

    assert found.text.title == "10⁶ people on the 5th"


def test_a_date_with_a_raised_ending_is_a_date(read: Callable[..., Reading]) -> None:
    date = paragraph("5", run("th", '<w:vertAlign w:val="superscript"/>'), " August 2018")

    assert [each.text.title for each in read(word_file(date + paragraph("A title") + paragraph("Text."))).items] == [
        "A title"
    ]


def field(code: str, told: str) -> str:
    begin, between, end = (f'<w:r><w:fldChar w:fldCharType="{each}"/></w:r>' for each in ("begin", "separate", "end"))
    return f"{begin}<w:r><w:instrText>{code}</w:instrText></w:r>{between}{told}{end}"


@pytest.mark.parametrize(
    ("link", "leads_to"),
    [
        (f'<w:hyperlink r:id="web">{run("here")}</w:hyperlink>', "https://example.org/a?b=1&amp;c=2"),
        (f'<w:hyperlink r:id="web" w:anchor="part">{run("here")}</w:hyperlink>', "https://example.org/a?b=1&amp;c=2#part"),
        (f'<w:hyperlink r:id="mail">{run("here")}</w:hyperlink>', "mailto:office@example.org"),
        (field(' HYPERLINK "https://example.org/f" ', run("here")), "https://example.org/f"),
        (field(' HYPERLINK "https://example.org/f" \\o "a tip" \\t "_blank" ', run("here")), "https://example.org/f"),
        (field(' HYPERLINK "https://example.org/f" \\l "x" ', run("here")), "https://example.org/f#x"),
        (field(" hyperlink https://example.org/f ", run("he") + run("re", "<w:u/>")), "https://example.org/f"),
        (f"<w:fldSimple w:instr='HYPERLINK \"https://example.org/s\"'>{run('here')}</w:fldSimple>", "https://example.org/s"),
        (f'<w:ins><w:hyperlink r:id="web">{run("here")}</w:hyperlink></w:ins>', "https://example.org/a?b=1&amp;c=2"),
    ],
)  # fmt: skip
def test_links_stay_links(link: str, leads_to: str, item: ReadItem) -> None:
    relations = related("web", "hyperlink", "https://example.org/a?b=1&c=2", external=True)
    relations += related("mail", "hyperlink", "mailto:office@example.org", external=True)

    assert (
        item(paragraph("Apply ", link, "."), relations=relations).text.html
        == f'<p>Apply <a href="{leads_to}">here</a>.</p>'
    )


def test_a_link_to_a_file_of_somebody_is_named_and_its_text_kept(item: ReadItem, named: Named) -> None:
    relations = related("x", "hyperlink", "file:///C:/Users/marta/plan.docx", external=True)
    body = paragraph(
        "See ",
        f'<w:hyperlink r:id="x">{run("the ")}{run("plan", "<w:i/>")}</w:hyperlink>',
        f'<w:hyperlink w:anchor="top">{run(".")}</w:hyperlink>',
    )

    assert item(body, relations=relations).text.paragraphs == ("See the plan.",)
    assert named(body, relations=relations) == [
        "warning 3 the link to “file:///C:/Users/marta/plan.docx” is no complete web address; only its text is kept"
    ]


def test_a_link_on_the_title_is_the_link_of_the_story(read: Callable[..., Reading]) -> None:
    relations = related("x", "hyperlink", "https://example.org/story", external=True)
    title = paragraph(f'<w:hyperlink r:id="x">{run("A title")}</w:hyperlink>')

    [found] = read(word_file(paragraph("5 August 2018") + title + paragraph("Text."), relations=relations)).items

    assert (found.text.title, found.text.link) == ("A title", "https://example.org/story")


def test_line_breaks_of_a_paragraph_stay(item: ReadItem) -> None:
    text = item(
        paragraph("Office", "<w:r><w:br/></w:r>", "Street 1", "<w:r><w:cr/></w:r>", "Upala") + paragraph("End.")
    ).text

    assert (text.html, text.paragraphs) == (
        "<p>Office<br>Street 1<br>Upala</p><p>End.</p>",
        ("Office", "Street 1", "Upala", "End."),
    )


def test_a_text_without_formatting_is_plain(item: ReadItem) -> None:
    assert item(paragraph("One.") + paragraph("Two & <b>.")).text.html is None


# -- Lists.


def test_lists_keep_their_numbers_and_bullets(item: ReadItem) -> None:
    body = (
        point("Fill")
        + point("Pay")
        + paragraph("Bring:")
        + point("a photo", 2)
        + paragraph("a pass", properties='<w:pStyle w:val="Point"/>')
        + point("Go", 1)
    )

    text = item(body, PARTS).text

    assert (
        text.html
        == '<ol><li>Fill</li><li>Pay</li></ol><p>Bring:</p><ul><li>a photo</li><li>a pass</li></ul><ol start="3"><li>Go</li></ol>'
    )
    assert text.paragraphs == ("1. Fill", "2. Pay", "Bring:", "• a photo", "• a pass", "3. Go")


def test_a_list_that_begins_anew_begins_anew(item: ReadItem) -> None:
    assert item(point("a") + point("b") + paragraph("And:") + point("c", 4) + point("d", 4), PARTS).text.paragraphs[
        -2:
    ] == ("1. c", "2. d")
    assert item(point("a") + point("b", 5), PARTS).text.paragraphs == ("1. a", "2. b")  # of the same kind: it counts on


def test_levels_stand_inside_each_other_and_count_by_themselves(item: ReadItem) -> None:
    body = point("a") + point("x", 1, 1) + point("deep", 1, 2) + point("y", 1, 1) + point("b") + point("z", 1, 1)

    text = item(body, PARTS).text

    inside = "<p>a) x</p><ol><li>deep</li></ol><p>b) y</p>"
    assert text.html == f"<ol><li>a{inside}</li><li>b<p>a) z</p></li></ol>"
    assert text.paragraphs == ("1. a", "a) x", "1. deep", "b) y", "2. b", "a) z")


def test_numbers_of_other_forms_are_written_out(item: ReadItem) -> None:
    assert item(point("First", 3) + point("Under", 3, 1) + point("Next", 3), PARTS).text.paragraphs == (
        "Art. IV First",
        "IV.1 Under",
        "Art. V Next",
    )


@pytest.mark.parametrize("mark", ["vanish", "del"])
def test_a_point_that_word_does_not_show_is_not_counted(mark: str, item: ReadItem) -> None:
    properties = f'<w:numPr><w:numId w:val="1"/></w:numPr><w:rPr><w:{mark}/></w:rPr>'
    gone = paragraph(run("HUSH", "<w:vanish/>"), properties=properties)

    assert item(point("a") + gone + point("b"), PARTS).text.paragraphs == ("1. a", "2. b")


@pytest.mark.parametrize("words", [(), (run("old", "<w:strike/>"),)])
def test_a_point_without_words_keeps_its_number(words: tuple[str, ...], item: ReadItem) -> None:
    emptied = paragraph(*words, properties='<w:numPr><w:numId w:val="1"/></w:numPr>')

    text = item(point("a") + emptied + point("See 1"), PARTS).text

    assert text.paragraphs == ("1. a", "3. See 1")
    assert text.html == '<ol><li>a</li></ol><ol start="3"><li>See 1</li></ol>'


def test_a_level_that_never_begins_anew_counts_on(item: ReadItem) -> None:
    counts_on = NUMBERING.replace('<w:lvl w:ilvl="1">', '<w:lvl w:ilvl="1"><w:lvlRestart w:val="0"/>')
    body = point("One") + point("x", 1, 1) + point("Two") + point("y", 1, 1)

    assert item(body, {**PARTS, "numbering": counts_on}).text.paragraphs == ("1. One", "a) x", "2. Two", "b) y")


def test_number_zero_takes_a_paragraph_out_of_its_list(item: ReadItem) -> None:
    body = paragraph("No point.", properties='<w:pStyle w:val="Point"/><w:numPr><w:numId w:val="0"/></w:numPr>')

    assert item(body, PARTS).text.paragraphs == ("No point.",)


# -- Tables.


def test_a_row_that_begins_further_right_keeps_its_columns(item: ReadItem) -> None:
    indented = table(("Mon", "8–16")).replace("<w:tr>", '<w:tr><w:trPr><w:gridBefore w:val="1"/></w:trPr>')
    whole = table(("Place", "Days", "Hours")).replace("</w:tbl>", indented[indented.index("<w:tr>") :])

    assert "<tr><td></td><td>Mon</td><td>8–16</td></tr>" in (item(whole).text.html or "")


def test_what_lies_under_a_merged_cell_is_hidden(item: ReadItem, named: Named) -> None:
    merged = "<w:tc><w:tcPr><w:vMerge{}/></w:tcPr>{}</w:tc><w:tc>{}</w:tc>"
    rows = [
        merged.format(' w:val="restart"', paragraph("Upala"), paragraph("Mon")),
        merged.format("", paragraph("HUSH"), paragraph("Tue")),
    ]
    body = f"<w:tbl>{''.join(f'<w:tr>{row}</w:tr>' for row in rows)}</w:tbl>"

    assert item(body).text.paragraphs == ("Upala · Mon", "Upala · Tue")
    assert any("hidden text is left out" in each for each in named(body))


def test_a_table_stays_a_table(item: ReadItem) -> None:
    body = paragraph("Open:") + table(("Place", "Hours"), ("Upala", "8–16"), ("Liberia", "")) + paragraph("End.")

    text = item(body).text

    assert text.html == (
        "<p>Open:</p><table><tr><td>Place</td><td>Hours</td></tr><tr><td>Upala</td><td>8–16</td></tr>"
        "<tr><td>Liberia</td><td></td></tr></table><p>End.</p>"
    )
    assert text.paragraphs == ("Open:", "Place · Hours", "Upala · 8–16", "Liberia ·", "End.")


def test_a_first_row_that_names_the_columns_is_a_header(item: ReadItem) -> None:
    rows = (("Place", "Hours"), ("Upala", "8–16"))
    for properties in ('<w:tblLook w:firstRow="1"/>', '<w:tblLook w:val="0020"/>'):
        assert "<th>Place</th>" in (item(table(*rows, properties=properties)).text.html or "")
    bold = tuple(paragraph(run(text, "<w:b/>")) for text in rows[0])
    assert "<th><strong>Place</strong></th>" in (item(table(bold, rows[1])).text.html or "")
    for first in (("Upala", "8–16"), ("", "Hours")):
        html = item(table(first, ("Liberia", "9–12"), properties='<w:tblLook w:firstRow="1"/>')).text.html
        assert "<th>" not in (html or "")


def test_what_stands_across_rows_stands_in_each_and_across_columns_in_the_first(item: ReadItem) -> None:
    def row(*cells: tuple[str, str]) -> str:
        return f"<w:tr>{''.join(f'<w:tc><w:tcPr>{how}</w:tcPr>{paragraph(text)}</w:tc>' for text, how in cells)}</w:tr>"

    wide, begins, goes_on = '<w:gridSpan w:val="2"/>', '<w:vMerge w:val="restart"/>', "<w:vMerge/>"
    rows = (
        row(("Place", ""), ("Hours", wide))
        + row(("Upala", begins), ("Mon", ""), ("8–16", ""))
        + row(("", goes_on), ("Sat", ""), ("8–12", ""))
    )
    assert item(f"<w:tbl>{rows}</w:tbl>").text.paragraphs == (
        "Place · Hours ·",
        "Upala · Mon · 8–16",
        "Upala · Sat · 8–12",
    )


def test_lists_links_and_tables_inside_of_a_cell_stay_in_its_row(item: ReadItem) -> None:
    inner = table(("x", "y"), ("z", "w"))
    cell = f"<w:p><w:r><w:t>a</w:t></w:r></w:p>{point('b')}{inner}<w:p/>"

    assert item(table((cell, "c"), ("d", "e")), PARTS).text.paragraphs == ("a 1. b x · y z · w · c", "d · e")


def test_a_table_that_is_a_layout_is_read_as_items(read: Callable[..., Reading]) -> None:
    whole = table(("5 August 2018", "A title", "It was long."), ("4 August 2018", "Another", "So was this."))
    framed = table((paragraph("5 August 2018") + paragraph("A title") + paragraph("It was long."),))
    after = paragraph("6 August 2018") + paragraph("First") + paragraph("Text.") + whole

    assert [each.text.title for each in read(word_file(whole)).items] == ["A title", "Another"]
    assert [each.text.paragraphs for each in read(word_file(framed)).items] == [("It was long.",)]
    assert [each.text.title for each in read(word_file(after)).items] == ["First", "A title", "Another"]


def test_dates_in_a_table_of_data_begin_no_item(read: Callable[..., Reading]) -> None:
    plan = table(("Date", "Place"), ("7 August 2018", "Upala"), ("8 August 2018", "Liberia"))
    reading = read(word_file(paragraph("5 August 2018") + paragraph("A title") + paragraph("The plan:") + plan))

    [found] = reading.items
    assert found.text.paragraphs == ("The plan:", "Date · Place", "7 August 2018 · Upala", "8 August 2018 · Liberia")
    assert not reading.problems


def test_tables_five_deep_are_read(item: ReadItem) -> None:
    deep = paragraph("deepest")
    for number in range(5):
        deep = table((deep + paragraph(f"under {number}"), "beside"))

    assert item(deep).text.paragraphs == (
        "deepest under 0 · beside under 1 · beside under 2 · beside under 3 · beside under 4 · beside",
    )


# -- Headings and notes.


def test_a_heading_inside_a_body_is_a_heading(item: ReadItem) -> None:
    body = (
        paragraph("Text.") + paragraph("Who may apply", properties='<w:pStyle w:val="Ours"/>') + paragraph("Anybody.")
    )

    assert item(body, PARTS).text.html == "<p>Text.</p><h4>Who may apply</h4><p>Anybody.</p>"


def test_a_heading_above_its_date_is_a_title(read: Callable[..., Reading]) -> None:
    def heading(text: str) -> str:
        return paragraph(text, properties='<w:pStyle w:val="H1"/>')

    body = (
        heading("First title") + paragraph("5 August 2018") + paragraph("It was long.")
        + heading("Second title") + paragraph("") + paragraph("4 August 2018") + paragraph("So was this.")
    )  # fmt: skip
    reading = read(word_file(body, PARTS))

    assert [(each.text.title, each.text.paragraphs) for each in reading.items] == [
        ("First title", ("It was long.",)),
        ("Second title", ("So was this.",)),
    ]
    assert not reading.problems


def test_the_heading_of_the_whole_file_is_no_title_of_its_first_item(read: Callable[..., Reading]) -> None:
    body = (
        paragraph("News of August", properties='<w:pStyle w:val="H1"/>')
        + paragraph("5 August 2018")
        + paragraph("A title")
        + paragraph("Text.")
    )
    reading = read(word_file(body, PARTS))

    assert [each.text.title for each in reading.items] == ["A title"]
    assert "News of August" in reading.problems[0].cause


def test_notes_are_carried_with_their_marks(item: ReadItem, named: Named) -> None:
    parts = {
        "footnotes": '<w:footnote w:type="separator" w:id="0"><w:p/></w:footnote>'
        f'<w:footnote w:id="7">{paragraph("<w:r><w:footnoteRef/></w:r>", " Law 8,", run(" HUSH", "<w:vanish/>"), " of May.")}</w:footnote>',
        "endnotes": f'<w:endnote w:id="7">{paragraph("Source: ours.")}</w:endnote>',
    }
    body = paragraph(
        "The law",
        '<w:r><w:footnoteReference w:id="7"/></w:r>',
        " changed.",
        '<w:r><w:endnoteReference w:id="7"/></w:r>',
    )

    text = item(body, parts).text

    assert (
        text.html
        == "<p>The law<sup>1</sup> changed.<sup>i</sup></p><p><sup>1</sup> Law 8, of May.</p><p><sup>i</sup> Source: ours.</p>"
    )
    assert text.paragraphs == ("The law¹ changed.ⁱ", "¹ Law 8, of May.", "ⁱ Source: ours.")
    assert named(body, parts) == ["warning 3 hidden text is left out"]


def test_each_item_has_its_own_notes(read: Callable[..., Reading]) -> None:
    def noted(id_: str) -> str:
        return f'<w:r><w:footnoteReference w:id="{id_}"/></w:r>'

    parts = {"footnotes": "".join(f'<w:footnote w:id="{id_}">{paragraph(f"Note {id_}.")}</w:footnote>' for id_ in "ab")}
    body = "".join(
        paragraph(f"{day} August 2018") + paragraph("Title") + paragraph("Text.", noted(id_))
        for day, id_ in ((5, "a"), (4, "b"))
    )

    assert [each.text.paragraphs for each in read(word_file(body, parts)).items] == [
        ("Text.¹", "¹ Note a."),
        ("Text.²", "² Note b."),
    ]
