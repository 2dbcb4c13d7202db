"""Reading adds up: what Word shows of a file is in its items or in what is said of it, and nothing else is."""

from collections import Counter
from collections.abc import Callable

from doses import examples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from word_files import paragraph, run, table, word_file

from digest.intake.item import Reading

SHOWN = [
    "{}",
    "<w:ins>{}</w:ins>",
    "<w:smartTag>{}</w:smartTag>",
    '<w:hyperlink w:anchor="x">{}</w:hyperlink>',
    "<w:sdt><w:sdtContent>{}</w:sdtContent></w:sdt>",
    "<w:bdo>{}</w:bdo>",
    '<w:fldSimple w:instr="TITLE">{}</w:fldSimple>',
    "<w:unheard>{}</w:unheard>",
    "<w:r><w:pict><w:txbxContent><w:p>{}</w:p></w:txbxContent></w:pict></w:r>",
    "<w:r><w:unheard>{}</w:unheard></w:r>",
]
LOOKS = ["", "<w:b/>", '<w:vertAlign w:val="superscript"/>', "<w:strike/>", "<w:dstrike/>", '<w:vanish w:val="0"/>']
HIDDEN = [
    f"<w:del>{run('hush')}</w:del>",
    f"<w:moveFrom>{run('hush')}</w:moveFrom>",
    run("hush", "<w:vanish/>"),
    run("hush", '<w:color w:val="FFFFFF"/>'),
    run("hush", '<w:sz w:val="2"/>'),
    "<w:r><w:instrText>hush</w:instrText></w:r>",
    "<w:r><w:delText>hush</w:delText></w:r>",
]
MARKS = ["", "", "<w:rPr><w:del/></w:rPr>", "<w:rPr><w:vanish/></w:rPr>"]
pieces = st.lists(st.tuples(st.sampled_from(SHOWN), st.sampled_from(LOOKS), st.sampled_from(["", *HIDDEN])), max_size=4)
blocks = st.lists(st.tuples(pieces, st.sampled_from(MARKS), st.booleans()), max_size=6)


def _written(drawn: list) -> tuple[str, list[str]]:
    words: list[str] = []
    body = ""
    for inside, mark, in_table in drawn:
        runs = []
        for around, look, hidden in inside:
            words.append(f"w{len(words)}w")
            runs += [around.format(run(f" {words[-1]} ", look)), *([hidden] if hidden else [])]
        written = paragraph(*runs, properties=mark)
        body += table((written, paragraph("cell")), ("cell", "cell")) if in_table else written
    return body, words


@settings(deadline=None, max_examples=examples(60), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(blocks)
def test_every_word_that_word_shows_is_in_the_item_or_named_once(read: Callable[..., Reading], drawn: list) -> None:
    body, words = _written(drawn)
    reading = read(word_file(paragraph("5 August 2018") + paragraph("A title") + body))

    [item] = reading.items
    said = " ".join([item.text.title, *item.text.paragraphs])
    named = " ".join(problem.cause for problem in reading.problems)
    counted = Counter({word: said.count(word) + (word in named) for word in words})
    assert all(counted[word] == 1 for word in words), (counted, said, named)
    assert "hush" not in said + named + (item.text.html or "")
