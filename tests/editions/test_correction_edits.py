"""Correcting a story by a command: it is written at its place in the plan, beside what its source said."""

from unicodedata import normalize

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from digest.editions.plans.correction_edits import correct, introduce, said_by_source
from digest.editions.plans.plan import FIELDS, Correction
from digest.editions.plans.plan_file import read_plan
from digest.errors import PersonNeededError, UsageError

HUB, HUB_ES, NUMBER = "aaaa1111bbbb2222", "cccc1111bbbb2222", "1234567890123456"
OTHERS = "# mine\npin: [0012]  # why\nstories:\n  0012:\n    title: Zeros  # shorter\n"


@pytest.fixture
def edit(tmp_path, known):
    def edit(text, item_id, **words):
        path = tmp_path / "2018-07.yaml"
        path.write_bytes(text.encode())
        story = next(one for one in known.stories if any(item.id == item_id for item in one.items))
        item = next(item for item in story.items if item.id == item_id)
        correct(path, known, story, item, words)
        return path.read_bytes().decode()

    return edit


@pytest.mark.parametrize(
    ("before", "item_id", "words", "after"),
    [
        (
            "",
            HUB,
            {"title": "A hub"},
            'stories:\n  aaaa1111:  # Hub opens\n    title: "A hub"\n    instead_of:\n      title: "Hub opens"\n',
        ),
        (
            "",
            HUB_ES,
            {"title": "Un centro"},
            (
                'stories:\n  cccc1111:  # Hub opens\n    title: "Un centro"\n    instead_of:\n'
                '      title: "Abre el centro"\n'
            ),
        ),
        (
            OTHERS,
            NUMBER,
            {"countries": ("GT", "Honduras")},
            OTHERS + '  "123456789":  # A number: with a colon # and a hash\n    countries: [GT, HN]\n    instead_of:\n'
            '      countries: ""\n',
        ),
        (
            'stories: {aaaa: {title: "x"}}\n',
            HUB,
            {"title": "A hub"},
            'stories: {aaaa: {title: "A hub", instead_of: {title: "Hub opens"}}}\n',
        ),
        (
            "stories:\r\n  aaaa:\r\n    title: |  # mine\r\n      x\r\n    topics: [health]\r\n# end\r\n",
            HUB,
            {"topics": ()},
            (
                "stories:\r\n  aaaa:\r\n    title: |  # mine\r\n      x\r\n    topics: []\r\n    instead_of:\r\n"
                '      topics: ""\r\n# end\r\n'
            ),
        ),
        (
            "stories:\n  aaaa:\n    title:\n      en: x  # ours\n      es: y\n",
            HUB,
            {"title": "A hub"},
            (
                'stories:\n  aaaa:\n    title:\n      en: "A hub"  # ours\n      es: y\n    instead_of:\n'
                '      title: "Hub opens"\n'
            ),
        ),
    ],
    ids=["in nothing", "one of two texts", "beside others", "in brackets", "windows", "by language"],
)
def test_a_correction_is_written_where_a_person_would_write_it(edit, before, item_id, words, after):
    if words.get("topics") == ():
        words = {"topics": ("children",)}
        after = after.replace("topics: []", "topics: [children]")
    assert edit(before, item_id, **words) == after


@pytest.mark.parametrize(
    "before", ["", OTHERS, "stories: {}\n", "{pin: [0012]}\n", "# stories:\n#   x\nlead: abcd0\n"], ids=range(5)
)
def test_what_is_corrected_and_undone_leaves_the_plan_as_it_was(edit, before, tmp_path, known):
    text = edit(before, HUB, title="A hub", summary='It says "no": {{ x }} # 1', countries=("GT",), language="es")
    said = {one.item_id: one.summary for one in read_plan(tmp_path / "2018-07.yaml", known).corrections}
    assert said[HUB] == 'It says "no": {{ x }} # 1'
    gone = edit(text, HUB, **dict.fromkeys(FIELDS))
    assert gone.replace("stories:\n", "").rstrip("\n") in (
        before.replace("stories:\n", "").rstrip("\n"),
        before.replace("}\n", ", stories: {}}"),
    )


