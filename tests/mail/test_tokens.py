"""What stands for one person: the fields that it is made of cannot run into each other."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from doses import dose
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import ConfigurationError
from digest.mail.tokens import IDENTITY_LENGTH, PROOF_LENGTH, Keyring, Purpose, Secret, owner_of
from digest.newsletters.edition import Edition, EditionState
from digest.newsletters.period import Period, PeriodKind

SECRET = Secret(bytes(range(32)))
JULY = Period.from_key(PeriodKind.MONTH, "2018-07")
NAMES = st.text(alphabet="ab2-", min_size=1, max_size=5)  # of newsletters, as the settings allow them
PEOPLE = st.text(alphabet="ab2-.07", max_size=5)


def edition(newsletter, revision=1):
    return Edition(newsletter=newsletter, period=JULY, revision=revision, state=EditionState.SENDING)


@given(st.tuples(NAMES, PEOPLE), st.tuples(NAMES, PEOPLE))
def test_a_proof_is_of_one_newsletter_and_one_person(one, other):
    for purpose in Purpose:
        proofs = [
            SECRET.token(purpose, newsletter, person).removeprefix(f"{person}-") for newsletter, person in (one, other)
        ]
        assert {len(proof) for proof in proofs} == {PROOF_LENGTH}
        assert (proofs[0] == proofs[1]) is (one == other)


@given(st.text(alphabet="ab2-", min_size=2, max_size=8), st.data())
def test_where_the_newsletters_name_ends_is_part_of_the_proof(text, data):
    ends = [data.draw(st.integers(1, len(text) - 1)) for _ in range(2)]
    proofs = [SECRET.token(Purpose.LEAVE, text[:end], text[end:])[-PROOF_LENGTH:] for end in ends]
    assert (proofs[0] == proofs[1]) is (ends[0] == ends[1])


def test_a_token_is_good_for_its_own_purpose_newsletter_and_person_only():
    keyring = Keyring([bytes(range(32))])
    made = {
        (kind, newsletter, person): SECRET.token(kind, newsletter, person)
        for kind in Purpose
        for newsletter in ("monthly", "weekly")
        for person in ("0123456789abcdef", "fedcba9876543210")
    }
    for (purpose, newsletter, person), token in made.items():
        assert owner_of(token) == person
        assert {
            (kind, name) for kind in Purpose for name in ("monthly", "weekly") if keyring.is_token(kind, name, token)
        } == {(purpose, newsletter)}
        assert not keyring.is_former_token(newsletter, token)
        assert not keyring.is_view(edition("monthly"), "regional.en", token)


def test_the_token_of_a_mail_that_had_one_for_all_its_links_still_leaves_and_changes_nothing_else():
    keyring, token = Keyring([bytes(range(32))]), SECRET.former_token("monthly", "0123456789abcdef")
    assert keyring.is_former_token("monthly", token)
    assert keyring.may_leave("monthly", token)
    assert not keyring.may_leave("weekly", token)
    assert not keyring.is_token(Purpose.CHOOSE, "monthly", token)


def test_a_confirmation_is_of_one_person_one_newsletter_and_the_instant_at_which_they_asked():
    keyring, at = Keyring([bytes(range(32))]), datetime(2026, 8, 5, 9, 30, 0, 123456, UTC)
    token = SECRET.confirmation("monthly", "0123456789abcdef", at)
    assert keyring.confirms("monthly", token)
    assert (owner_of(token), keyring.asked_at(token)) == ("0123456789abcdef", at)
    assert not keyring.confirms("weekly", token)
    assert not keyring.may_leave("monthly", token)
    later = SECRET.confirmation("monthly", "0123456789abcdef", at + timedelta(microseconds=1))
    assert not keyring.confirms("monthly", later[:32] + token[32:])


def test_a_view_is_of_one_variant_of_one_edition():
    keyring = Keyring([bytes(range(32))])
    shown = [
        (edition(newsletter, revision), name)
        for newsletter in ("m", "m2")
        for revision in (1, 2)
        for name in ("a.en", "a.es")
    ]
    tokens = [SECRET.view(*one) for one in shown]
    for one, token in zip(shown, tokens, strict=True):
        assert [keyring.is_view(*one, other) for other in tokens] == [other == token for other in tokens]


def test_what_a_former_secret_made_is_still_known_and_nothing_new_is_made_with_it():
    old, new = bytes(range(32)), bytes(range(1, 33))
    keyring = Keyring([new, old])
    for secret in (Secret(old), Secret(new)):
        assert keyring.may_leave("m", secret.token(Purpose.LEAVE, "m", "a" * 16))
        assert keyring.may_leave("m", secret.former_token("m", "a" * 16))
        assert keyring.is_view(edition("m"), "a.en", secret.view(edition("m"), "a.en"))
        assert keyring.is_identity(edition("m"), "a", secret.identities(edition("m"))("a")[:12])
    assert keyring.current.token(Purpose.LEAVE, "m", "a") == Secret(new).token(Purpose.LEAVE, "m", "a")


def test_no_random_token_is_accepted():
    """A million of them where there is time: each right form, a wrong proof."""
    keyring, chance = Keyring([bytes(range(32))]), Random(12)  # noqa: S311 – the same each time
    for _ in range(dose(3_000, 1_000_000)):
        token = f"{chance.getrandbits(64):016x}-{chance.getrandbits(128):032x}"
        assert not keyring.may_leave("m", token)
        assert not keyring.may_leave("m", token[:16] + token[-16:])
        assert not keyring.is_token(Purpose.CHOOSE, "m", token)
        assert not keyring.is_view(edition("m"), "a.en", token[-32:])


@given(st.text())
def test_whatever_stands_in_the_place_of_a_token_is_only_refused(text):
    keyring = Keyring([bytes(range(32))])
    assert not keyring.may_leave("m", text)
    assert not keyring.is_token(Purpose.CHOOSE, "m", text)
    assert not keyring.confirms("m", text)
    assert not keyring.is_view(edition("m"), "a.en", text)


def test_an_identity_is_of_one_edition_and_one_person():
    """Each of these says the same letters."""
    said = [
        ("monthly", 1, ".2a"),
        ("monthly", 2, "a"),
        ("monthly", 2, ""),
        ("monthly", 1, ".2"),
        ("monthly2018-07", 1, ""),
        ("monthly", 1, "2018-07"),
    ]
    identities = {SECRET.identities(edition(newsletter, revision))(who) for newsletter, revision, who in said}
    assert len(identities) == len(said)
    assert {len(identity) for identity in identities} == {IDENTITY_LENGTH}


def test_a_proof_is_no_identity_and_another_secret_makes_others():
    """A Message-ID, which everybody sees, hands nobody the key to leave."""
    other = Secret(bytes(range(1, 33)))
    for purpose in Purpose:
        assert SECRET.token(purpose, "m", "a")[-PROOF_LENGTH:] not in SECRET.identities(edition("m"))("a")
        assert SECRET.token(purpose, "m", "a") != other.token(purpose, "m", "a")
    assert SECRET.identities(edition("m"))("a") != other.identities(edition("m"))("a")


@pytest.mark.parametrize(("size", "is_enough"), [(15, False), (16, True), (64, True), (65, False)])
def test_a_secret_has_16_to_64_bytes(size, is_enough):
    if is_enough:
        assert Secret(bytes(size))
    else:
        with pytest.raises(ConfigurationError, match=f"it has {size} bytes; it needs 16 to 64"):
            Secret(bytes(size))
