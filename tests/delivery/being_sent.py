"""An edition in the middle of its sending, of which nothing has left yet."""

from datetime import UTC, date, datetime

from databases import database_at
from sqlalchemy import insert, update

from digest.editions.store import Editions
from digest.foundation.database import stored
from digest.foundation.schema import choices, deliveries, editions, subscribers, subscriptions, variants
from digest.newsletters.edition import Edition, EditionState
from digest.newsletters.period import Period, PeriodKind

NOW = datetime(2018, 8, 5, 15, tzinfo=UTC)


def july_being_sent(path, readers):
    """A database at that path, with July and so many people who wait for it."""
    made = database_at(path)
    period = Period.containing(PeriodKind.MONTH, date(2018, 7, 1))
    july = Edition(newsletter="m", period=period, state=EditionState.DRAFT, fingerprint="f", built_at=NOW)
    Editions(made).save_draft(july, [], [], {})
    with made.write() as connection:
        connection.execute(update(editions).values(state="sending", sending_at=stored(NOW)))
        made_of = {"edition": 1, "name": "v", "place": 1, "language": "en", "audiences": "[]", "stories": "[]"}
        made_of |= {"fingerprint": "f", "subject": "s", "html": b"", "text": b"", "message": b""}
        connection.execute(insert(variants).values(number=1, **made_of))
        connection.execute(insert(choices).values(number=1, newsletter="m", audiences="[]", language="en"))
        for number in range(1, readers + 1):
            address = f"reader{number}@example.org"
            person = {"number": number, "public_id": f"p{number}", "address": address, "folded": address}
            connection.execute(insert(subscribers).values(person))
            wish = {"subscriber": number, "newsletter": "m", "choice": 1, "active": 1}
            connection.execute(insert(subscriptions).values(wish))
            row = {"edition": 1, "subscriber": number, "variant": 1, "address": address, "state": "pending"}
            connection.execute(insert(deliveries).values(**row, changed_at=stored(NOW)))
    return made
