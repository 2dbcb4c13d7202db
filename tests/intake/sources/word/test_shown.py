"""What Word shows is read, what it does not show never leaves, what cannot be carried is named."""

from collections.abc import Callable

import pytest
from word_files import NAMES, paragraph, related, run, table, word_file

from digest.intake.item import FoundItem, Reading, Struck
from digest.intake.sources.draft import Findings
from digest.intake.sources.word.reading import read_word

ReadItem = Callable[..., FoundItem]
Named = Callable[..., list[str]]

STYLES = """
<w:style w:type="paragraph" w:styleId="Secret"><w:name w:val="Secret"/><w:rPr><w:vanish/></w:rPr></w:style>
<w:style w:type="paragraph" w:styleId="Deeper"><w:basedOn w:val="Secret"/></w:style>
<w:style w:type="paragraph" w:styleId="Open"><w:basedOn w:val="Secret"/><w:rPr><w:vanish w:val="0"/></w:rPr></w:style>
<w:style w:type="character" w:styleId="Note"><w:rPr><w:vanish w:val="true"/></w:rPr></w:style>
<w:style w:type="character" w:styleId="Gone"><w:rPr><w:strike/></w:rPr></w:style>
<w:style w:type="character" w:styleId="Above"><w:rPr><w:vertAlign w:val="superscript"/></w:rPr></w:style>
<w:style w:type="table" w:styleId="Hush"><w:rPr><w:vanish/></w:rPr></w:style>
"""


def style(name: str) -> str:
    return f'<w:pStyle w:val="{name}"/>'


# -- Hidden text.

BOX = f"<v:textbox><w:txbxContent>{paragraph('HUSH')}</w:txbxContent></v:textbox>"
HUSH = "<m:r><m:t>HUSH</m:t></m:r>"


@pytest.mark.parametrize(
    "hidden",
    [
        paragraph("Seen.", run(" HUSH", "<w:vanish/>")),
        paragraph("Seen.", run(" HUSH", '<w:vanish w:val="1"/>')),
        paragraph("Seen.", run(" HUSH", '<w:rStyle w:val="Note"/>')),
        paragraph("Seen.", run(" HUSH", "<w:vanish/><w:specVanish/>")),
        paragraph("Seen.") + paragraph("HUSH", properties=style("Secret")),
        paragraph("Seen.") + paragraph("HUSH", properties=style("Deeper")),
        paragraph("Seen.") + paragraph(run("HUSH", "<w:vanish/>"), properties="<w:rPr><w:vanish/></w:rPr>"),
        paragraph("Seen.") + table(("HUSH", "HUSH"), properties='<w:tblStyle w:val="Hush"/>'),
        paragraph("Seen.")
        + f"<w:tbl><w:tr><w:trPr><w:hidden/></w:trPr><w:tc>{paragraph('HUSH')}</w:tc></w:tr></w:tbl>",
        paragraph("Seen.", f'<w:hyperlink r:id="x">{run("HUSH", "<w:vanish/>")}</w:hyperlink>'),
        paragraph("Seen.", f"<w:ins>{run('HUSH', '<w:vanish/>')}</w:ins>"),
        paragraph("Seen.", "<m:oMath><m:r><w:rPr><w:vanish/></w:rPr><m:t>HUSH</m:t></m:r></m:oMath>"),
        paragraph(
            "Seen.", '<w:r><w:rPr><w:vanish/></w:rPr><w:sym w:font="Wingdings" w:char="F04A"/><w:t>HUSH</w:t></w:r>'
        ),
        paragraph(
            "Seen.",
            f"<w:r><w:rPr><w:vanish/></w:rPr><w:pict><w:txbxContent>{paragraph('HUSH')}</w:txbxContent></w:pict></w:r>",
        ),
        paragraph(
            "Seen.",
            '<w:r><w:drawing><wp:anchor><wp:docPr id="1" name="x" hidden="1"/><a:graphic><a:graphicData><wps:wsp><wps:txbx>'
            f"<w:txbxContent>{paragraph('HUSH')}</w:txbxContent></wps:txbx></wps:wsp></a:graphicData></a:graphic>"
            "</wp:anchor></w:drawing></w:r>",
        ),
        paragraph("Seen.", f'<w:r><w:pict><v:shape style="display: none">{BOX}</v:shape></w:pict></w:r>'),
        paragraph(
            "Seen.",
            f'<m:oMath><m:phant><m:phantPr><m:show m:val="0"/></m:phantPr><m:e>{HUSH}</m:e></m:phant></m:oMath>',
        ),
    ],
)
def test_hidden_text_never_leaves_and_that_is_said(hidden: str, item: ReadItem, named: Named) -> None:
    text = item(hidden, {"styles": STYLES}).text

    assert text.paragraphs == ("Seen.",)
    assert "HUSH" not in (text.html or "")
    said = named(hidden, {"styles": STYLES})
    assert any("hidden text is left out" in each for each in said)
    assert not any("HUSH" in each for each in said)


