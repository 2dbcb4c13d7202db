"""Plans: what staff wrote, and every mistake in it with its place."""

import pytest

from digest.editions.plans.plan import Correction, Plan
from digest.editions.plans.plan_file import read_plan
from digest.errors import ConfigurationError

HUB, ZEROS, EXPONENT, NUMBER, BUS = (
    "aaaa1111bbbb2222",
    "0012345612345678",
    "12345678e1234567",
    "1234567890123456",
    "abcd0000abcd0000",
)
HUB_ES = "cccc1111bbbb2222"


@pytest.fixture
def plan(tmp_path, known):
    def read(text):
        path = tmp_path / "2018-07.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_plan(path, known)

    return read


@pytest.fixture
def refused(plan):
    def refused(text):
        with pytest.raises(ConfigurationError) as caught:
            plan(text)
        return str(caught.value).splitlines()

    return refused


def test_no_file_and_a_file_of_comments_are_empty_plans(tmp_path, known, plan):
    assert read_plan(tmp_path / "nothing.yaml", known) == Plan()
    assert plan("") == plan("# drop: x\n") == plan("lead:\npin: ~\norder: []\ndrop: {}\nstories:\n") == Plan()


def test_an_introduction_may_be_said_per_language_or_once_for_all(plan):
    def said(text):
        return {language: one.paragraphs for language, one in plan(text).introductions.items()}

    assert said("introduction: {en: Hello, es: Hola}") == {"en": ("Hello",), "es": ("Hola",)}
    assert said("introduction: Hello") == {"en": ("Hello",), "es": ("Hello",)}
    assert said("introduction: {en: Hello, es: }") == {"en": ("Hello",)}
    assert said("introduction: 2018") == {"en": ("2018",), "es": ("2018",)}


@pytest.mark.parametrize(
    "written",
    [
        "0012345612345678",
        "0012",
        "'0012'",
        '"00123456"',
        "0012345612345678  # Leading zeros",
        "&anchor 0012",
    ],
)
def test_an_id_is_text_whatever_yaml_takes_it_for(plan, written):
    assert plan(f"lead: {written}\n").lead == ZEROS
    assert plan(f"drop:\r\n- {written}\r\n").dropped == {ZEROS: ""}
    assert plan(f"\ufeffpin: [{written.partition('  #')[0]}]").pinned == (ZEROS,)


def test_a_tab_before_an_id_is_only_white_space(plan):
    assert plan("lead:\t0012\t# leading zeros\n").lead == ZEROS


def test_ids_that_look_like_numbers_in_other_ways(plan):
    assert plan("order: [12345678e, 1234567890123456, ABCD0000]").order == (EXPONENT, NUMBER, BUS)
    assert plan("drop: {12345678e1234567: 7, 1234567890: }").dropped == {EXPONENT: "7", NUMBER: ""}


def test_a_beginning_counts_only_among_the_stories_of_this_edition(plan):
    assert plan("lead: aaaa").lead == HUB
    assert plan("lead: abcd").lead == BUS


def test_an_item_stands_for_its_story(plan):
    assert plan("pin: [cccc]").pinned == (HUB,)


def test_reasons_stand_in_a_list_or_in_a_mapping(plan):
    wanted = {HUB: "", BUS: "no photo yet"}
    assert plan("defer:\n  - aaaa\n  - abcd0: no photo yet\n").deferred == wanted
    assert plan("defer:\n  aaaa:\n  abcd0: |\n    no photo\n    yet\n").deferred == wanted
    assert plan("defer: [aaaa, abcd0: 'no photo yet']").deferred == wanted
    assert plan("defer: aaaa").deferred == {HUB: ""}


def test_aliases_repeat_what_they_stand_for(plan):
    said = plan("stories:\n  aaaa: &same {countries: [GT]}\n  abcd0: *same\n")
    assert {one.item_id: one.countries for one in said.corrections} == {HUB: ("GT",), HUB_ES: ("GT",), BUS: ("GT",)}


def test_subject_and_preheader_may_be_said_per_language_or_once_for_all(plan):
    said = plan("subject: {en: Two  hubs, es: Dos}\npreheader: And a bridge")
    assert said.subjects == {"en": "Two hubs", "es": "Dos"}
    assert said.preheaders == {"en": "And a bridge", "es": "And a bridge"}
    assert plan("subject: {en: , es: Siglo XX}").subjects == {"es": "Siglo XX"}


