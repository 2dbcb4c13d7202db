"""What becomes of too few stories, as it is written in `digest.yaml`."""

import pytest

from digest.newsletters.newsletter import Thin, ThinEdition, ThinMail


def written(*lines):
    return ("    every: month\n", "    every: month\n" + "".join(f"    {line}\n" for line in lines))


def thin(load, *lines):
    (monthly,) = load(written(*lines)).newsletters
    return monthly.thin


def test_without_the_keys_everything_goes_as_it_is(load):
    assert thin(load) == Thin()


@pytest.mark.parametrize("edition", list(ThinEdition))
def test_every_fate_of_a_thin_edition_can_be_written(load, edition):
    said = thin(load, "send: day 5 at 09:00", "minimum_stories: 4", f"thin_edition: {edition}")
    assert said == Thin(least=4, edition=edition)


@pytest.mark.parametrize("mail", list(ThinMail))
def test_every_fate_of_a_thin_mail_can_be_written(load, mail):
    fall_back = "regional" if mail is ThinMail.FALL_BACK else None
    lines = ["minimum_stories_per_mail: 2", f"thin_mail: {mail}", *([f"fall_back: {fall_back}"] if fall_back else [])]
    assert thin(load, *lines) == Thin(least_per_mail=2, mail=mail, fall_back=fall_back)


def test_those_whom_nothing_concerns_fall_back_without_a_number(load):
    assert thin(load, "thin_mail: fall-back", "fall_back: regional").least_per_mail == 1


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["minimum_stories: 0"], "17:22: newsletters.monthly.minimum_stories: must be at least 1"),
        (["minimum_stories: many"], "17:22: newsletters.monthly.minimum_stories: must be a whole number"),
        (
            ["minimum_stores: 2"],
            "17:5: newsletters.monthly.minimum_stores: unknown key, did you mean 'minimum_stories'?",
        ),
        (
            ["minimum_stories: 2", "thin_edition: defre"],
            "thin_edition: must be one of send or defer, did you mean 'defer'?",
        ),
        (["thin_mail: nothign"], "thin_mail: must be one of send, nothing or fall-back, did you mean 'nothing'?"),
        (["thin_edition: defer"], "17:5: newsletters.monthly.thin_edition: has no effect without 'minimum_stories'"),
        (["minimum_stories: 2", "thin_edition: defer"], "18:5: newsletters.monthly.thin_edition: needs 'send'"),
        (["thin_mail: nothing"], "thin_mail: has no effect without 'minimum_stories_per_mail'"),
        (["thin_mail: fall-back"], "17:5: newsletters.monthly.thin_mail: needs 'fall_back'"),
        (["fall_back: regional"], "17:5: newsletters.monthly.fall_back: has no effect without 'thin_mail: fall-back'"),
        (
            ["thin_mail: fall-back", "fall_back: regoinal"],
            "18:16: newsletters.monthly.fall_back: there is no audience of this newsletter 'regoinal', did you mean",
        ),
    ],
)
def test_a_mistake_is_told_with_its_place(refused, lines, said):
    (line,) = refused(written(*lines))
    assert line.startswith("digest.yaml:")
    assert said in line
