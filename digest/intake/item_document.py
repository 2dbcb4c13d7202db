"""An item as a document of plain values, as it is stored: by itself, and in the records of editions."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from typing import Any

from digest.foundation.problems import Place
from digest.intake.item import DateState, Item, Strength, Tag, TagKind, TagPlace, Text

# An enum's look-up by value takes longer than one in a mapping, and an archive has tens of thousands of tags.
_KINDS = {kind.value: kind for kind in TagKind}
_PLACES = {place.value: place for place in TagPlace}
_STRENGTHS = {strength.value: strength for strength in Strength}


def item_document(item: Item) -> dict[str, Any]:
    """What JSON can hold; `item_from` makes the same item of it."""
    return {**asdict(item), "published_on": item.published_on.isoformat()}


def item_from(document: Mapping[str, Any]) -> Item:
    text = document["text"]
    return Item(
        id=document["id"],
        source=document["source"],
        place=Place(**document["place"]),
        published_on=date.fromisoformat(document["published_on"]),
        language=document["language"],
        text=Text(**{**text, "paragraphs": tuple(text["paragraphs"])}),
        given_id=document["given_id"],
        translation_of=document["translation_of"],
        tags=tuple(
            Tag(
                kind=_KINDS[tag["kind"]],
                value=tag["value"],
                term=tag["term"],
                where=_PLACES[tag["where"]],
                strength=_STRENGTHS[tag["strength"]],
            )
            for tag in document["tags"]
        ),
        withdrawn=bool(document["withdrawn"]),
        position=document["position"],
        date_state=DateState(document.get("date_state", DateState.ACCEPTED)),
    )
