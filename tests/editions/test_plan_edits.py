"""Changing a plan by a command: what was asked for is written, and not a byte else."""

import re
import stat

import pytest
from doses import dose
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from digest.editions.plans import plan_edits
from digest.editions.plans.plan import InboxLine, Plan, PlanDecision, decided, ordered
from digest.editions.plans.plan_edits import decide, put_in_order, word, write_plan
from digest.editions.plans.plan_file import KEYS, plan_in, plan_template, read_plan
from digest.errors import CannotWriteError, ConfigurationError, PersonNeededError, UsageError

HUB, ZEROS, EXPONENT, NUMBER, BUS = (
    "aaaa1111bbbb2222",
    "0012345612345678",
    "12345678e1234567",
    "1234567890123456",
    "abcd0000abcd0000",
)
IDS = (HUB, ZEROS, EXPONENT, NUMBER, BUS)


@pytest.fixture
def story_of(known):
    by_id = {story.id: story for story in known.stories}
    return lambda *ids: [by_id[id_] for id_ in ids]


@pytest.fixture
def edit(tmp_path, known, story_of):
    """Write a plan, take one decision, and return the file as it is then."""

    def edit(text, decision, *ids, because=None):
        path = tmp_path / "2018-07.yaml"
        path.write_bytes(text.encode())
        if decision == "order":
            put_in_order(path, known, story_of(*ids))
        else:
            decide(path, known, PlanDecision(decision), story_of(*ids), because)
        return path.read_bytes().decode()

    return edit


