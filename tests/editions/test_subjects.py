"""No two editions of a newsletter have one subject by themselves: the real renderer, pipeline and store."""

from dataclasses import replace

import pytest

from digest.editions.building import reissue
from digest.editions.checking import check
from digest.mail.checks.gate import check as gate
from digest.mail.renderer import TemplateRenderer

pytestmark = pytest.mark.both_databases


@pytest.fixture
def workshop(make_workshop, tmp_path, found):
    """The same title in three months, the second time with an accent more and in capitals."""
    workshop = make_workshop(tmp_path)
    workshop.source.items = [
        found("Calls of Peten", "2018-06-04", line=1),
        found("CALLS of Petén", "2018-07-04", body="Others than in June.", line=9),
        found("Calls of Peten", "2018-08-04", body="And others in August.", line=17),
    ]
    workshop.collect()
    workshop.subscribe("ana@example.org")
    renderer = TemplateRenderer(None, lambda _kind, value, _language: value, has_public_url=False)
    workshop.bench = replace(workshop.bench, renderer=renderer)
    return workshop


def subjects(workshop, edition):
    """In English."""
    return {each.rendered.subject for each in workshop.editions.variants(edition) if each.language == "en"}


def test_the_same_title_in_three_months_makes_three_subjects(workshop):
    made = [subjects(workshop, workshop.publish(key).edition) for key in ("2018-06", "2018-07", "2018-08")]
    assert made == [{"Calls of Peten"}, {"CALLS of Petén – July 2018"}, {"Calls of Peten – August 2018"}]


def test_two_drafts_beside_each_other_share_none_and_what_is_built_again_keeps_its_own(workshop):
    july, august = workshop.build("2018-07").edition, workshop.build("2018-08").edition
    codes = {one.key: workshop.editions.code(one) for one in (july, august)}
    assert subjects(workshop, august) == {"Calls of Peten – August 2018"}
    for key in ("2018-07", "2018-08", "2018-07"):
        assert workshop.editions.code(workshop.build(key).edition) == codes[key]
    workshop.retitle(1, "Another title")
    workshop.collect()
    workshop.build("2018-07")
    assert workshop.editions.code(workshop.build("2018-08").edition) == codes["2018-08"]  # nothing of it has changed


def test_a_second_reissue_is_told_apart_from_the_first(workshop):
    july = workshop.publish("2018-07").edition
    for key, subject in (
        ("2018-07.2", "Correction: CALLS of Petén"),
        ("2018-07.3", "Correction: CALLS of Petén – July 2018"),
    ):
        again = reissue(workshop.bench, workshop.newsletter, july, "a wrong number").edition
        assert (again.key, subjects(workshop, again)) == (key, {subject})
        july = workshop.send(workshop.approve(again)).edition


def test_a_draft_of_before_the_rule_is_as_it_was_looked_at(workshop):
    """Nothing asks for another look at it, and what is made beside its mails is made as they were."""
    workshop.publish("2018-06")
    kept = workshop.bench.renderer
    workshop.bench = replace(workshop.bench, renderer=Unaware(kept))
    july = workshop.build("2018-07").edition
    workshop.bench = replace(workshop.bench, renderer=kept)
    (workshop.folder / "editions/monthly/2018-07/edition.yaml").unlink()  # so that the mails are compared
    assert subjects(workshop, july) == {"CALLS of Petén"}
    workshop.bench = replace(workshop.bench, gate=gate)
    assert [one.code for one in check(workshop.bench, workshop.newsletter, july) if one.code.startswith("SUBJ")] == [
        "SUBJ-008"
    ]


class Unaware:
    """As the program was before."""

    def __init__(self, renderer):
        self.renderer = renderer

    def fingerprint(self, template):
        return self.renderer.fingerprint(template)

    def render(self, content):
        return self.renderer.render(replace(content, subjects_used=frozenset()))
