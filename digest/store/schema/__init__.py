"""The tables. What must be unique is unique here, whatever the code above believes (design §13.2).

Dates are ISO 8601 (`2018-08-05`), instants ISO 8601 in UTC with microseconds: both sort as text on every database.
"""

from digest.store.schema.deliveries import decisions, deliveries, doubts, pauses, test_mails
from digest.store.schema.instances import adoptions, instance, journalled, releases
from digest.store.schema.people import answers, choices, review_mails, subscribers, subscriptions
from digest.store.schema.returned import departures, incoming, incoming_places, returns
from digest.store.schema.running import newsletters, runs
from digest.store.schema.stories import editions, items, servings, settled, variants, verdicts
from digest.store.schema.tables import metadata

__all__ = [
    "adoptions",
    "answers",
    "choices",
    "decisions",
    "deliveries",
    "departures",
    "doubts",
    "editions",
    "incoming",
    "incoming_places",
    "instance",
    "items",
    "journalled",
    "metadata",
    "newsletters",
    "pauses",
    "releases",
    "returns",
    "review_mails",
    "runs",
    "servings",
    "settled",
    "subscribers",
    "subscriptions",
    "test_mails",
    "variants",
    "verdicts",
]