def test_a_story_may_be_told_in_full_or_brief_whatever_else_is_decided(plan, refused):
    said = plan("lead: aaaa\nfull: [aaaa]\nbrief: [abcd0]")
    assert (said.lead, said.full, said.brief) == (HUB, (HUB,), (BUS,))
    assert "stands under 'full' already" in " ".join(refused("full: [aaaa]\nbrief: [aaaa]"))


def test_the_order_may_name_the_lead_and_pinned_stories(plan):
    said = plan("lead: aaaa\npin: [abcd0]\norder: [abcd0, aaaa, 0012]")
    assert (said.lead, said.pinned, said.order) == (HUB, (BUS,), (BUS, HUB, ZEROS))


# -- corrections --------------------------------------------------------------------------------------------------


def test_one_title_is_for_the_item_named_and_titles_per_language_for_each(plan):
    assert plan("stories: {aaaa: {title: A hub}}").corrections == (Correction(item_id=HUB, title="A hub"),)
    assert plan("stories: {cccc: {title: Un centro}}").corrections == (Correction(item_id=HUB_ES, title="Un centro"),)
    both = plan("stories: {cccc: {title: {en: A hub, es: Un centro}, summary: {es: Breve}}}").corrections
    assert {one.item_id: (one.title, one.summary) for one in both} == {
        HUB: ("A hub", None),
        HUB_ES: ("Un centro", "Breve"),
    }


def test_countries_and_topics_are_the_storys_and_may_be_none_at_all(plan):
    said = plan("stories:\n  aaaa:\n    countries: [GT, HN]\n    topics: []\n").corrections
    assert [(one.item_id, one.countries, one.topics) for one in said] == [
        (HUB, ("GT", "HN"), ()),
        (HUB_ES, ("GT", "HN"), ()),
    ]
    assert plan("stories: {abcd0: {countries: MX, topics: }}").corrections == (
        Correction(item_id=BUS, countries=("MX",)),
    )


def test_a_corrected_language_decides_which_text_is_meant(plan):
    said = plan("stories: {abcd0: {title: {fr: L’oiseau}, language: fr}}").corrections
    assert said == (Correction(item_id=BUS, title="L’oiseau", language="fr"),)


def test_a_title_is_cleaned_of_line_breaks_and_may_be_a_number(plan):
    assert plan("stories:\n  abcd0:\n    title: >\n      Two\n      lines\n").corrections[0].title == "Two lines"
    assert plan("stories: {abcd0: {title: 2018}}").corrections[0].title == "2018"


