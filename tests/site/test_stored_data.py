"""The page that says what is stored: what the settings make true, and nothing else."""

import re

import pytest


@pytest.mark.parametrize(
    ("more", "said", "is_said"),
    [
        ("keep: 24 months\n", "24 months", True),
        ("", "months after", False),
        ("mailbox: {maildir: Maildir}\n", "What comes back is read", True),
        ("", "What comes back is read", False),
        ("serve: {sign_up: false}\n", "nobody confirmed", False),
        ("", "nobody confirmed", True),
        ("", "comms@example.org", True),
        ("", "no tracking pixel", True),
    ],
)
def test_it_follows_the_settings(office, more, said, is_said):
    office.settings(more)
    with office.pages() as pages:
        text = pages.get("/en/privacy/").text
        assert (said in text) is is_said
        spanish = pages.get("/es/privacy/").text
    assert len(re.findall("<p>", spanish)) == len(re.findall("<p>", text))
