import shlex
from collections.abc import Callable

import pytest

from digest.desk.pages import EditionView, label_of
from digest.newsletters.edition import Edition, EditionState


@pytest.mark.parametrize(
    ("state", "label", "command"),
    [
        (EditionState.DRAFT, "Draft – ready to approve", "digest approve 2018-07 --by NAME"),
        (EditionState.SEALED, "Approved", "digest send 2018-07"),
        (EditionState.SENDING, "Sending", "digest send 2018-07"),
        (EditionState.FINISHED, "Finished", None),
        (EditionState.SKIPPED, "Skipped", None),
        (EditionState.MISSED, "Missed", None),
        (EditionState.EXPIRED, "Expired", None),
    ],
)
def test_every_state_says_what_comes_next(
    state: EditionState,
    label: str,
    command: str | None,
    view: Callable[..., EditionView],
    edition: Callable[..., Edition],
) -> None:
    stand = label_of(view(edition=edition(state=state)))
    assert (stand.label, stand.command) == (label, command)
    assert stand.advice.endswith(".")


def test_while_the_window_is_open_nobody_is_asked_to_approve(
    view: Callable[..., EditionView], edition: Callable[..., Edition]
) -> None:
    stand = label_of(view(edition=edition(covers_to_end=False)))
    assert stand.label == "Draft – window still open"
    assert "31 July 2018" in stand.advice
    assert stand.command == "digest preview 2018-07"


def test_a_newsletter_without_approval_is_sent_at_once(view: Callable[..., EditionView]) -> None:
    assert label_of(view(needs_approval=False)).command == "digest send 2018-07"


def test_a_reissue_is_named_by_its_own_key(view: Callable[..., EditionView], edition: Callable[..., Edition]) -> None:
    assert label_of(view(edition=edition(revision=2))).command == "digest approve 2018-07.2 --by NAME"


def test_with_several_newsletters_the_command_names_the_one_so_that_a_shell_reads_it_whole(
    view: Callable[..., EditionView], edition: Callable[..., Edition]
) -> None:
    stand = label_of(view(edition=edition(newsletter="no; rm -r ~"), names_newsletter=True))
    assert stand.command is not None
    assert shlex.split(stand.command) == [
        *("digest", "approve", "2018-07"),
        *("--newsletter", "no; rm -r ~"),
        *("--by", "NAME"),
    ]


def test_a_draft_that_nobody_would_get_says_so(view: Callable[..., EditionView]) -> None:
    assert label_of(view(variants=())).advice.startswith("Nobody is subscribed yet.")