# -- Text that nobody sees.

WHITE, TINY, DARK = (
    '<w:color w:val="FFFFFF"/>',
    '<w:sz w:val="2"/>',
    '<w:shd w:val="clear" w:color="auto" w:fill="1F3864"/>',
)
PAPER = '<w:shd w:val="clear" w:color="auto" w:fill="FFFFFF"/>'
INKS = f"""
<w:style w:type="paragraph" w:styleId="Faint"><w:name w:val="Faint"/><w:rPr>{WHITE}</w:rPr></w:style>
<w:style w:type="paragraph" w:styleId="Banner"><w:name w:val="Banner"/><w:pPr>{DARK}</w:pPr><w:rPr>{WHITE}</w:rPr></w:style>
<w:style w:type="character" w:styleId="Small"><w:rPr>{TINY}</w:rPr></w:style>
<w:style w:type="table" w:styleId="Grid"><w:tblStylePr w:type="firstRow"><w:rPr>{WHITE}</w:rPr><w:tcPr>{DARK}</w:tcPr>
</w:tblStylePr></w:style>
"""


def cell(text: str, properties: str = "") -> str:
    says = f"<w:tcPr>{properties}</w:tcPr>"
    return f"<w:tbl><w:tr><w:tc>{says}{paragraph(run(text, WHITE))}</w:tc></w:tr></w:tbl>"


@pytest.mark.parametrize(
    "hidden",
    [
        paragraph("Seen.", run(" HUSH", WHITE)),
        paragraph("Seen.", run(" HUSH", '<w:color w:val="fefefe" w:themeColor="background1"/>')),
        paragraph("Seen.", run(" HUSH", TINY)),
        paragraph("Seen.", run(" HUSH", '<w:rStyle w:val="Small"/>')),
        paragraph("Seen.", run(" HUSH", WHITE + PAPER)),
        paragraph("Seen.") + paragraph("HUSH", properties=style("Faint")),
        paragraph("Seen.") + cell("HUSH"),
        paragraph(
            "Seen.",
            f"<w:sdt><w:sdtPr><w:lock/></w:sdtPr><w:sdtContent>{run(' HUSH', WHITE)}</w:sdtContent></w:sdt>",
        ),
    ],
)
def test_text_that_nobody_sees_never_leaves_and_that_is_said(hidden: str, item: ReadItem, named: Named) -> None:
    assert item(hidden, {"styles": INKS}).text.paragraphs == ("Seen.",)
    said = named(hidden, {"styles": INKS})
    assert any("text that nobody sees is left out" in each for each in said)
    assert not any("HUSH" in each for each in said)


@pytest.mark.parametrize(
    "shown",
    [
        paragraph(run("Seen.", WHITE + DARK)),
        paragraph(run("Seen.", WHITE + '<w:highlight w:val="black"/>')),
        paragraph(run("Seen.", WHITE), properties=DARK),
        paragraph("Seen.", properties=style("Banner")),
        cell("Seen.", DARK),
        table(("Seen.",), properties='<w:tblStyle w:val="Grid"/><w:tblLook w:firstRow="1"/>'),
        paragraph(f"<w:r><w:pict><w:txbxContent>{paragraph(run('Seen.', WHITE))}</w:txbxContent></w:pict></w:r>"),
        paragraph(run("Seen.", '<w:color w:val="auto"/><w:sz w:val="16"/>')),
        paragraph(run("Seen.", '<w:color w:val="808080"/>')),
        paragraph(run("Seen.", '<w:color w:val="000000"/>'), properties=style("Faint")),
    ],
)
def test_white_on_a_ground_of_another_colour_is_read(shown: str, item: ReadItem) -> None:
    assert "Seen." in " ".join(item(shown, {"styles": INKS}).text.paragraphs)