@pytest.mark.parametrize(
    ("before", "decision", "ids", "after"),
    [
        ("", "lead", [HUB], "lead: aaaa1111  # Hub opens\n"),
        ("", "drop", [ZEROS], 'drop:\n  - "00123456"  # Leading zeros\n'),
        ("", "pin", [NUMBER], 'pin:\n  - "123456789"  # A number: with a colon # and a hash\n'),
        ("# nothing yet", "lead", [BUS], "# nothing yet\nlead: abcd0000  # Ñandú 🚌 «x»\n"),
        ("lead: aaaa # mine\n", "lead", [BUS], "lead: abcd0000 # mine\n"),
        ("lead: aaaa1111  # Hub opens\n", "lead", [BUS], "lead: abcd0000  # Ñandú 🚌 «x»\n"),
        ("lead: aaaa1111  # Hub opens\n", "keep", [HUB], "lead:\n"),
        ("lead: aaaa  # mine\n", "keep", [HUB], "lead:       # mine\n"),
        ("lead: ~\n", "lead", [HUB], "lead: aaaa1111  # Hub opens\n"),
        ("lead: # x\n", "lead", [HUB], "lead: aaaa1111 # x\n"),
        ("drop: [aaaa] # x\n", "drop", [BUS], "drop: [aaaa, abcd0000] # x\n"),
        ("drop: [aaaa, abcd0]\n", "keep", [HUB], "drop: [abcd0]\n"),
        ("drop: [aaaa, abcd0]\n", "keep", [BUS], "drop: [aaaa]\n"),
        ("drop: [aaaa, ]\n", "keep", [HUB], "drop: []\n"),
        ("drop: []\n", "drop", [HUB], "drop: [aaaa1111]\n"),
        ("drop: aaaa\n", "drop", [BUS], "drop: [aaaa, abcd0000]\n"),
        ("drop: {aaaa: x}\n", "drop", [BUS], "drop: {aaaa: x, abcd0000}\n"),
        ("drop:\n- aaaa # x\npin:\n", "drop", [BUS], "drop:\n- aaaa # x\n- abcd0000  # Ñandú 🚌 «x»\npin:\n"),
        (
            "drop:\r\n  aaaa: x\r\n\r\n# end\r\n",
            "drop",
            [BUS],
            "drop:\r\n  aaaa: x\r\n  abcd0000:  # Ñandú 🚌 «x»\r\n\r\n# end\r\n",
        ),
        ("\ufeffdrop:\r\n", "drop", [HUB], "\ufeffdrop:\r\n  - aaaa1111  # Hub opens\r\n"),
        ("drop:   # why not\n# x\n", "drop", [HUB], "drop:   # why not\n  - aaaa1111  # Hub opens\n# x\n"),
        ("drop:\n  - aaaa: |\n      two\n      lines\n  # x\n  - abcd0\n", "keep", [HUB], "drop:\n  # x\n  - abcd0\n"),
        ("pin: [aaaa]\ndrop: [abcd0]\n", "drop", [HUB], "pin: []\ndrop: [abcd0, aaaa1111]\n"),
        ("order: [aaaa, abcd0]\n", "defer", [HUB], "order: [abcd0]\ndefer:\n  - aaaa1111  # Hub opens\n"),
        ("{lead: aaaa}", "pin", [BUS], "{lead: aaaa, pin: [abcd0000]}"),
        ("{}", "lead", [BUS], "{lead: abcd0000}"),
        (
            "{ # a\n lead: aaaa, # b\n pin: abcd0 } # c",
            "drop",
            [HUB],
            "{ # a\n lead: , # b\n pin: abcd0, drop: [aaaa1111] } # c",
        ),
        ("{ # a\n lead: aaaa, # b\n pin: abcd0 }", "lead", [ZEROS], '{ # a\n lead: "00123456", # b\n pin: abcd0 }'),
        ("{drop: aaaa } # c", "drop", [BUS], "{drop: [aaaa, abcd0000] } # c"),
        ("pin: []\n... # x\n# y\n", "lead", [HUB], "pin: []\nlead: aaaa1111  # Hub opens\n... # x\n# y\n"),
        ("drop:\n- aaaa: |\n    # x\n\n    x\n# y\n- 0012", "keep", [HUB], "drop:\n# y\n- 0012"),
        ("---\nlead: aaaa\n...\n", "pin", [BUS], "---\nlead: aaaa\npin:\n  - abcd0000  # Ñandú 🚌 «x»\n...\n"),
        ("order:\n- aaaa # a\n- abcd0 # b\n", "order", [BUS, HUB], "order:\n  - abcd0000 # b\n  - aaaa1111 # a\n"),
        ("drop: [ # a\n  aaaa: x # b\n  ]\n", "keep", [HUB], "drop: [ # a\n   # b\n  ]\n"),
        ("order:\n- aaaa # a\n- abcd0 # b\n", "order", [HUB], "order:\n- aaaa # a\n"),
        ("order: [aaaa, abcd0]\n", "order", [ZEROS, HUB], 'order: ["00123456", aaaa1111]\n'),
        (
            "order:\n- aaaa # a\n- abcd0\n",
            "order",
            [HUB, ZEROS],
            'order:\n- aaaa # a\n- "00123456"  # Leading zeros\n',
        ),
    ],
)
def test_a_decision_is_written_where_a_person_would_write_it(edit, before, decision, ids, after):
    assert edit(before, decision, *ids) == after


