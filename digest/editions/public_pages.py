"""Whether anything answers where every mail links to: asked by `run`, the doctor and `check --links`, and remembered.

A check reads the last answer and leaves this machine alone. Pages that answered once may be down for an hour; those
that never did make links for leaving that lead nowhere, and no mail is approved with these.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy import select

from digest.foundation.catalogue import _
from digest.foundation.database import Database, loaded, stored, upsert
from digest.foundation.problems import Severity
from digest.foundation.schema import pages_asked
from digest.mail.checks.rule import Finding
from digest.newsletters.edition import Edition

HEALTH = "/health"
_NOBODY = (".example", ".invalid", ".test", "example.com", "example.net", "example.org")  # RFC 2606: there is nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class PagesAnswer:
    """The last one. `answered_at` is when something answered for the last time, if ever."""

    asked_at: datetime
    trouble: str | None
    answered_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PagesUnder:
    """Below which address mails find their pictures, and what they have no room for; `None`: they hold it all."""

    pictures: str | None
    archive: str | None


def archive_page(public_url: str, language: str, edition: Edition) -> str:
    """Where the whole edition can be read once it has gone out; of a supplement, the edition that it is a part of."""
    return f"{public_url.rstrip('/')}/{language}/{edition.newsletter}/{edition.supplements or edition.key}/"


def is_real(public_url: str) -> bool:
    """Names that are reserved for examples are asked for nothing."""
    host = urlsplit(public_url).hostname or ""
    return not any(host == name.lstrip(".") or host.endswith(f".{name.lstrip('.')}") for name in _NOBODY)


def ask(database: Database, public_url: str, now: datetime, *, own: bool) -> str | None:
    """What is wrong with them, if anything; it is remembered. `own`: they are the office's, and any answer will do."""
    from digest.mail.checks.reachable import trouble_with  # 25 ms: only for those who ask

    trouble = trouble_with(public_url if own else public_url + HEALTH)
    row = {"asked_at": stored(now), "trouble": trouble}
    row |= {} if trouble else {"answered_at": stored(now)}
    with database.write() as connection:
        connection.execute(
            upsert(pages_asked).values(url=public_url, **row).on_conflict_do_update(index_elements=["url"], set_=row)
        )
    return trouble


def last_answer(database: Database, public_url: str) -> PagesAnswer | None:
    with database.read() as connection:
        row = connection.execute(select(pages_asked).where(pages_asked.c.url == public_url)).first()
    if row is None:
        return None
    asked_at = datetime.fromisoformat(row.asked_at)
    return PagesAnswer(asked_at=asked_at, trouble=row.trouble, answered_at=loaded(row.answered_at))


def serve_pictures(answer: PagesAnswer | None, public_url: str | None, *, own: bool) -> bool:
    """Whether mails that are made now may leave their pictures to the pages: `digest serve` answered when it was last
    asked. An office's own pages have none of them.
    """
    return (
        public_url is not None
        and public_url.startswith("https://")
        and not own
        and answer is not None
        and answer.trouble is None
    )


def findings(answer: PagesAnswer | None, public_url: str) -> Iterator[Finding]:
    """An error for pages that never answered, a warning for those that do not answer now."""
    if answer is None or answer.trouble is None:
        return
    if answer.answered_at is None:
        yield _finding(
            Severity.ERROR, public_url, _("where nothing ever answered ({trouble})").format(trouble=answer.trouble)
        )
    else:
        last = f"{answer.answered_at:%Y-%m-%d %H:%M} UTC"
        yield _finding(
            Severity.WARNING,
            public_url,
            _("where nothing answers since {last} ({trouble})").format(last=last, trouble=answer.trouble),
        )


def unasked(public_url: str) -> Finding:
    return _finding(Severity.WARNING, public_url, _("and nobody was asked yet whether something answers there"))


def _finding(severity: Severity, public_url: str, said: str) -> Finding:
    return Finding(
        code="REACH-003",
        severity=severity,
        place="digest.yaml, public_url",
        reason=_("every mail links to pages under {public_url}, {said}").format(public_url=public_url, said=said),
        fix=_(
            "serve them; if they are your own, write 'pages: own'; or leave public_url out: then readers leave by mail"
        ),
    )
