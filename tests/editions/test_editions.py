"""From stories to sealed editions: home, late, settled, never twice (design §4, §5, §13)."""

from dataclasses import replace

import pytest

from digest.editions.approving import approve_whole
from digest.editions.signature import Signature
from digest.errors import PersonNeededError, UsageError
from digest.foundation.problems import Severity
from digest.mail.checks.rule import Finding
from digest.newsletters.edition import Acceptance, EditionState, Ruling
from digest.newsletters.newsletter import Approval

pytestmark = pytest.mark.both_databases


def titles(built):
    return {variant.name: variant.rendered.text.split("\n") for variant in built.variants}


def test_building_again_replaces_the_draft_and_takes_nothing(workshop, found):
    workshop.source.items = [found("A", countries=("GT",)), found("B", countries=("MX",))]
    workshop.collect()
    first = workshop.build("2018-07")
    second = workshop.build("2018-07")
    assert second.edition == replace(first.edition, built_at=second.edition.built_at)
    assert workshop.editions.settled("monthly") == {}
    assert len(workshop.editions.editions()) == 1


def test_any_change_gives_another_fingerprint(workshop, found):
    workshop.source.items = [found("A", countries=("GT",))]
    workshop.collect()
    first = workshop.build("2018-07").edition.fingerprint
    workshop.source.items = [found("A", countries=("GT",)), found("B")]
    workshop.collect()
    second = workshop.build("2018-07").edition.fingerprint
    workshop.subscribe("a@example.org", "guatemala mexico")
    third = workshop.build("2018-07").edition.fingerprint
    assert len({first, second, third}) == 3


def test_verdicts_add_up_to_the_candidates(workshop, found, newsletter, audience):
    workshop.newsletter = newsletter(audience("guatemala", countries="GT"))
    workshop.source.items = [found("A", countries=("GT",)), found("B", countries=("MX",)), found("C")]
    workshop.collect()
    workshop.source.items.pop()
    workshop.collect()
    rulings = sorted(verdict.ruling for verdict in workshop.build("2018-07").verdicts)
    assert rulings == [Ruling.INCLUDED, Ruling.NO_AUDIENCE, Ruling.WITHDRAWN]


def test_a_story_that_comes_after_the_seal_is_late_in_the_next_edition(workshop, found):
    workshop.source.items = [found("A", "2018-07-06")]
    workshop.collect()
    workshop.approve(workshop.build("2018-07").edition)
    workshop.source.items += [found("Late", "2018-07-20"), found("B", "2018-08-01")]
    workshop.collect()
    built = workshop.build("2018-08")
    assert [(v.late, v.ruling) for v in built.verdicts] == [(False, Ruling.INCLUDED), (True, Ruling.INCLUDED)]
    assert titles(built)["regional.en"] == ["B", "Late"]


def test_a_sealed_edition_cannot_be_built_again(workshop, found):
    workshop.source.items = [found("A")]
    workshop.collect()
    workshop.approve(workshop.build("2018-07").edition)
    with pytest.raises(PersonNeededError, match="approved"):
        workshop.build("2018-07")


def test_a_draft_that_changed_meanwhile_is_not_approved(workshop, found):
    workshop.source.items = [found("A")]
    workshop.collect()
    old = workshop.build("2018-07").edition
    workshop.source.items.append(found("B"))
    workshop.collect()
    workshop.build("2018-07")
    with pytest.raises(PersonNeededError, match="changed while you looked"):
        workshop.editions.seal(old, workshop.clock.now(), Signature(name="Marta"))


def test_an_altered_readable_copy_is_neither_approved_nor_sent(workshop, found):
    workshop.source.items = [found("A")]
    workshop.collect()
    workshop.subscribe("a@example.org")
    edition = workshop.build("2018-07").edition
    file = workshop.folder / "editions" / "monthly" / "2018-07" / "variants" / "regional.en.html"
    original = file.read_bytes()
    file.write_bytes(original + b" ")
    with pytest.raises(PersonNeededError, match=r"regional\.en\.html"):
        workshop.approve(edition)
    file.write_bytes(original)
    sealed = workshop.approve(edition)
    file.unlink()
    with pytest.raises(PersonNeededError, match=r"regional\.en\.html"):
        workshop.send(sealed)
    assert workshop.postbox.letters == []


def test_a_draft_made_while_the_window_is_open_is_marked_and_asks_for_early(workshop, found):
    workshop.source.items = [found("A", "2018-08-01")]
    workshop.collect()
    built = workshop.build("2018-08")
    assert not built.edition.covers_to_end
    with pytest.raises(PersonNeededError, match="window was open"):
        workshop.approve(built.edition, early=False)


def test_the_window_ends_at_the_publishers_midnight(workshop, found):
    workshop.source.items = [found("A", "2018-07-31")]
    workshop.collect()
    workshop.clock.at = workshop.clock.at.replace(month=8, day=1, hour=5, minute=59)  # 23:59 on 31 July in Costa Rica
    assert not workshop.build("2018-07").edition.covers_to_end
    workshop.clock.at = workshop.clock.at.replace(hour=6, minute=0)
    assert workshop.build("2018-07").edition.covers_to_end