PROMPT = "Click here to enter text."
CONTROL = "<w:sdt><w:sdtPr>{}</w:sdtPr><w:sdtContent>{}</w:sdtContent></w:sdt>"


@pytest.mark.parametrize(
    ("around", "inside"),
    [
        (paragraph("Seen.", "<w:ins>{}</w:ins>"), run(f" {PROMPT}")),
        (paragraph("Seen.") + "{}", paragraph(PROMPT)),
        (paragraph("Seen.") + "<w:tbl><w:tr>{}</w:tr></w:tbl>", f"<w:tc>{paragraph(PROMPT)}</w:tc>"),
    ],
)
def test_the_prompt_of_a_field_that_nobody_filled_in_is_named(
    around: str, inside: str, item: ReadItem, named: Named
) -> None:
    prompting = around.format(CONTROL.format("<w:showingPlcHdr/>", inside))
    assert item(prompting).text.paragraphs == ("Seen.",)
    assert any(f"nobody filled in is left out: “{PROMPT}”" in each for each in named(prompting))
    filled = around.format(CONTROL.format('<w:showingPlcHdr w:val="0"/>', inside))
    assert PROMPT in " ".join(item(filled).text.paragraphs)


@pytest.mark.parametrize(
    ("part", "drawn", "hidden"),
    [
        ("firstRow", "firstRow", "a1 b1 c1"),
        ("lastRow", "lastRow", "a3 b3 c3"),
        ("firstCol", "firstColumn", "a1 a2 a3"),
        ("lastCol", "lastColumn", "c1 c2 c3"),
        ("neCell", "firstRow lastColumn", "c1"),
        ("swCell", "lastRow firstColumn", "a3"),
        ("band1Horz", "firstRow", "a2 b2 c2"),
        ("band2Vert", "", "b1 b2 b3"),
        ("wholeTable", "", "a1 b1 c1 a2 b2 c2 a3 b3 c3"),
        ("firstRow", "", ""),
        ("band1Horz", "noHBand", ""),
    ],
)
def test_what_a_table_hides_in_a_part_of_it_never_leaves(
    part: str, drawn: str, hidden: str, item: ReadItem, named: Named
) -> None:
    hush = f'<w:tblStylePr w:type="{part}"><w:rPr><w:vanish/></w:rPr></w:tblStylePr>'
    styles = (
        f'<w:style w:type="table" w:styleId="Base">{hush}</w:style>'
        '<w:style w:type="table" w:styleId="Grid"><w:basedOn w:val="Base"/></w:style>'
    )
    look = "".join(f' w:{name}="1"' for name in drawn.split())
    cells = [tuple(f"{column}{row}" for column in "abc") for row in (1, 2, 3)]
    body = paragraph("Seen.") + table(*cells, properties=f'<w:tblStyle w:val="Grid"/><w:tblLook{look}/>')
    text = " ".join(item(body, {"styles": styles}).text.paragraphs)
    assert {one for row in cells for one in row if one not in text} == {*hidden.split()}
    assert any("hidden" in each for each in named(body, {"styles": styles})) == bool(hidden)


@pytest.mark.parametrize(
    "shown",
    [
        paragraph(run("Seen.", '<w:vanish w:val="0"/>')),
        paragraph(run("Seen.", '<w:vanish w:val="false"/>'), properties=style("Secret")),
        paragraph(run("Seen.", '<w:rStyle w:val="Note"/>'), properties=style("Secret")),  # two toggles undo each other
        paragraph("Seen.", properties=style("Open")),
        paragraph(run("Seen.", "<w:webHidden/>")),
        paragraph(run("Seen.", "<w:rPrChange><w:rPr><w:vanish/></w:rPr></w:rPrChange>")),
    ],
)
def test_what_word_shows_is_not_taken_for_hidden(shown: str, item: ReadItem, named: Named) -> None:
    assert item(shown, {"styles": STYLES}).text.paragraphs == ("Seen.",)
    assert named(shown, {"styles": STYLES}) == []


def test_hidden_words_of_a_title_are_left_out_too(read: Callable[..., Reading]) -> None:
    body = paragraph("5 August 2018") + paragraph("A title", run(" NOTE", "<w:vanish/>")) + paragraph("Text.")

    assert read(word_file(body)).items[0].text.title == "A title"