def test_what_the_source_says_itself_is_no_correction(edit, tmp_path, known):
    text = edit(OTHERS, HUB, title="A hub", summary="Short.")
    text = edit(text, HUB, title=" Hub  opens ")
    (_zeros, hub) = read_plan(tmp_path / "2018-07.yaml", known).corrections
    assert hub == Correction(item_id=HUB, summary="Short.", instead_of={"summary": ""})


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"title": "x" * 501}, "longer than 500"),
        ({"title": "a\u202eb"}, "title"),
        ({"countries": ("Atlantis",)}, "no country code"),
        ({"topics": ("childern",)}, "did you mean 'children'"),
        ({"language": "English"}, "no language code"),
    ],
)
def test_what_cannot_stand_there_is_refused_and_nothing_is_written(edit, tmp_path, words, said):
    with pytest.raises(UsageError, match=said):
        edit(OTHERS, HUB, **words)
    assert (tmp_path / "2018-07.yaml").read_text() == OTHERS


def test_a_plan_that_was_changed_since_it_was_seen_stays(tmp_path, known):
    path = tmp_path / "2018-07.yaml"
    path.write_text(OTHERS)
    story = known.stories[0]
    with pytest.raises(PersonNeededError, match="changed it meanwhile"):
        correct(path, known, story, story.items[0], {"title": "x"}, seen="another")
    assert path.read_text() == OTHERS


LINE = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Cf", "Zl", "Zp", "Co", "Cn")), max_size=30)


@given(titles=st.lists(st.tuples(st.sampled_from([HUB, HUB_ES, NUMBER]), st.sampled_from(["title", "summary"]), LINE)))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_whatever_is_typed_is_read_back_and_nothing_else_changes(known, tmp_path, titles):
    path = tmp_path / "2018-07.yaml"
    path.write_text(OTHERS)
    for item_id, field, words in titles:
        story = next(one for one in known.stories if any(item.id == item_id for item in one.items))
        item = next(one for one in story.items if one.id == item_id)
        try:
            after = correct(path, known, story, item, {field: words}).after
        except UsageError:
            continue
        said = {one.item_id: getattr(one, field) for one in after.corrections}.get(item_id)
        typed = normalize("NFC", " ".join(words.split()))
        assert said in ({typed} if typed != said_by_source(story, item, field) else {None}) or (
            not typed and said is None
        )
        assert path.read_text().startswith(OTHERS)


@pytest.mark.parametrize(
    ("before", "text", "language", "after"),
    [
        ("", "Hello", None, 'introduction: "Hello"\n'),
        ("", "Hello", "es", 'introduction: {es: "Hello"}\n'),
        (
            "introduction: |  # ours\n  One.\n\n  Two.\n",
            "Dos.",
            "es",
            'introduction: {en: "One.\\n\\nTwo.\\n", es: "Dos."}\n',
        ),
        (
            "introduction:\n  en: |\n    One.\n    Two.\n  es: Uno.  # mine\nlead: aaaa\n",
            "A\n\nB",
            "en",
            'introduction:\n  en: "A\\n\\nB"\n  es: Uno.  # mine\nlead: aaaa\n',
        ),
        ("introduction:\n  en: One.\n  es: Uno.\n", "", "es", "introduction:\n  en: One.\n"),
        ("introduction: One.\n", "", None, "introduction: \n"),
    ],
    ids=["for all", "for one", "beside one for all", "at its place", "taken out", "taken out of all"],
)
def test_an_introduction_is_written_at_its_place(tmp_path, known, before, text, language, after):
    path = tmp_path / "2018-07.yaml"
    path.write_text(before)
    introduce(path, known, text, language)
    assert path.read_text() == after
