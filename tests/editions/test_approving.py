"""Answers to single parts of a draft, and what is sealed and sent because of them: the real pipeline and store."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from databases import database_at
from sqlalchemy import select
from workshop import PlainRenderer

from digest.delivery.delivery import DeliveryState
from digest.editions import guard, readable_copy, store
from digest.editions.approving import approve_part, approve_whole, look, refuse_part, seal_settled
from digest.editions.review_store import Reviews
from digest.editions.reviews import PartAnswer, PartStatus, ReviewMail, Skip, Wait, settle
from digest.errors import PersonNeededError, UsageError
from digest.foundation.addresses import NamedAddress
from digest.foundation.problems import Severity
from digest.foundation.schema import metadata
from digest.mail.checks.rule import Finding
from digest.newsletters.edition import Acceptance, EditionState, Ruling
from digest.newsletters.newsletter import Approval, ReviewRule, Unanswered

pytestmark = pytest.mark.both_databases

MARTA = NamedAddress(name="Marta", address="marta@example.org")
LUIS = NamedAddress(name="Luis", address="luis@example.org")
EVERYBODY = {
    "ana@example.org": "guatemala",
    "ben@example.org": "mexico",
    "cai@example.org": "guatemala mexico",
    "dan@example.org": "regional",
}


@pytest.fixture
def workshop(make_workshop, tmp_path, found):
    reviews = {
        "guatemala": ReviewRule(reviewers=(MARTA,), then=Unanswered.HOLD),
        "mexico": ReviewRule(reviewers=(LUIS,), then=Unanswered.LEAVE_OUT),
    }
    workshop = make_workshop(tmp_path, reviews=reviews, then=Unanswered.SEND)
    workshop.source.items = [
        found("Guatemala alone", countries=("GT",), line=1),
        found("Both together", countries=("GT", "MX"), line=9),
        found("Mexico alone", countries=("MX",), line=19),
    ]
    workshop.collect()
    for address, audiences in EVERYBODY.items():
        workshop.subscribe(address, audiences)
    return workshop


@pytest.fixture
def draft(workshop):
    return workshop.build("2018-07").edition


def looked(workshop, edition):
    return look(workshop.bench.database, workshop.newsletter, edition)


def code(workshop, edition, name):
    return next(
        workshop.editions.codes().of(part.fingerprint) for part in looked(workshop, edition).parts if part.name == name
    )


def say_yes(workshop, edition, name, by="Marta"):
    return approve_part(workshop.bench, workshop.newsletter, edition, name, by, code(workshop, edition, name))


def say_no(workshop, edition, name, by="Luis", because="two errors"):
    return refuse_part(workshop.bench, workshop.newsletter, edition, name, by, because)


def approve(workshop, edition, accepted=()):
    code = workshop.editions.code(edition)
    bench, newsletter = workshop.bench, workshop.newsletter
    return approve_whole(bench, newsletter, edition, "Ana", code=code, early=True, accepted=accepted)


def settled(workshop, edition):
    return settle(workshop.newsletter, looked(workshop, edition).reviews)


def seal(workshop, edition):
    return seal_settled(workshop.bench, workshop.newsletter, edition, settled(workshop, edition))


def letters(workshop):
    return {letter.recipient: b"".join(letter.pieces).decode().splitlines() for letter in workshop.postbox.letters}


def test_it_waits_then_goes_out_after_approval(workshop, draft):
    """The done-when of the issue, first half."""
    waiting = settled(workshop, draft)
    assert isinstance(waiting, Wait)
    assert str(waiting) == "Guatemala was not answered by Marta"
    say_yes(workshop, draft, "guatemala")
    say_yes(workshop, draft, "mexico", "Luis")
    sealed = seal(workshop, draft)
    assert (sealed.state, sealed.approved_by) == (EditionState.SEALED, "Marta (Guatemala), Luis (Mexico)")
    assert sealed.fingerprint == draft.fingerprint
    assert sealed.readers == {"regional": 1, "guatemala": 2, "mexico": 2}
    workshop.send(sealed)
    assert letters(workshop).keys() == EVERYBODY.keys()


def test_one_changed_byte_voids_the_approval_of_that_part_alone(workshop, draft):
    """The done-when of the issue, second half."""
    say_yes(workshop, draft, "guatemala")
    say_yes(workshop, draft, "mexico", "Luis")
    say_yes(workshop, draft, "regional", "Ana")
    workshop.retitle(2, "Mexico alonE")
    workshop.collect()
    changed = workshop.build("2018-07").edition
    stood = {name: one.status for name, one in looked(workshop, changed).reviews.items()}
    assert stood == {
        "regional": PartStatus.CHANGED,  # takes everything
        "guatemala": PartStatus.APPROVED,
        "mexico": PartStatus.CHANGED,
    }
    assert settled(workshop, changed).without == {"mexico": "changed after Luis had answered"}
    workshop.retitle(0, "Guatemala alonE")
    workshop.collect()
    changed = workshop.build("2018-07").edition
    assert isinstance(settled(workshop, changed), Wait)
    with pytest.raises(PersonNeededError, match="nobody has approved it"):
        workshop.send(changed)


def test_an_edition_whose_readable_copy_was_changed_is_not_sealed(workshop, draft):
    say_yes(workshop, draft, "guatemala")
    path = next((workshop.folder / "editions" / "monthly" / "2018-07").rglob("mexico.en.txt"))
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(PersonNeededError, match="not what was built"):
        seal(workshop, draft)
    with pytest.raises(PersonNeededError, match="not what was built"):
        say_yes(workshop, draft, "regional")


def test_what_changes_back_is_approved_again(workshop, draft):
    say_yes(workshop, draft, "guatemala")
    for title in ("Something else", "Guatemala alone"):
        workshop.retitle(0, title)
        workshop.collect()
        draft = workshop.build("2018-07").edition
    assert looked(workshop, draft).reviews["guatemala"].status is PartStatus.APPROVED


def test_a_refused_part_is_left_out_and_nothing_of_it_is_lost(workshop, draft):
    say_no(workshop, draft, "guatemala", "Marta")
    say_yes(workshop, draft, "mexico", "Luis")
    sealed = seal(workshop, draft)
    assert sealed.approved_by == "Luis (Mexico)"
    sent = workshop.send(sealed)
    assert letters(workshop) == {
        "ben@example.org": ["Both together", "Mexico alone"],
        "cai@example.org": ["Both together", "Mexico alone"],
        "dan@example.org": ["Guatemala alone", "Both together", "Mexico alone"],  # regional was not refused
    }
    assert (sent.tally[DeliveryState.SENT], sent.tally[DeliveryState.NO_VARIANT]) == (3, 1)


def test_a_story_that_only_the_refused_part_takes_is_settled_and_no_later_edition_takes_it(workshop, draft):
    workshop.newsletter = replace(workshop.newsletter, audiences=workshop.newsletter.audiences[1:])  # no regional
    draft = workshop.build("2018-07").edition
    say_no(workshop, draft, "guatemala", "Marta", "the wrong date")
    say_yes(workshop, draft, "mexico", "Luis")
    sealed = seal(workshop, draft)
    verdicts = {one.story_id: one for one in workshop.editions.verdicts(sealed)}
    titles = {story.id: story.items[0].text.title for story in workshop.items.stories()}
    refused = "Guatemala (refused by Marta: the wrong date)"
    rulings = {titles[id_]: (one.ruling, one.reason) for id_, one in verdicts.items()}
    assert rulings == {
        "Guatemala alone": (Ruling.LEFT_OUT, "left out with Guatemala (refused by Marta: the wrong date)"),
        "Both together": (
            Ruling.INCLUDED,
            f"Mexico (countries: MX); left out of {refused}",
        ),
        "Mexico alone": (Ruling.INCLUDED, "Mexico (countries: MX)"),
    }
    workshop.send(sealed)
    assert verdicts.keys() == workshop.editions.settled("monthly").keys()
    assert workshop.build("2018-08").verdicts == ()


def test_parts_that_stay_are_byte_for_byte_what_was_approved(workshop, draft):
    before = {part.name: part for part in looked(workshop, draft).parts}
    say_no(workshop, draft, "guatemala")
    say_yes(workshop, draft, "mexico")
    sealed = seal(workshop, draft)
    after = {part.name: part for part in looked(workshop, sealed).parts}
    assert after.keys() == {"regional", "mexico"}
    assert {name: part.fingerprint for name, part in after.items()} == {
        name: before[name].fingerprint for name in after
    }


def test_a_choice_made_after_the_seal_gets_no_part_that_was_left_out(workshop, draft):
    say_no(workshop, draft, "guatemala")
    say_yes(workshop, draft, "mexico")
    sealed = seal(workshop, draft)
    workshop.subscribe("eva@example.org", "guatemala mexico", "es")
    workshop.subscribe("fay@example.org", "guatemala", "es")
    workshop.send(sealed)
    assert letters(workshop)["eva@example.org"] == ["Both together", "Mexico alone"]
    assert "fay@example.org" not in letters(workshop)


def test_approving_the_whole_edition_leaves_out_what_was_refused(workshop, draft):
    say_no(workshop, draft, "guatemala")
    sealed = approve(workshop, draft)
    assert sealed.approved_by == "Ana"
    workshop.send(sealed)
    assert "ana@example.org" not in letters(workshop)


def test_an_edition_all_of_which_was_refused_is_skipped(workshop, draft):
    for name in ("guatemala", "mexico", "regional"):
        say_no(workshop, draft, name, "Luis", name.upper())
    found = settled(workshop, draft)
    assert isinstance(found, Skip)
    assert "Regional was refused by Luis: REGIONAL; Guatemala was" in found.because
    with pytest.raises(PersonNeededError, match="every part"):
        approve(workshop, draft)
    assert workshop.editions.editions()[0].fingerprint == draft.fingerprint


def test_without_approval_what_was_refused_is_left_out_when_it_is_sent(workshop, draft):
    say_no(workshop, draft, "mexico")
    workshop.newsletter = replace(workshop.newsletter, approval=Approval.NONE)
    sent = workshop.send(draft)
    assert sent.edition.approved_by is None
    assert sent.edition.readers["mexico"] == 2
    assert "ben@example.org" not in letters(workshop)
    assert letters(workshop)["cai@example.org"] == ["Guatemala alone", "Both together"]


# -- What must stop it


def state_of(workshop):
    """All that a command which fails may not have changed: the database, and every file beside it."""
    with database_at(workshop.folder / "digest.db").read() as connection:
        rows = {table.name: sorted(map(repr, connection.execute(select(table)))) for table in metadata.sorted_tables}
    files = {
        str(path.relative_to(workshop.folder)): path.read_bytes()
        for path in workshop.folder.rglob("*")
        if path.is_file() and not path.name.startswith("digest.db")
    }
    return rows, files


def one_more(workshop, found):
    workshop.source.items.append(found("Unseen in Mexico", countries=("MX",), line=29))
    workshop.collect()


def reworded(workshop, found):
    workshop.retitle(1, "Both together, corrected")
    workshop.collect()


def withdrawn(workshop, found):
    del workshop.source.items[2]
    workshop.collect()


@pytest.mark.parametrize("change", [one_more, reworded, withdrawn])
def test_what_is_sealed_without_a_part_is_the_draft_that_was_looked_at(workshop, draft, found, change):
    """Whatever was collected after it was built is in nobody's mail, and no part comes back."""
    say_no(workshop, draft, "guatemala")
    say_yes(workshop, draft, "mexico")
    change(workshop, found)
    assert mails(workshop, seal(workshop, draft)) == {
        "mexico": ["Both together", "Mexico alone"],
        "guatemala mexico": ["Both together", "Mexico alone"],
        "regional": ["Guatemala alone", "Both together", "Mexico alone"],
    }