def test_text_hidden_by_default_is_hidden() -> None:
    usual = "<w:docDefaults><w:rPrDefault><w:rPr><w:vanish/></w:rPr></w:rPrDefault></w:docDefaults>"
    body = paragraph(run("Seen.", '<w:vanish w:val="0"/>'), " HUSH")

    assert read_word(word_file(body, {"styles": usual}), Findings("a.docx")).texts == ["Seen."]


# -- Struck-out text.

STRUCK = [run("old", "<w:strike/>"), run("old", "<w:dstrike/>"), run("old", '<w:rStyle w:val="Gone"/>')]


@pytest.mark.parametrize("struck", STRUCK)
def test_struck_out_words_are_left_out_and_named(struck: str, item: ReadItem, named: Named) -> None:
    body = paragraph("By ", struck, " May.")

    assert item(body, {"styles": STYLES}).text.paragraphs == ("By May.",)
    assert named(body, {"styles": STYLES}) == ["warning 3 struck-out text is left out: “old”"]


@pytest.mark.parametrize("struck", STRUCK)
def test_a_source_may_show_what_is_struck_out(struck: str, item: ReadItem, named: Named) -> None:
    body = paragraph("By ", struck, " May.")

    text = item(body, {"styles": STYLES}, struck=Struck.SHOW).text

    assert (text.html, text.paragraphs) == ("<p>By <s>old</s> May.</p>", ("By ~~old~~ May.",))
    assert named(body, {"styles": STYLES}, struck=Struck.SHOW) == []


@pytest.mark.parametrize(
    "struck",
    [
        "<m:r><w:rPr><w:strike/></w:rPr><m:t>old</m:t></m:r>",
        *(
            f"<m:borderBox><m:borderBoxPr><m:{line}/></m:borderBoxPr><m:e><m:r><m:t>old</m:t></m:r></m:e></m:borderBox>"
            for line in ("strikeH", "strikeBLTR", "strikeTLBR")
        ),
    ],
)
def test_what_is_struck_out_in_a_formula_is_left_out_and_named(struck: str, item: ReadItem, named: Named) -> None:
    body = paragraph("Pay ", f"<m:oMath>{struck}<m:r><m:t>5</m:t></m:r></m:oMath>", ".")

    assert item(body).text.paragraphs == ("Pay 5.",)
    assert named(body) == ["warning 3 struck-out text is left out: “old”"]


def test_what_is_deleted_in_a_formula_is_gone(item: ReadItem) -> None:
    formula = "<m:r><m:t>5</m:t></m:r><w:del><m:r><m:t>old</m:t></m:r></w:del><w:ins><m:r><m:t>+1</m:t></m:r></w:ins>"

    assert item(paragraph(f"<m:oMath>{formula}</m:oMath>")).text.paragraphs == ("5+1",)


def test_a_line_that_is_taken_off_again_strikes_nothing(item: ReadItem) -> None:
    body = paragraph(
        run("valid", '<w:rStyle w:val="Gone"/><w:strike w:val="0"/>'), run(" too", '<w:dstrike w:val="off"/>')
    )

    assert item(body, {"styles": STYLES}).text.paragraphs == ("valid too",)


# -- Tracked changes.


def test_tracked_changes_are_read_as_if_accepted(item: ReadItem, named: Named) -> None:
    gone = "<w:r><w:delText>old</w:delText></w:r>"
    body = (
        paragraph(
            "It is ",
            f"<w:del>{gone}</w:del>",
            f"<w:ins>{run('new')}<w:del>{gone}</w:del></w:ins>",
            f"<w:moveFrom>{run('away')}</w:moveFrom>",
        )
        + paragraph(f"<w:moveTo>{run('Here.')}</w:moveTo>")
        + "<w:tbl>"
        + f"<w:tr><w:trPr><w:del/></w:trPr><w:tc>{paragraph('old')}</w:tc><w:tc>{paragraph('row')}</w:tc></w:tr>"
        + f"<w:tr><w:trPr><w:ins/></w:trPr><w:tc>{paragraph('a')}</w:tc><w:tc>{paragraph('b')}</w:tc></w:tr></w:tbl>"
    )

    assert item(body).text.paragraphs == ("It is new", "Here.", "a · b")
    assert named(body) == []


