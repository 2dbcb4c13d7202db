"""Codes: the same for the same content, and only for who has the workspace's secret."""

from hypothesis import given
from hypothesis import strategies as st

from digest.editions.codes import ALPHABET, LENGTH, Codes
from digest.mail.tokens import Keyring

SECRET, FORMER = b"a secret of sixteen bytes", b"the secret before that"
CODES = Codes(Keyring([SECRET]))


FINGERPRINTS = st.binary(min_size=32, max_size=32).map(bytes.hex)


@given(FINGERPRINTS)
def test_a_code_is_six_characters_that_nobody_mixes_up(fingerprint):
    code = CODES.of(fingerprint)
    assert len(code) == LENGTH == 6
    assert set(code) <= set(ALPHABET)
    assert not set(code) & set("01ILOUilou")
    assert code == CODES.of(fingerprint)


@given(FINGERPRINTS, st.sampled_from(["{}", "{} ", " {}", "\u00a0{}\t"]), st.integers(0, 5))
def test_case_dashes_and_spaces_do_not_matter(fingerprint, form, cut):
    code = CODES.of(fingerprint)
    assert CODES.fits(form.format(code.lower()), fingerprint)
    assert CODES.fits(f"{code[:cut]}-{code[cut:]}", fingerprint)
    assert CODES.fits(f"{code[:cut]} – {code[cut:]}", fingerprint)


def test_ten_thousand_contents_have_hardly_a_code_in_common():
    codes = {CODES.of(f"{number:064x}") for number in range(10_000)}
    assert len(codes) >= 9_998  # of 729 million
    for place in range(LENGTH):
        assert {code[place] for code in codes} == set(ALPHABET)


@given(FINGERPRINTS, st.text(min_size=0, max_size=12), FINGERPRINTS)
def test_what_is_wrong_with_a_code_never_tells_the_right_one(fingerprint, typed, other):
    right = CODES.of(fingerprint)
    said = CODES.why_wrong(typed, fingerprint, {"Mexico": other}, [other])
    if right not in typed.upper():
        assert right not in said
    assert said


def test_a_wrong_code_is_told_apart():
    now, mexico, before = "a" * 64, "b" * 64, "c" * 64

    def said(code):
        return CODES.why_wrong(code, now, {"Mexico": mexico}, [before, now])

    right = CODES.of(now)
    swapped = right[1] + right[0] + right[2:]
    slipped = ("2" if right[0] != "2" else "3") + right[1:]
    assert said(CODES.of(before).lower()) == "the part has changed since that code was given out"
    assert said(CODES.of(mexico)) == "that is the code of another part: Mexico"
    assert said(swapped) == said(slipped) == "it looks mistyped"
    assert said(right[:5]) == "it looks mistyped: a code has 6 characters, this one 5"
    assert said("") == "it looks mistyped: a code has 6 characters, this one 0"
    assert said("o" + right[1:]) == "it looks mistyped: no code has O in it"
    assert "mistyped, or" in said(CODES.of("d" * 64))


@given(FINGERPRINTS)
def test_a_code_needs_the_secret(fingerprint):
    """Who knows the content alone cannot make it; what a former secret made still fits."""
    code = CODES.of(fingerprint)
    assert code != Codes(Keyring([FORMER])).of(fingerprint)
    assert Codes(Keyring([FORMER, SECRET])).fits(code, fingerprint)
    assert not Codes(Keyring([FORMER])).fits(code, fingerprint)


def test_a_code_of_an_older_version_is_known_as_one_and_opens_nothing():
    fingerprint, of_old = "a" * 64, "JDGJXN"
    assert not CODES.fits(of_old, fingerprint)
    for how in ((fingerprint, {}, []), ("b" * 64, {"Mexico": fingerprint}, []), ("b" * 64, {}, [fingerprint])):
        assert "an older version of digest gave out that code" in CODES.why_wrong(of_old, *how)