# -- mistakes -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("introducton: {en: x}", "2018-07.yaml:1:1: introducton: unknown key, did you mean 'introduction'?"),
        (
            "zzz: 1",
            "2018-07.yaml:1:1: zzz: unknown key; there is subject, preheader, introduction, lead, pin, order, full, ",
        ),
        ("subject: {en: " + "x" * 79 + "}", "subject.en: is longer than 78 characters"),
        ("preheader: " + "x" * 111, "1:12: preheader: is longer than 110 characters"),
        ("subject: {en: '', es: Dos}", "1:15: subject.en: is empty"),
        ("preheader: ' '", "1:12: preheader: is empty"),
        ("subject: …", "subject: holds '…', which stands for words still to come"),
        ("subject: {es: 'Guía para {nombre}'}", "subject.es: holds '{nombre}', which stands for words still to come"),
        ("preheader: 'TODO: say it'", "preheader: holds 'TODO:', which stands for words still to come"),
        ("subject: {fr: Bonjour}", "subject.fr: the newsletter has no such language"),
        ("introduction:\n  fr: x", "2018-07.yaml:2:3: introduction.fr: the newsletter has no such language"),
        ("introduction:\n  en: [x]", "2018-07.yaml:2:7: introduction.en: must be text"),
        ("introduction: [x]", "1:15: introduction: must be text, or one text per language"),
        ("- x", "a plan holds keys"),
        ("a: [", "a bracket too many"),
        ("lead:\t\n\taaaa", "a tab stands here"),
        ("drop: [aaaa]\ndrop: [abcd0]", "2018-07.yaml:2:1: the key 'drop' stands here twice, first in line 1"),
        ("drop: !x [aaaa]", "a text cannot begin with '!x'"),
        ("lead: aaa", "2018-07.yaml:1:7: lead: 'aaa' is too short: write at least 4 characters of an id"),
        ("lead: aaab1111", "there is no story 'aaab1111', did you mean 'aaaa1111'?"),
        ("lead: zzzzzzzz", "there is no story 'zzzzzzzz'; the ids are listed by: digest plan monthly/2018-07"),
        ("lead: [aaaa]", "lead: must be the id of one story"),
        ("lead: 1234", "fits several stories: 12345678e (An exponent), 123456789 (A number"),
        ("drop:\n- abcd1111", "2018-07.yaml:2:3: drop: 'June' was decided in monthly/2018-06 already"),
        ("pin: aaaa9", "1:6: pin: 'August' is due in 2018-08; it belongs into plans/monthly/2018-08.yaml"),
        ("pin: {aaaa: x}", "pin: must be a list of ids"),
        ("pin: [[aaaa]]", "1:7: pin: must be the id of a story"),
        ("drop: [{aaaa: x, abcd0: y}]", "1:8: drop: must be the id of a story"),
        ("drop: {aaaa: [x]}", "1:14: drop.aaaa: the reason must be text"),
        ("drop: [aaaa, cccc]", "1:14: drop: 'Hub opens' stands here already"),
        ("lead: aaaa\ndrop: [aaaa]", "2:8: drop: 'Hub opens' stands under 'lead' already"),
        ("drop: {aaaa: x}\ndefer: {cccc: y}", "2:9: defer.cccc: 'Hub opens' stands under 'drop' already"),
        ("pin: [aaaa]\nlead: aaaa", "'Hub opens' stands under 'lead' already"),
        ("defer: [aaaa]\norder: [aaaa]", "2:9: order: 'Hub opens' stands under 'defer' already"),
        ("stories: [aaaa]", "1:10: stories: must be ids with what is corrected under each"),
        ("stories: {aaaa: x}", "1:17: stories.aaaa: must hold keys: title, summary"),
        ("stories: {aaaa: {titel: x}}", "1:18: stories.aaaa.titel: unknown key, did you mean 'title'?"),
        ("stories: {zzzz: {title: x}}", "1:11: stories.zzzz: there is no story 'zzzz'"),
        ("stories: {aaaa: {title: ''}}", "stories.aaaa.title: is empty"),
        ("stories: {aaaa: {title: [x]}}", "stories.aaaa.title: must be text, or one text per language"),
        ('stories: {aaaa: {title: "a\\u202eb"}}', "stories.aaaa.title: holds the control character U+202E"),
        ("stories: {aaaa: {title: {fr: x}}}", "this story has no text in 'fr', it has en and es"),
        ("stories: {abcd0: {title: {en: x}}}", "begin a translation with: digest plan monthly/2018-07 --stubs"),
        ("stories: {aaaa: {title: {en: [x]}}}", "stories.aaaa.title.en: must be text"),
        (
            "stories: {aaaa: {countries: [Gt]}}",
            "1:30: stories.aaaa.countries: 'Gt' is no country code, did you mean 'GT'?",
        ),
        ("stories: {aaaa: {countries: {GT: }}}", "must be a list, such as [GT, HN]"),
        ("stories: {aaaa: {countries: [[GT]]}}", "1:30: stories.aaaa.countries: must be a text"),
        ("stories: {aaaa: {topics: [childrn]}}", "there is no topic 'childrn', did you mean 'children'?"),
        ("stories: {aaaa: {topics: [zzz]}}", "there is no topic 'zzz'; there is children and health"),
        ("stories: {aaaa: {language: Spanish}}", "'Spanish' is no language code; write one such as en or es"),
        ("stories: {aaaa: {language: xq}}", "'xq' is no language code"),
        ("stories: {aaaa: {language: [es]}}", "stories.aaaa.language: must be text"),
        (
            "stories: {aaaa: {title: {es: x}}, cccc: {title: y}}",
            "stories.cccc.title: is corrected twice in this plan",
        ),
    ],
)
def test_a_mistake_is_named_with_its_place(refused, text, said):
    assert said in " ".join(refused(text))


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file(refused):
    lines = refused("pinn: x\nlead: zzzz\ndrop:\n  - aaaa\n  - yyyy: x\ndefer: [aaaa]\nstories:\n  aaaa: {topic: x}\n")
    assert [line.split(": ")[0] for line in lines] == [
        "2018-07.yaml:1:1",
        "2018-07.yaml:2:7",
        "2018-07.yaml:5:5",
        "2018-07.yaml:6:9",
        "2018-07.yaml:8:10",
    ]


def test_what_is_no_text_is_refused_in_plain_words(refused):
    assert "this is not UTF-8" in refused(b"lead: \xff")[0]
    assert "control character U+0007" in refused(b"lead: \x07")[0]
    assert "nested more than" in refused("a: " + "[" * 60 + "]" * 60)[0]