@pytest.mark.parametrize("mark", ["<w:del/>", "<w:moveFrom/>", "<w:vanish/>", "<w:vanish/><w:specVanish/>"])
def test_paragraphs_whose_marks_are_gone_are_one(mark: str, item: ReadItem) -> None:
    gone = f"<w:rPr>{mark}</w:rPr>"
    body = paragraph("Closed on ", properties=gone) + paragraph("Monday ", properties=gone) + paragraph("and Tuesday.")

    assert item(body).text.paragraphs == ("Closed on Monday and Tuesday.",)


def test_a_large_first_letter_belongs_to_its_word(item: ReadItem) -> None:
    dropped = paragraph("T", properties='<w:framePr w:dropCap="drop" w:lines="3"/>')

    assert item(dropped + paragraph("he hub is open.")).text.paragraphs == ("The hub is open.",)


def test_a_deleted_mark_before_a_table_or_the_end_loses_nothing(item: ReadItem) -> None:
    gone = "<w:rPr><w:del/></w:rPr>"
    body = paragraph("Before.", properties=gone) + table(("a", "b")) + paragraph("Last.", properties=gone)

    assert item(body).text.paragraphs == ("Before.", "a · b", "Last.")


# -- Fields, controls, text boxes, symbols, formulas.


BEGIN, BETWEEN, END = (f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>' for kind in ("begin", "separate", "end"))


def code(text: str) -> str:
    return f"<w:r><w:instrText>{text}</w:instrText></w:r>"


def field(says: str, told: str) -> str:
    return f"{BEGIN}{code(says)}{BETWEEN}{told}{END}"


def test_of_a_field_its_result_is_read_and_not_itscode(item: ReadItem) -> None:
    inner = field(" MERGEFIELD sex ", run("HUSH"))
    asked = field(" IF </w:instrText></w:r>" + inner + "<w:r><w:instrText> = 1 ", run("Dear all"))
    simple = f'<w:fldSimple w:instr=" AUTHOR ">{run("Marta")}</w:fldSimple>'

    assert item(paragraph(asked, ", ", simple)).text.paragraphs == ("Dear all, Marta",)


def test_a_field_that_word_draws_by_itself_is_named(item: ReadItem, named: Named) -> None:
    drawn = paragraph("Half: ", BEGIN, code(r"EQ \f(1,2)"), END)
    unseen = paragraph("Seen.", BEGIN, code('XE "in the index"'), END)

    assert item(drawn).text.paragraphs == ("Half:",)
    assert named(drawn) == [r"warning 3 a field (EQ) is left out: “\f(1,2)”"]
    assert item(unseen).text.paragraphs == ("Seen.",)
    assert named(unseen) == []


@pytest.mark.parametrize("gone", ["", "<w:del>{}</w:del>"])
def test_a_field_whose_end_is_gone_swallows_nothing(gone: str, item: ReadItem) -> None:
    parts = (BEGIN, code('HYPERLINK "https://www.example.org"'), BETWEEN, "one.", gone.format(END))

    text = item(paragraph("Seen ", *(each for each in parts if each)) + paragraph("Seen two.")).text

    assert text.paragraphs == ("Seen one.", "Seen two.")
    assert text.html is None


def test_fields_of_forms_are_read_as_they_stand(item: ReadItem) -> None:
    begin = '<w:r><w:fldChar w:fldCharType="begin"><w:ffData>{}</w:ffData></w:fldChar></w:r>'
    end = '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
    box = '<w:checkBox><w:default w:val="0"/><w:checked/></w:checkBox>'
    chosen = '<w:ddList><w:result w:val="1"/><w:listEntry w:val="Honduras"/><w:listEntry w:val="Belize"/></w:ddList>'

    assert item(paragraph(begin.format(box), end, " in ", begin.format(chosen), end)).text.paragraphs == (
        "☒ in Belize",
    )


@pytest.mark.parametrize(
    "around", ["smartTag", "customXml", "sdt><w:sdtPr><w:alias/></w:sdtPr><w:sdtContent", "bdo", "dir", "ins"]
)
def test_what_stands_around_text_does_not_hide_it(around: str, item: ReadItem, named: Named) -> None:
    closed = "sdtContent></w:sdt" if "sdtContent" in around else around
    body = paragraph("It is ", f"<w:{around}>{run('here.')}</w:{closed}>")

    assert item(body).text.paragraphs == ("It is here.",)
    assert named(body) == []


def test_text_boxes_are_read_once_after_their_paragraph(item: ReadItem) -> None:
    box = f"<w:txbxContent>{paragraph('In the box.')}</w:txbxContent>"
    drawn = f"<w:drawing><wp:inline><a:graphic><a:graphicData><wps:wsp><wps:txbx>{box}</wps:txbx></wps:wsp></a:graphicData></a:graphic></wp:inline></w:drawing>"
    old = f"<w:pict><v:shape><v:textbox>{box}</v:textbox></v:shape></w:pict>"
    both = f'<w:r><mc:AlternateContent><mc:Choice Requires="wps">{drawn}</mc:Choice><mc:Fallback>{old}</mc:Fallback></mc:AlternateContent></w:r>'

    assert item(paragraph("Before ", both, "and after.")).text.paragraphs == ("Before and after.", "In the box.")
    assert item(paragraph("Text.", f"<w:r>{old}</w:r>")).text.paragraphs == ("Text.", "In the box.")
    art = '<w:r><w:pict><v:shape><v:textpath string="Welcome"/></v:shape></w:pict></w:r>'
    assert item(paragraph(art)).text.paragraphs == ("Welcome",)


@pytest.mark.parametrize(
    ("sign", "shown"),
    [
        ('<w:sym w:font="Wingdings" w:char="F0FC"/>', "✓"),
        ('<w:sym w:font="Wingdings" w:char="F0FB"/>', "✗"),
        ('<w:sym w:font="Wingdings" w:char="f0fc"/>', "✓"),
        ('<w:sym w:font="Symbol" w:char="F0B0"/>', "°"),
        ('<w:sym w:font="Symbol" w:char="00A3"/>', "≤"),
        ('<w:rPr><w:rFonts w:ascii="Wingdings" w:hAnsi="Wingdings"/></w:rPr><w:t>\uf0fc</w:t>', "✓"),
        ('<w:rPr><w:rFonts w:ascii="Wingdings"/></w:rPr><w:t>ü</w:t>', "✓"),
        ("<w:noBreakHyphen/>", "\u2011"),
        ("<w:t>a</w:t><w:softHyphen/><w:t>b</w:t>", "ab"),
        ('<w:t>a</w:t><w:ptab w:alignment="right"/><w:t>b</w:t>', "a b"),
        ("<w:ruby><w:rubyPr/><w:rt><w:r><w:t>kan</w:t></w:r></w:rt><w:rubyBase><w:r><w:t>漢</w:t></w:r></w:rubyBase></w:ruby>", "漢 (kan)"),
        ('<mc:AlternateContent><mc:Choice Requires="w16se"><w:symEx/></mc:Choice><mc:Fallback><w:t>😀</w:t></mc:Fallback></mc:AlternateContent>', "😀"),
    ],
)  # fmt: skip
def test_signs_are_read_as_word_shows_them(sign: str, shown: str, item: ReadItem, named: Named) -> None:
    assert item(paragraph("x ", f"<w:r>{sign}</w:r>")).text.paragraphs == (f"x {shown}",)
    assert named(paragraph("x ", f"<w:r>{sign}</w:r>")) == []


def test_letters_in_a_font_of_the_theme_are_letters(item: ReadItem) -> None:
    styles = '<w:style w:type="paragraph" w:styleId="S"><w:rPr><w:rFonts w:ascii="Wingdings"/></w:rPr></w:style>'
    body = paragraph(run("Seen", '<w:rFonts w:asciiTheme="minorHAnsi"/>'), properties=style("S"))

    assert item(body, {"styles": styles}).text.paragraphs == ("Seen",)


def test_a_sign_that_no_other_font_has_is_named(item: ReadItem, named: Named) -> None:
    body = paragraph("Hello ", '<w:r><w:sym w:font="Our Logo" w:char="F041"/></w:r>')

    assert item(body).text.paragraphs == ("Hello",)
    assert named(body) == ["warning 3 a sign of the font “Our Logo” is left out: no other font has it"]


def term(text: str) -> str:
    return f"<m:r><m:t>{text}</m:t></m:r>"


@pytest.mark.parametrize(
    ("formula", "shown"),
    [
        (term("5 × 12 = 60"), "5 × 12 = 60"),
        (f"<m:sSup><m:e>{term('10')}</m:e><m:sup>{term('6')}</m:sup></m:sSup>", "10⁶"),
        (f"<m:sSub><m:e>{term('x')}</m:e><m:sub>{term('1')}</m:sub></m:sSub>", "x₁"),
        (f"<m:f><m:num>{term('a + b')}</m:num><m:den>{term('2')}</m:den></m:f>", "(a + b)/2"),
        (f"<m:rad><m:deg/><m:e>{term('x')}</m:e></m:rad>", "√x"),
        (f"<m:d><m:dPr><m:begChr m:val='['/><m:endChr m:val=']'/></m:dPr><m:e>{term('x')}</m:e></m:d>", "[x]"),
        (f"<m:nary><m:naryPr><m:chr m:val='∑'/></m:naryPr><m:sub>{term('1')}</m:sub><m:sup>{term('9')}</m:sup><m:e>{term('k')}</m:e></m:nary>", "∑₁⁹k"),
        (f"<m:acc><m:accPr><m:chr m:val='\u0304'/></m:accPr><m:e>{term('x')}</m:e></m:acc>", "x\u0304"),
        (f"<m:m><m:mr><m:e>{term('a')}</m:e><m:e>{term('b')}</m:e></m:mr></m:m>", "a ; b"),
        (f"<m:newer>{term('z')}</m:newer>", "z"),
    ],
)  # fmt: skip
def test_formulas_are_read_on_one_line(formula: str, shown: str, item: ReadItem) -> None:
    for around in ("<m:oMath>{}</m:oMath>", "<m:oMathPara><m:oMath>{}</m:oMath></m:oMathPara>"):
        assert item(paragraph("It is ", around.format(formula), ".")).text.paragraphs == (f"It is {shown}.",)


# -- What is named.


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (paragraph("Text.", '<w:r><w:object><o:OLEObject ProgID="Excel.Sheet.12"/></w:object></w:r>'), "an embedded object (Excel.Sheet.12) is left out"),
        (paragraph("Text.", "<w:r><w:drawing><wp:inline><a:graphic><a:graphicData><c:chart xmlns:c='c'/></a:graphicData></a:graphic></wp:inline></w:drawing></w:r>"), "a chart is left out"),
        (paragraph("Text.", "<w:r><w:drawing><wp:inline><a:graphic><a:graphicData><d:relIds xmlns:d='d'/></a:graphicData></a:graphic></wp:inline></w:drawing></w:r>"), "a diagram (SmartArt) is left out"),
        (paragraph("Text.", "<w:r><w:drawing><wp:inline><wp:posOffset>7</wp:posOffset><x:y xmlns:x='x'>Later.</x:y></wp:inline></w:drawing></w:r>"), "what this program does not know (y) is left out: “Later.”"),
        (paragraph("Text.", '<w:r><w:control r:id="x"/></w:r>'), "what this program does not know (control) is left out"),
        (paragraph("Text.", "<w:futuristic><w:r><w:t>Later.</w:t></w:r></w:futuristic>"), "what this program does not know (futuristic) is left out: “Later.”"),
        (paragraph("Text.", "<w:r><w:futuristic>Later.</w:futuristic></w:r>"), "what this program does not know (futuristic) is left out: “Later.”"),
        (paragraph("Text.") + '<w:subDoc r:id="x"/>', "what this program does not know (subDoc) is left out"),
        (paragraph("Text.") + "<x:y xmlns:x='x'>Later.</x:y>", "what this program does not know (y) is left out: “Later.”"),
        (paragraph("Text.", '<w:r><w:endnoteReference w:id="2"/></w:r>'), "the text of an endnote is not in the file; its mark is left out"),
        (paragraph("Text.", '<w:r><w:footnoteReference w:id="2"/></w:r>'), "the text of a footnote is not in the file; its mark is left out"),
    ],
)  # fmt: skip
def test_what_cannot_be_carried_is_named_with_its_paragraph(body: str, said: str, item: ReadItem, named: Named) -> None:
    assert item(body).text.paragraphs == ("Text.",)
    assert named(body) == [f"warning 3 {said}"]