def mails(workshop, sealed):
    """Audiences of a choice → the titles that it gets in English, if any."""
    texts = {variant.name: variant.rendered.text.splitlines() for variant in workshop.editions.variants(sealed)}
    served = workshop.editions.choices_of(sealed)
    return {" ".join(sorted(c.audiences)): texts[name] for c, name in served.items() if name and c.language == "en"}


@pytest.mark.parametrize("change", [None, one_more, reworded, withdrawn])
def test_a_refused_part_stays_out_however_often_it_is_built_again(workshop, draft, found, change):
    say_no(workshop, draft, "guatemala")
    if change is not None:
        change(workshop, found)
    rebuilt = workshop.build("2018-07").edition
    for name in ("mexico", "regional"):
        say_yes(workshop, rebuilt, name)
    assert settled(workshop, rebuilt).without == {"guatemala": "refused by Luis: two errors"}
    workshop.send(approve(workshop, rebuilt))
    assert "ana@example.org" not in letters(workshop)


def test_a_part_that_was_refused_and_mended_goes_once_it_is_approved(workshop, draft, found):
    say_no(workshop, draft, "guatemala")
    reworded(workshop, found)
    mended = workshop.build("2018-07").edition
    assert looked(workshop, mended).reviews["guatemala"].is_outdated
    say_yes(workshop, mended, "guatemala")
    workshop.send(approve(workshop, mended))
    assert "ana@example.org" in letters(workshop)