def test_a_period_without_stories_is_skipped_and_opens_again_when_one_comes(workshop, found):
    assert workshop.build("2018-07").edition.state is EditionState.SKIPPED
    workshop.source.items = [found("A")]
    workshop.collect()
    assert workshop.build("2018-07").edition.state is EditionState.DRAFT


def test_splitting_a_taken_story_leaves_both_halves_taken(workshop, found):
    workshop.source.items = [
        found("Hub opens", given_id="hub"),
        found("Abre", language="es", translation_of="hub"),
    ]
    workshop.collect()
    workshop.approve(workshop.build("2018-07").edition)
    workshop.source.items[1] = replace(workshop.source.items[1], translation_of=None)
    workshop.collect()
    assert len(workshop.items.stories()) == 2
    assert len(workshop.editions.settled("monthly")) == 2
    assert workshop.build("2018-08").verdicts == ()


def test_a_translation_that_comes_after_the_seal_is_not_news_again(workshop, found):
    workshop.source.items = [found("Hub opens", given_id="hub")]
    workshop.collect()
    workshop.approve(workshop.build("2018-07").edition)
    workshop.source.items.append(found("Abre", "2018-08-02", language="es", translation_of="hub"))
    workshop.collect()
    assert workshop.build("2018-08").verdicts == ()


def test_a_taken_story_whose_date_is_corrected_is_not_news_again(workshop, found):
    workshop.source.items = [found("Hub opens", "2018-07-06")]
    workshop.collect()
    workshop.approve(workshop.build("2018-07").edition)
    workshop.source.items = [found("Hub opens", "2018-08-06")]
    workshop.collect()
    assert workshop.build("2018-08").verdicts == ()


def test_two_newsletters_are_independent(workshop, found, newsletter):
    weekly = newsletter(name="other")
    workshop.source.items = [found("A")]
    workshop.collect()
    workshop.approve(workshop.build("2018-07").edition)
    assert workshop.build("2018-07", weekly).included == 1


def test_without_approval_sending_seals(workshop, found):
    workshop.newsletter = replace(workshop.newsletter, approval=Approval.NONE)
    workshop.source.items = [found("A")]
    workshop.collect()
    workshop.subscribe("a@example.org")
    sent = workshop.send(workshop.build("2018-07").edition)
    assert sent.edition.state is EditionState.FINISHED
    assert sent.edition.approved_by is None
    assert len(workshop.editions.settled("monthly")) == 1


def test_a_draft_that_needs_approval_is_not_sent(workshop, found):
    workshop.source.items = [found("A")]
    workshop.collect()
    workshop.subscribe("a@example.org")
    with pytest.raises(PersonNeededError, match="nobody has approved"):
        workshop.send(workshop.build("2018-07").edition)


def test_too_many_variants_stop_the_build_and_name_the_causes(workshop, found):
    workshop.newsletter = replace(workshop.newsletter, max_variants=3)
    workshop.source.items = [found("A", countries=("GT",)), found("B", countries=("MX",))]
    workshop.collect()
    with pytest.raises(PersonNeededError, match=r"max_variants \(3\).*guatemala"):
        workshop.build("2018-07")
    assert workshop.editions.editions() == []


def test_an_approval_needs_a_name(workshop, found):
    workshop.source.items = [found("A")]
    workshop.collect()
    edition = workshop.build("2018-07").edition
    with pytest.raises(UsageError):
        approve_whole(workshop.bench, workshop.newsletter, edition, "  ", code=None, early=True)


def error(code):
    return Finding(code=code, severity=Severity.ERROR, place="Whole region – English", reason="no alt", fix="add it")


def test_errors_of_the_check_stop_an_approval_until_each_is_accepted(workshop, found):
    workshop.source.items = [found("A")]
    workshop.collect()
    draft = workshop.build("2018-07").edition
    workshop.findings = (error("A11Y-003"), error("SIZE-001"))
    accepted = [Acceptance(code="A11Y-003", because="the picture is decoration")]
    with pytest.raises(PersonNeededError, match="SIZE-001"):
        workshop.approve(draft, accepted=accepted)
    accepted.append(Acceptance(code="SIZE-001", because="a special edition"))
    sealed = workshop.approve(draft, accepted=accepted)
    assert sealed.accepted == tuple(accepted)
    assert sealed.fingerprint != draft.fingerprint


def test_errors_of_the_check_stop_a_sending_that_nobody_approves(workshop, found):
    workshop.newsletter = replace(workshop.newsletter, approval=Approval.NONE)
    workshop.source.items = [found("A")]
    workshop.collect()
    workshop.subscribe("a@example.org")
    workshop.findings = (error("A11Y-003"),)
    with pytest.raises(PersonNeededError, match="A11Y-003"):
        workshop.send(workshop.build("2018-07").edition)
    assert workshop.postbox.letters == []


def test_warnings_stop_nothing(workshop, found):
    workshop.source.items = [found("A")]
    workshop.collect()
    workshop.findings = (replace(error("LINK-001"), severity=Severity.WARNING),)
    assert workshop.approve(workshop.build("2018-07").edition).state is EditionState.SEALED