BLIP = '<a:blip r:embed="x"/>'


@pytest.mark.parametrize(
    "drawing",
    [
        f'<w:hyperlink r:id="l"><w:r><w:drawing><wp:inline>{BLIP}</wp:inline></w:drawing></w:r></w:hyperlink>',
        f'<w:r><w:drawing><wp:inline><wp:docPr id="1" name="x"><a:hlinkClick r:id="l"/></wp:docPr>{BLIP}</wp:inline></w:drawing></w:r>',
    ],
)
def test_the_link_of_a_picture_that_is_left_out_is_named(drawing: str, named: Named) -> None:
    relations = related("l", "hyperlink", "https://www.example.org/map", external=True)

    assert named(paragraph("Text.", drawing), relations=relations) == [
        "warning 3 the link of a drawing is left out: “https://www.example.org/map”",
        "warning 3 a picture is left out",
    ]


def test_an_imported_part_is_named_with_its_text(item: ReadItem, named: Named) -> None:
    body = paragraph("Text.") + '<w:altChunk r:id="c"/>'
    parts = {"chunk.html": b"<h1>Bring</h1><p>your passport.</p>"}
    relations = related("c", "aFChunk", "chunk.html")

    assert item(body, parts, relations=relations).text.paragraphs == ("Text.",)
    assert named(body, parts, relations=relations) == [
        "warning 3 a part that was imported (HTML) is left out: “Bring your passport.”"
    ]