def test_why_a_part_was_left_out_is_kept_until_the_edition_is_built_again(workshop, draft):
    say_no(workshop, draft, "guatemala")
    sealed = approve(workshop, draft)
    assert sealed.left_out == {"guatemala": "refused by Luis: two errors"}
    opened = workshop.editions.reopen(sealed, "a slip")
    again = approve(workshop, opened)
    assert again.left_out == sealed.left_out
    workshop.editions.reopen(again, "another slip")
    rebuilt = workshop.build("2018-07").edition
    assert rebuilt.left_out == {}
    say_yes(workshop, rebuilt, "guatemala")
    assert approve(workshop, rebuilt).left_out == {}


@pytest.fixture
def combined(workshop, found):
    """Without Guatemala, fay's mail is one that nobody had chosen before."""
    workshop.newsletter = replace(
        workshop.newsletter, audiences=(*workshop.newsletter.audiences, belize(workshop.newsletter))
    )
    workshop.source.items.append(found("Belize alone", countries=("BZ",), line=39))
    workshop.collect()
    workshop.subscribe("fay@example.org", "guatemala mexico belize")
    draft = workshop.build("2018-07").edition
    say_no(workshop, draft, "guatemala")
    say_yes(workshop, draft, "mexico")
    return draft


def belize(newsletter):
    mexico = newsletter.audience("mexico")
    return replace(mexico, name="belize", include=replace(mexico.include, countries=frozenset({"BZ"})))