@pytest.mark.parametrize(
    ("before", "text", "language", "after"),
    [
        ("", "Two hubs", None, 'subject: "Two hubs"\n'),
        ("", "Dos", "es", 'subject: {es: "Dos"}\n'),
        ("lead: aaaa # x\n", "Two", "en", 'lead: aaaa # x\nsubject: {en: "Two"}\n'),
        ("subject: # mine\nlead: aaaa\n", "Two", None, 'subject: "Two" # mine\nlead: aaaa\n'),
        ("subject: One # mine\n", "Two: or #3", None, 'subject: "Two: or #3" # mine\n'),
        ("subject: One\n", "Dos", "es", 'subject: {en: "One", es: "Dos"}\n'),
        ("subject: {en: One, es: Uno} # x\n", "Dos", "es", 'subject: {en: One, es: "Dos"} # x\n'),
        ("subject:\n  en: One  # x\n  es: Uno\npin:\n", "Dos", "es", 'subject:\n  en: One  # x\n  es: "Dos"\npin:\n'),
        ("subject:\n  en: |\n    One\n    hub\n  es: Uno\n", "Two", "en", 'subject:\n  en: "Two"\n  es: Uno\n'),
        ("subject:\n  en: One  # x\npin:\n", "Dos", "es", 'subject:\n  {en: "One", es: "Dos"}  # x\npin:\n'),
        ("subject: {en: One, es: Uno}\n", "Two", None, 'subject: {en: "Two", es: "Two"}\n'),
        ("subject: {en: One, es: Uno}\n", "", "es", "subject: {en: One, es: }\n"),
        ("subject: One # x\n", "", None, "subject:  # x\n"),
        ("{lead: aaaa}", "Two", None, '{lead: aaaa, subject: "Two"}'),
        (
            "# subject: {en: …, es: …}\n\n# pin: []\n",
            "Two",
            None,
            '# subject: {en: …, es: …}\nsubject: "Two"\n\n# pin: []\n',
        ),
    ],
)
def test_what_inboxes_show_is_written_at_its_place(tmp_path, known, before, text, language, after):
    path = tmp_path / "2018-07.yaml"
    path.write_text(before)
    word(path, known, InboxLine.SUBJECT, text, language)
    assert path.read_text() == after


def test_what_cannot_stand_in_an_inbox_is_not_written(tmp_path, known):
    path = tmp_path / "2018-07.yaml"
    for line, text, language, said in (
        (InboxLine.SUBJECT, "x" * 79, None, "longer than 78"),
        (InboxLine.PREHEADER, "x" * 111, None, "longer than 110"),
        (InboxLine.SUBJECT, "{{ title }}", None, "words still to come"),
        (InboxLine.SUBJECT, "Bonjour", "fr", "no such language"),
    ):
        with pytest.raises(UsageError, match=said):
            word(path, known, line, text, language)
        assert not path.exists()
    assert word(path, known, InboxLine.PREHEADER, "x" * 110, None).after.preheaders == dict.fromkeys(
        ("en", "es"), "x" * 110
    )


LONG = "a reason that is longer than a line of any editor, " * 4


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    ("above", "gone", "below", "new"),
    [
        ("drop:\n", "- aaaa\n", f"-   0012: {LONG}\n", "- abcd0000"),
        ("drop: # x\n\n", "   -   aaaa: x   #  y\n", "   -     0012:    'it''s'\t# y\n\n", "   - abcd0000"),
        ("drop:\n", "  - aaaa: two\n      lines\n", '  - 0012: "two\n\n      lines"\n', "  - abcd0000"),
        ("drop:\n  - 0012: two\n     lines\n  # x\n", "  - 'aaaa': |\n     x\n", "", "  - abcd0000"),
        ("drop:\n", "- aaaa\n", "- 0012: |\n   # x\n\n   x\n- 12345678e: |-\n   # x\n   x\n# z\n", "- abcd0000"),
        ("drop:\n", "   aaaa: >-\n      x\n", "   '0012':    'x' # y\n   # z\n# z\n", "   abcd0000:"),
        ("  drop:\n", "    - aaaa\n", "    # z\n    -  {0012 :  x}\n  pin:   [  ]\n", "    - abcd0000"),
        ("# x\n---\ndrop:\n", "  - aaaa\n", '  - "\\u0030012": \t"\\x41"  # y\n...\n# z\n', "  - abcd0000"),
    ],
)
def test_lines_that_a_decision_does_not_concern_stay_byte_for_byte(edit, above, gone, below, new, end):
    rest = (
        "introduction:\n    en:   'a\n\n      b'   # c\nstories:   { aaaa : {title:   x}, }\n"
        if above[0] == "d"
        else ""
    )
    above, gone, below, rest = (part.replace("\n", end) for part in (above, gone, below, rest))
    assert edit(above + gone + below + rest, "keep", HUB) == above + below + rest
    added = edit(above + gone + below + rest, "drop", BUS)
    assert added.replace(f"{new}  # Ñandú 🚌 «x»{end}", "") == above + gone + below + rest
    assert added != above + gone + below + rest