@pytest.mark.parametrize(
    ("drawing", "kind", "said"),
    [
        ('<d:relIds xmlns:d="d" r:dm="x"/>', "diagramData", "a diagram (SmartArt) is left out: “Apply by May”"),
        ('<c:chart xmlns:c="c" r:id="x"/>', "chart", "a chart is left out: “Apply by May”"),
    ],
)
def test_the_words_of_a_drawing_in_a_part_of_its_own_are_named(
    drawing: str, kind: str, said: str, item: ReadItem, named: Named
) -> None:
    body = paragraph("Text.", f"<w:r><w:drawing><wp:inline>{drawing}</wp:inline></w:drawing></w:r>")
    words = f'<y:x xmlns:y="y" xmlns:a="{NAMES["a"]}"><a:t>Apply</a:t><y:v>by May</y:v></y:x>'
    beside = {"parts": {"drawn.xml": words.encode()}, "relations": related("x", kind, "drawn.xml")}

    assert item(body, **beside).text.paragraphs == ("Text.",)
    assert named(body, **beside) == [f"warning 3 {said}"]


def test_headers_footers_and_comments_are_noted(named: Named) -> None:
    parts = {
        "header": paragraph("Our letterhead", run(" HUSH", "<w:vanish/>")),
        "footer": paragraph(""),
        "comments": f'<w:comment w:id="0">{paragraph("HUSH")}</w:comment>',
    }
    said = named(paragraph("Text.", '<w:r><w:commentReference w:id="0"/></w:r>'), parts)

    assert said == [
        "note None the comments in it are left out",
        "note None the header of the pages is left out: “Our letterhead”",
    ]