@pytest.mark.parametrize("change", [None, one_more, reworded, withdrawn])
def test_a_combination_that_nobody_had_chosen_is_made_of_the_same_stories(workshop, combined, found, change):
    if change is not None:
        change(workshop, found)
    sealed = seal(workshop, combined)
    assert mails(workshop, sealed)["belize guatemala mexico"] == ["Both together", "Belize alone", "Mexico alone"]
    if change in (None, one_more):
        workshop.send(sealed)
        assert letters(workshop)["fay@example.org"] == ["Both together", "Belize alone", "Mexico alone"]


def test_a_combination_is_not_made_in_another_look(workshop, combined):
    renderer = OtherRenderer()
    before = state_of(workshop)
    for _ in range(2):
        with pytest.raises(PersonNeededError, match="changed after it was drafted"):
            seal_settled(
                replace(workshop.bench, renderer=renderer), workshop.newsletter, combined, settled(workshop, combined)
            )
        assert state_of(workshop) == before


class OtherRenderer(PlainRenderer):
    def render(self, content):
        return replace(super().render(content), subject="another")


class CrashError(BaseException):
    """As a power cut: nothing is tidied up."""


@pytest.mark.parametrize("point", ["copy.renamed", "review.left-out", "seal.before-commit"])
def test_a_crash_while_a_part_is_left_out_changes_nothing_in_the_end(workshop, draft, monkeypatch, point):
    say_no(workshop, draft, "guatemala")
    say_yes(workshop, draft, "mexico")
    before = state_of(workshop)

    def crash(reached):
        if reached == point:
            raise CrashError

    for module in (store, readable_copy):
        monkeypatch.setattr(module, "reach", crash)
    with monkeypatch.context() as patch:
        patch.setattr(readable_copy.shutil, "rmtree", lambda *_args, **_more: None)
        patch.setattr(readable_copy, "_put_in_place", once(readable_copy._put_in_place))
        with pytest.raises(CrashError):
            seal(workshop, draft)
    monkeypatch.undo()
    workshop.reopen()
    (edition,) = workshop.editions.editions()
    assert edition == draft
    assert settled(workshop, edition).without == {"guatemala": "refused by Luis: two errors"}
    workshop.copy.recover(edition)
    assert state_of(workshop) == before
    workshop.send(seal(workshop, edition))
    assert letters(workshop).keys() == EVERYBODY.keys() - {"ana@example.org"}


def once(call):
    """It does it the first time; afterwards the process is gone."""
    calls = []

    def called(*given):
        calls.append(given)
        return call(*given) if len(calls) == 1 else None

    return called