def test_a_reason_is_written_and_a_later_one_replaces_it(edit):
    once = edit("", "drop", HUB, because='it’s "old": #1')
    assert once == 'drop:\n  - aaaa1111: "it’s \\"old\\": #1"  # Hub opens\n'
    assert edit(once, "drop", HUB, because="too late") == 'drop:\n  - aaaa1111: "too late"  # Hub opens\n'
    assert edit(once, "drop", HUB) == once
    assert edit("drop: [abcd0]", "drop", HUB, because="x") == 'drop: [abcd0, aaaa1111: "x"]'


def test_a_key_is_written_under_its_example(edit, known, story_of):
    template = plan_template(known, story_of(*IDS))
    after = edit(template, "defer", HUB).split("\n")
    place = after.index("defer:")
    assert after[place - 3 : place + 2] == [
        "# Stories that wait for the next edition.",
        "# defer:",
        "#   - abcd0000: a photo is still to come",
        "defer:",
        "  - aaaa1111  # Hub opens",
    ]
    assert [line for number, line in enumerate(after) if number not in (place, place + 1)] == template.split("\n")


def test_an_example_inside_a_text_is_no_example(edit):
    text = "introduction: |\n  # drop:\n  x\nlead: aaaa\n"
    assert edit(text, "drop", BUS) == text + "drop:\n  - abcd0000  # Ñandú 🚌 «x»\n"
    quoted = 'introduction: "\n# drop:\n  x"\n'
    assert edit(quoted, "drop", BUS) == quoted + "drop:\n  - abcd0000  # Ñandú 🚌 «x»\n"


@pytest.mark.parametrize("key", KEYS)
def test_every_example_of_a_new_plan_is_right_once_the_marks_are_off(known, story_of, key, tmp_path):
    lines = plan_template(known, story_of(*IDS)).split("\n")
    assert plan_in(tmp_path / "x.yaml", "\n".join(lines).encode(), known) == Plan()
    first = next(number for number, line in enumerate(lines) if line.startswith(f"# {key}:"))
    for number in range(first, len(lines)):
        if not lines[number].startswith("#"):
            break
        lines[number] = lines[number].removeprefix("# ").removeprefix("#")
    assert plan_in(tmp_path / "x.yaml", "\n".join(lines).encode(), known) != Plan()


@pytest.mark.parametrize(
    "text",
    [
        "drop: &all [aaaa]\npin: []\ndefer: []\norder: [abcd0]\nstories: {aaaa: {topics: *all}}",
        "lead: zzzz\n",
        "drop: [aaaa\n",
        "drop: &x [abcd0]\n? order\n: - 0012\nfoo: *x",
    ],
)
def test_a_file_with_mistakes_is_not_touched(edit, tmp_path, text):
    with pytest.raises(ConfigurationError):
        edit(text, "drop", BUS)
    assert (tmp_path / "2018-07.yaml").read_bytes().decode() == text


@pytest.mark.parametrize(
    ("text", "decision"),
    [
        ("order: &x [aaaa]\npin: *x\n", "drop"),  # the alias would lose it too, which nobody asked for
        ("? drop\n: # nothing\n  - &b abcd0\n", "keep"),
    ],
)
def test_what_cannot_be_changed_from_outside_is_refused_or_right(edit, tmp_path, known, text, decision):
    path = tmp_path / "2018-07.yaml"
    before = plan_in(path, text.encode(), known)
    wanted = decided(before, PlanDecision(decision), BUS if decision == "keep" else HUB)
    try:
        edit(text, decision, BUS if decision == "keep" else HUB)
    except PersonNeededError as error:
        assert "in a way that this command cannot change" in str(error)  # noqa: PT017 – either is right
        assert path.read_bytes().decode() == text
    else:
        assert read_plan(path, known) == wanted


