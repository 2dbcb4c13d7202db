from collections.abc import Callable
from email.message import EmailMessage

from hypothesis import given
from hypothesis import strategies as st

from digest.desk.pages import EditionView, StoryRow, headers_of
from digest.newsletters.edition import Ruling


def test_headers_are_decoded_and_unfolded_in_their_order() -> None:
    message = (
        b"To: =?utf-8?q?Mar=C3=ADa_Sol=C3=ADs?= <maria@example.org>\r\n"
        b"Subject: =?utf-8?q?Bolet=C3=ADn_de_julio=3A_ni=C3=B1ez_y_escuela?=\r\n"
        b" =?utf-8?q?_en_la_regi=C3=B3n?=\r\n"
        b"List-Unsubscribe: <https://bulletin.example.org/u/1>,\r\n"
        b" <mailto:leave@example.org>\r\n"
        b"X-Twice: 1\r\nX-Twice: 2\r\n\r\nSubject: this is the body\r\n"
    )
    assert headers_of(message) == (
        ("To", "María Solís <maria@example.org>"),
        ("Subject", "Boletín de julio: niñez y escuela en la región"),
        ("List-Unsubscribe", "<https://bulletin.example.org/u/1>, <mailto:leave@example.org>"),
        ("X-Twice", "1"),
        ("X-Twice", "2"),
    )


# The standard library writes `=?` as it is, and reads it as the beginning of an encoded word; we encode it ourselves.
@given(st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=200).filter(lambda s: "=?" not in s))
def test_any_subject_comes_back_as_it_was_written(subject: str) -> None:
    message = EmailMessage()
    message["Subject"] = subject
    assert dict(headers_of(message.as_bytes()))["Subject"] == subject


def test_readers_add_up_over_the_variants(view: Callable[..., EditionView]) -> None:
    assert view().readers == 41 + 128 + 9


def test_every_ruling_that_occurs_is_counted_and_the_counts_add_up(
    view: Callable[..., EditionView], story: Callable[..., StoryRow]
) -> None:
    for most in range(len(Ruling) + 1):
        stories = tuple(story(n, ruling=r) for n, r in enumerate(list(Ruling)[:most] * 2))
        counts = view(stories=stories).rulings
        assert sum(counts.values()) == len(stories) == 2 * len(counts)
        assert set(counts.values()) <= {2}


def test_included_stories_are_named_first(view: Callable[..., EditionView], story: Callable[..., StoryRow]) -> None:
    stories = tuple(story(n, ruling=r) for n, r in enumerate(Ruling))
    assert next(iter(view(stories=stories).rulings)) is Ruling.INCLUDED


def test_an_edition_without_stories_has_none_included(view: Callable[..., EditionView]) -> None:
    assert view(stories=()).included == 0