def test_errors_in_the_mails_stop_an_answer_and_the_seal_and_the_draft_stays_whole(workshop, draft):
    say_no(workshop, draft, "guatemala")
    workshop.findings = (
        Finding(code="HTML-001", severity=Severity.ERROR, place="Mexico – English", reason="broken", fix="mend it"),
    )
    with pytest.raises(PersonNeededError, match="HTML-001"):
        say_yes(workshop, draft, "mexico")
    workshop.findings, findings = (), workshop.findings
    say_yes(workshop, draft, "mexico")
    workshop.findings = findings
    with pytest.raises(PersonNeededError, match="HTML-001"):
        seal(workshop, draft)
    (edition,) = workshop.editions.editions()
    assert edition.fingerprint == draft.fingerprint


def test_the_guard_stops_both_ways_of_sealing_until_a_person_says_why(workshop, draft):
    workshop.send(approve(workshop, draft))
    workshop.leave("ana@example.org")
    workshop.leave("cai@example.org")
    workshop.source.items[0] = replace(workshop.source.items[0], published_on=workshop.clock.now().date())
    workshop.retitle(0, "August in Mexico and Guatemala")
    workshop.collect()
    august = workshop.build("2018-08").edition
    for part in looked(workshop, august).parts:
        say_yes(workshop, august, part.name)
    with pytest.raises(PersonNeededError) as automatic:
        seal(workshop, august)
    with pytest.raises(PersonNeededError) as by_hand:
        approve(workshop, august)
    for stopped in (automatic, by_hand):
        assert "guatemala: 2 readers at the last edition, nobody now" in stopped.value.cause
        assert "mexico: 2 readers at the last edition, 1 now (-50 %)" in stopped.value.cause
        assert "regional" not in stopped.value.cause
        assert "--because" in stopped.value.remedy
    because = Acceptance(code=guard.CODE, because="The ministry closed its office.")
    sealed = approve(workshop, august, accepted=[because])
    assert sealed.accepted == (because,)
    assert sealed.fingerprint != august.fingerprint  # why is part of what was approved
    assert sealed.readers == {"regional": 1, "guatemala": 0, "mexico": 1}


def test_the_guard_also_stops_editions_that_nobody_approves(workshop, draft):
    workshop.newsletter = replace(workshop.newsletter, approval=Approval.NONE)
    workshop.send(draft)
    workshop.leave("dan@example.org")
    workshop.source.items[0] = replace(workshop.source.items[0], published_on=workshop.clock.now().date())
    workshop.retitle(0, "August")
    workshop.collect()
    august = workshop.build("2018-08").edition
    with pytest.raises(PersonNeededError, match="regional: 1 reader at the last edition, nobody now"):
        workshop.send(august)


# -- Codes and names


def test_a_wrong_code_is_refused_and_tells_what_is_wrong(workshop, draft):
    old = code(workshop, draft, "mexico")
    with pytest.raises(PersonNeededError, match="code of another part: Mexico"):
        approve_part(workshop.bench, workshop.newsletter, draft, "guatemala", "Marta", old)
    (mexico,) = [part for part in looked(workshop, draft).parts if part.name == "mexico"]
    at = workshop.clock.now()
    mail = ReviewMail(
        part="mexico", reviewer="luis@example.org", fingerprint=mexico.fingerprint, sent_at=at, asked_at=at
    )
    workshop.reviews.note_mail(draft, [mail])
    workshop.retitle(2, "Mexico changed")
    workshop.collect()
    draft = workshop.build("2018-07").edition
    with pytest.raises(PersonNeededError) as stopped:
        approve_part(workshop.bench, workshop.newsletter, draft, "mexico", "Luis", old.lower())
    assert stopped.value.cause == "the part has changed since that code was given out"
    assert "digest review monthly/2018-07 --part mexico" in stopped.value.remedy
    assert code(workshop, draft, "mexico") not in str(stopped.value)
    assert not workshop.reviews.answers(draft)


def test_names_that_mean_nothing_are_told(workshop, draft):
    with pytest.raises(UsageError, match="did you mean mexico"):
        say_no(workshop, draft, "mexic")
    with pytest.raises(UsageError, match="needs a name"):
        say_no(workshop, draft, "mexico", " ")
    with pytest.raises(UsageError, match="needs a reason"):
        say_no(workshop, draft, "mexico", "Luis", "  ")
    workshop.source.items = workshop.source.items[:1]
    workshop.collect()
    with pytest.raises(UsageError, match="nothing in this edition concerns"):
        say_no(workshop, workshop.build("2018-07").edition, "mexico")


