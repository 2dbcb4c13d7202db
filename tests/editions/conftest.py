"""The names that a plan may hold."""

from collections.abc import Callable

import pytest

from digest.editions.plans.known_names import KnownNames
from digest.intake.item import Item, Story
from digest.mail.content import Introduction


@pytest.fixture(scope="session")
def known(item: Callable[..., Item], story: Callable[..., Story]) -> KnownNames:
    """What the plan of July may name: five stories of July, and two of other months with the same beginnings."""

    def one(id_: str, title: str, on: str = "2018-07-06", **more: object) -> Story:
        return story(item(title, on, id=id_, **more))

    pair = story(item("Hub opens", id="aaaa1111bbbb2222"), item("Abre el centro", id="cccc1111bbbb2222", language="es"))
    return KnownNames(
        edition="monthly/2018-07",
        languages=("en", "es"),
        stories=(
            pair,
            one("0012345612345678", "Leading zeros"),
            one("12345678e1234567", "An exponent"),
            one("1234567890123456", "A number: with a colon # and a hash"),
            one("abcd0000abcd0000", "Ñandú 🚌 «x»", language="es"),
            one("abcd1111abcd1111", "June", "2018-06-01"),
            one("aaaa9999aaaa9999", "August", "2018-08-01"),
        ),
        elsewhere={
            "abcd1111abcd1111": "was decided in monthly/2018-06 already; take it out of this plan",
            "aaaa9999aaaa9999": "is due in 2018-08; it belongs into plans/monthly/2018-08.yaml",
        },
        countries=frozenset({"GT", "HN", "MX"}),
        topics=frozenset({"children", "health"}),
        markdown=lambda text: Introduction(paragraphs=tuple(text.strip().split("\n"))),
    )
