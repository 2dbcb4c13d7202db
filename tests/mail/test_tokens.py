"""What stands for one person: the fields that it is made of cannot run into each other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import ConfigurationError
from digest.mail.tokens import IDENTITY_LENGTH, PROOF_LENGTH, Secret
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
    proofs = [SECRET.tokens(newsletter)(person).removeprefix(person) for newsletter, person in (one, other)]
    assert {len(proof) for proof in proofs} == {PROOF_LENGTH}
    assert (proofs[0] == proofs[1]) is (one == other)


@given(st.text(alphabet="ab2-", min_size=2, max_size=8), st.data())
def test_where_the_newsletters_name_ends_is_part_of_the_proof(text, data):
    ends = [data.draw(st.integers(1, len(text) - 1)) for _ in range(2)]
    proofs = [SECRET.tokens(text[:end])(text[end:])[-PROOF_LENGTH:] for end in ends]
    assert (proofs[0] == proofs[1]) is (ends[0] == ends[1])


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
    assert SECRET.tokens("m")("a")[-PROOF_LENGTH:] not in SECRET.identities(edition("m"))("a")
    assert SECRET.tokens("m")("a") != other.tokens("m")("a")
    assert SECRET.identities(edition("m"))("a") != other.identities(edition("m"))("a")


@pytest.mark.parametrize(("size", "is_enough"), [(15, False), (16, True), (64, True), (65, False)])
def test_a_secret_has_16_to_64_bytes(size, is_enough):
    if is_enough:
        assert Secret(bytes(size))
    else:
        with pytest.raises(ConfigurationError, match=f"it has {size} bytes; it needs 16 to 64"):
            Secret(bytes(size))