def test_a_plan_that_would_take_long_is_left_to_an_editor(edit, tmp_path):
    text = "drop:\n  abcd0: late\n" + "# We thought about it for long.\n" * (plan_edits.MOST_CHANGED // 30)
    with pytest.raises(PersonNeededError, match="too long for a command"):
        edit(text, "drop", HUB)
    assert (tmp_path / "2018-07.yaml").read_text() == text


def test_an_order_of_dropped_stories_and_two_leads_are_refused(edit):
    with pytest.raises(UsageError, match="it is dropped\n  → bring it back first: digest plan keep aaaa1111"):
        edit("drop: [aaaa]", "order", BUS, HUB)
    with pytest.raises(UsageError, match="there is one lead"):
        edit("", "lead", BUS, HUB)
    with pytest.raises(UsageError, match="must stand in one line"):
        edit("", "drop", BUS, because="two\nlines")


def test_the_file_is_for_its_owner_and_its_links_and_rights_are_kept(tmp_path, known, story_of):
    path = tmp_path / "plans" / "monthly" / "2018-07.yaml"
    decide(path, known, PlanDecision.LEAD, story_of(HUB))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in (path.parent, path.parent.parent)} == {0o700}
    path.chmod(0o640)
    link = tmp_path / "link.yaml"
    link.symlink_to(path)
    decide(link, known, PlanDecision.LEAD, story_of(BUS))
    assert link.is_symlink()
    assert path.read_text().startswith("lead: abcd0000")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert [each.name for each in path.parent.iterdir()] == ["2018-07.yaml"]


def test_a_new_plan_never_replaces_one_and_an_unwritable_place_is_named(tmp_path):
    path = tmp_path / "2018-07.yaml"
    write_plan(path, "lead:\n")
    with pytest.raises(UsageError, match="there is a plan already"):
        write_plan(path, "")
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotWriteError):
        write_plan(tmp_path / "file" / "2018-07.yaml", "")


# -- any plan, any decisions --------------------------------------------------------------------------------------

REMARKS = st.sampled_from(["", "", "  # a remark", "\t# ünï: [x] {y}, 'z", " #"])
COMMENTS = st.sampled_from(["", "# drop:", "#   - aaaa: x", "  # indented", "# – «ñ» 🚌", "\t"])


@st.composite
def list_text(draw, key, ids, end):
    """The lines of one key, in one of the ways people write it."""
    reasons = [draw(st.sampled_from(["", "", "late", "'it''s: x'"])) if key in ("drop", "defer") else "" for _ in ids]
    shorts = [draw(st.sampled_from([id_[:9], id_, f"'{id_}'", f'"{id_[:9]}"'])) for id_ in ids]
    entries = [f"{id_}: {reason}" if reason else id_ for id_, reason in zip(shorts, reasons, strict=True)]
    ways = ["block", "indented", "flow", "long flow"] + (["mapping"] if key in ("drop", "defer") and ids else [])
    way = draw(st.sampled_from(ways if ids else ["flow", "nothing", "null"]))
    if way in ("nothing", "null"):
        return f"{key}:{' ~' if way == 'null' else ''}{draw(REMARKS)}{end}"
    if way == "flow":
        comma = draw(st.sampled_from(["", ","])) if ids else ""
        return f"{key}: [{', '.join(entries)}{comma}]{draw(REMARKS)}{end}"
    if way == "long flow":
        return f"{key}: [ # a, b{end}" + "".join(f"  {entry}, # c, d{end}" for entry in entries) + f"  ]{end}"
    if way == "mapping":
        lines = [f"  {id_}:{' ' if reason else ''}{reason}" for id_, reason in zip(shorts, reasons, strict=True)]
    else:
        lines = [f"{'    ' if way == 'indented' else ''}-   {entry}" for entry in entries]
    gap = draw(COMMENTS.filter(lambda comment: comment != "\t"))
    between = f"{gap}{end}" if gap else ""
    return f"{key}:{draw(REMARKS)}{end}" + between.join(f"{line}{draw(REMARKS)}{end}" for line in lines)