@pytest.mark.parametrize(
    "look",
    [
        '<w:color w:val="000000"/><w:shd w:val="clear" w:fill="000000"/>',
        '<w:color w:val="FFFF00"/><w:highlight w:val="yellow"/>',
        "<w:specVanish/>",
    ],
)
def test_text_in_the_colour_of_its_own_ground_never_leaves(look: str, item: ReadItem) -> None:
    assert item(paragraph("Seen.", run(" HUSH", look))).text.paragraphs == ("Seen.",)


@pytest.mark.parametrize(
    "says",
    [
        paragraph("BORRADOR – no difundir"),
        '<w:p><w:r><w:pict xmlns:v="urn:schemas-microsoft-com:vml"><v:shape><v:textpath string="DRAFT"/></v:shape></w:pict></w:r></w:p>',
    ],
)
def test_an_edge_of_the_pages_may_hold_the_file_back(says: str, read: Callable[..., Reading]) -> None:
    body = paragraph("5 August 2018") + paragraph("A title") + paragraph("Text.")
    assert read(word_file(body, {"header": says})).items == ()
    assert read(word_file(body, {"header": paragraph("Our letterhead")})).items


@pytest.mark.parametrize("code", ["EQ \\f(1,2)", "MACROBUTTON NoMacro Click", "GOTOBUTTON x press"])
def test_a_field_that_word_draws_is_named_whatever_its_result(code: str, named: Named) -> None:
    marks = [f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>' for kind in ("begin", "separate", "end")]
    field = f"{marks[0]}<w:r><w:instrText>{code}</w:instrText></w:r>{marks[1]}{marks[2]}"

    assert f"a field ({code.split(maxsplit=1)[0]}) is left out" in " ".join(named(paragraph("Text", field)))