# -- The store


def test_the_last_answer_counts_until_the_seal(workshop, draft):
    say_no(workshop, draft, "guatemala", "Luis", "a typing error")
    say_yes(workshop, draft, "guatemala", "Marta")
    answer = workshop.reviews.answers(draft)["guatemala"]
    assert (answer.by, answer.approved, answer.because, answer.at) == ("Marta", True, None, workshop.clock.now())
    sealed = seal(workshop, draft)
    for again in (draft, sealed):
        with pytest.raises(PersonNeededError, match="has approved it"):
            say_no(workshop, again, "guatemala")
    assert workshop.reviews.answers(sealed)["guatemala"] == answer


def test_an_answer_to_a_draft_that_was_built_anew_meanwhile_is_not_kept(workshop, draft):
    workshop.retitle(0, "Something else")
    workshop.collect()
    workshop.build("2018-07")
    (part, *_) = looked(workshop, draft).parts
    answer = PartAnswer(
        part=part.name, fingerprint=part.fingerprint, approved=True, by="Marta", at=workshop.clock.now()
    )
    with pytest.raises(PersonNeededError, match="changed while you looked"):
        workshop.reviews.save_answer(draft, answer)


def test_a_refusal_between_looking_and_sealing_stops_the_seal(workshop, draft):
    """What a person was told is refused is never sealed, however short the time between."""
    say_yes(workshop, draft, "guatemala")

    def examined(specimen):
        (edition,) = workshop.editions.editions()
        Reviews(database_at(workshop.folder / "digest.db")).save_answer(
            edition,
            PartAnswer(
                part="regional", fingerprint="f", approved=False, by="Ana", at=workshop.clock.now(), because="no"
            ),
        )
        return ()

    with pytest.raises(PersonNeededError, match="an answer came in between"):
        seal_settled(replace(workshop.bench, gate=examined), workshop.newsletter, draft, settled(workshop, draft))
    assert workshop.editions.editions()[0].state is EditionState.DRAFT


def test_what_was_settled_before_an_answer_came_is_not_sealed(workshop, draft):
    say_yes(workshop, draft, "guatemala")
    settlement = settled(workshop, draft)
    say_no(workshop, draft, "guatemala")
    with pytest.raises(PersonNeededError, match="an answer came in between"):
        seal_settled(workshop.bench, workshop.newsletter, draft, settlement)


def test_answers_given_at_the_same_moment_all_count_and_the_seal_takes_one_picture(workshop, draft):
    """Eight people answer while the edition is being sealed: each answer is in the store, or its giver is told."""
    say_yes(workshop, draft, "guatemala")
    settlement = settled(workshop, draft)
    start = threading.Barrier(9)

    def give(number):
        start.wait()
        name = ("guatemala", "mexico", "regional")[number % 3]
        try:
            say_no(workshop, draft, name, f"person {number}")
        except (PersonNeededError, UsageError):  # sealed, built anew, or left out at this very moment
            return None
        return name, f"person {number}"

    def close():
        start.wait()
        try:
            return seal_settled(workshop.bench, workshop.newsletter, draft, settlement)
        except PersonNeededError:
            return None

    with ThreadPoolExecutor(9) as people:
        sealing = people.submit(close)
        given = [one for one in people.map(give, range(8)) if one]
    sealed, answers = sealing.result(), workshop.reviews.answers(draft)
    for name in {name for name, _ in given}:
        assert answers[name].by in {by for one, by in given if one == name}
    refused = {name for name, answer in answers.items() if not answer.approved}
    if sealed is not None:
        assert not refused & (answers.keys() - settlement.without.keys())
    else:
        assert refused


def test_what_was_mailed_is_kept_once_per_part_and_reviewer_with_the_time_of_the_first_mail(workshop, draft):
    at = workshop.clock.now()
    mail = ReviewMail(part="b", reviewer="m@example.org", fingerprint="1", sent_at=at, asked_at=at)
    first = [mail, replace(mail, part="a")]
    workshop.reviews.note_mail(draft, first)
    later = at + timedelta(days=1)
    workshop.reviews.note_mail(draft, [replace(mail, fingerprint="2", sent_at=later, asked_at=later)])
    assert workshop.reviews.mailed(draft) == [first[1], replace(mail, fingerprint="2", sent_at=later)]