@st.composite
def plan_texts(draw):
    end = draw(st.sampled_from(["\n", "\r\n"]))
    role = {id_: draw(st.sampled_from(["", "pin", "drop", "defer", "lead"])) for id_ in IDS}
    leads = [id_ for id_ in IDS if role[id_] == "lead"]
    ids = {key: [id_ for id_ in IDS if role[id_] == key] for key in ("pin", "drop", "defer")}
    ids["order"] = draw(
        st.permutations([id_ for id_ in IDS if role[id_] not in ("drop", "defer")]).map(lambda all_: all_[:3])
    )
    texts = [draw(list_text(key, ids[key], end)) for key in ids if ids[key] or draw(st.booleans())]
    if leads:
        texts.append(f"lead: {leads[0]}{draw(REMARKS)}{end}")
    if draw(st.booleans()):
        texts.append(f"introduction:{end}  en: |{end}    # drop:{end}    Words – «ñ».{end}")
    if draw(st.booleans()):
        texts.append(f"stories: {{aaaa: {{title: x, countries: [GT]}}}}{draw(REMARKS)}{end}")
    pieces = []
    for text in draw(st.permutations(texts)):
        comment = draw(COMMENTS.filter(lambda each: each not in ("\t", "  # indented")))
        pieces += [f"{comment}{end}" if comment or draw(st.booleans()) else "", text]
    whole = draw(st.sampled_from(["", "\ufeff"])) + "".join(pieces)
    return whole.rstrip("\r\n") if draw(st.booleans()) else whole


decisions = st.tuples(
    st.sampled_from([*PlanDecision, "order"]),
    st.lists(st.sampled_from(IDS), min_size=1, max_size=3, unique=True),
    st.sampled_from([None, None, "a reason: #1", 'the "last" word\\']),
)


def lines_of(text):
    return re.split("\r\n|\n", text.removeprefix("\ufeff"))


@settings(max_examples=dose(90, 2000), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plan_texts(), st.lists(decisions, min_size=1, max_size=3))
def test_a_command_does_what_it_says_and_every_other_line_stays(tmp_path, known, story_of, text, taken):
    path = tmp_path / "2018-07.yaml"
    path.write_bytes(text.encode())
    plan = read_plan(path, known)
    touched = set()
    for decision, ids, because in taken:
        if decision == "order":
            ids = [id_ for id_ in ids if id_ not in plan.dropped and id_ not in plan.deferred]  # noqa: PLW2901 – allowed ones
            touched.update(ids, plan.order)
            plan = ordered(plan, ids)
            put_in_order(path, known, story_of(*ids))
        else:
            ids, because = (ids[:1], because) if decision is PlanDecision.LEAD else (ids, because)  # noqa: PLW2901 – one lead
            said = because if decision in (PlanDecision.DROP, PlanDecision.DEFER) else None
            touched.update(ids, [plan.lead] if plan.lead else [])
            for id_ in ids:
                plan = decided(plan, decision, id_, said)
            decide(path, known, decision, story_of(*ids), said)
        assert read_plan(path, known) == plan
    after = path.read_bytes().decode()
    assert after.startswith("\ufeff") == text.startswith("\ufeff")
    assert ("\r\n" in after) <= ("\r\n" in text or "\n" not in text)
    remaining = iter(lines_of(after))
    for line in lines_of(text):
        names_touched = any(id_[:4] in line for id_ in touched) and not line.lstrip().startswith("#")
        holds_a_key = re.match(r"(pin|order|drop|defer|lead):", line)
        in_brackets = line.endswith(", # c, d")  # a neighbour in brackets may join it on its line
        if line.strip() and not names_touched and not holds_a_key and not in_brackets:
            assert line in remaining, (line, after)
