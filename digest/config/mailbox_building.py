"""Makes settings of the keys under `mailbox:`."""

from collections.abc import Iterable
from pathlib import Path

from digest.config.mailbox_keys import IMAP_PORTS, ImapKeys, MailboxKeys
from digest.config.mailbox_settings import ImapWishes, MailboxSettings
from digest.model.period import PeriodKind
from digest.model.returns import Scoring
from digest.policy.returns import memory


def mailbox_settings(workspace: Path, keys: MailboxKeys, periods: Iterable[PeriodKind]) -> MailboxSettings:
    """`periods` are those of the newsletters."""
    score = keys.score
    return MailboxSettings(
        maildir=workspace / keys.maildir if keys.maildir else None,
        mbox=workspace / keys.mbox if keys.mbox else None,
        imap=_imap(workspace, keys.imap) if keys.imap else None,
        then=keys.then,
        forward_to=keys.forward_to,
        scoring=Scoring(
            hard=score.hard,
            soft=score.soft,
            threshold=score.threshold,
            forget_after=score.forget_after or memory(periods),
        ),
    )


def _imap(workspace: Path, keys: ImapKeys) -> ImapWishes:
    return ImapWishes(
        host=keys.host,
        port=keys.port or IMAP_PORTS[keys.security],
        security=keys.security,
        certificates=workspace / keys.certificates if keys.certificates else None,
        username=keys.username,
        password_file=workspace / keys.password_file if keys.password_file else None,
        password_env=keys.password_env,
        folder=keys.folder,
    )
