"""The place from which messages leave: the ledger, the send journal, the keys and the transport of one workspace, and
whether anything may be sent from there.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from email.parser import BytesHeaderParser
from email.policy import default
from email.utils import parseaddr
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from digest.delivery.agreed_secret import agree
from digest.delivery.allotment import SharedRates
from digest.delivery.commits import Commits
from digest.delivery.dkim.keys import KEYS, read_keys
from digest.delivery.fence import Fence, binding, is_uncertain
from digest.delivery.journal import JOURNAL, Journal, shorten
from digest.delivery.ledger import Ledger
from digest.delivery.outgoing import Sign, Transport
from digest.delivery.pauses import Pauses
from digest.delivery.rates import Rates
from digest.delivery.route import route_of
from digest.delivery.settings import DeliverySettings, TransportKind
from digest.delivery.single import hand_over, post
from digest.delivery.whereabouts import found_fence, is_released, own_of, refuse_damaged, unknown_times
from digest.editions.store import Editions
from digest.errors import PersonNeededError
from digest.foundation.catalogue import _
from digest.foundation.database import CLOCKS_REFUSED, Database
from digest.foundation.neighbours import refuse_exposed
from digest.foundation.workspace import LOCK, SECRET, Clock
from digest.mail.content import Variant
from digest.mail.message import Envelope
from digest.newsletters.edition import Edition, EditionState
from digest.newsletters.newsletter import Newsletter
from digest.people.suppression import NAME as LEAVINGS
from digest.people.suppression import note_suppressions

if TYPE_CHECKING:
    from digest.delivery.dkim.signing import Signer
SIGNATURE = "DKIM-Signature"


@dataclass(frozen=True, kw_only=True)
class SendingPlace:
    """`folder` is the workspace, `sending` the folder of markers and of the journal. `zone` is that in which people are
    told when the rest may go. `inputs` decide over what leaves, so nobody else may change them. Not `paced`: as fast
    as messages come, whatever rates and quota are set.
    """

    folder: Path
    sending: Path
    database: Database
    settings: DeliverySettings
    clock: Clock
    zone: tzinfo
    paced: bool = True
    inputs: tuple[Path, ...] = ()
    outputs: tuple[Path, ...] = ()

    @property
    def ledger(self) -> Ledger:
        return Ledger(self.database)

    @property
    def pauses(self) -> Pauses:
        return Pauses(self.database)

    @property
    def editions(self) -> Editions:
        return Editions(self.database)

    @property
    def writes_files(self) -> bool:
        """Files are the same files again, whoever writes them."""
        return self.settings.transport is TransportKind.FILES

    @property
    def route(self) -> Mapping[str, str]:
        """How messages leave from here today."""
        return route_of(self.settings, self.folder)

    def refreshed(self, edition: Edition) -> Edition:
        """As the database has it now."""
        return next(one for one in self.editions.editions(edition.newsletter) if one.number == edition.number)

    @contextmanager
    def journal(self) -> Iterator[Journal]:
        with Journal(self.sending / JOURNAL, own_of(self.database).id) as journal:
            yield journal

    @property
    def name(self) -> str | None:
        """How a database of several hosts calls it; nothing where it is the only one."""
        return own_of(self.database, self.sending).name if self.database.is_shared else None

    def commits(self, journal: Journal) -> Commits:
        """Ask for it outside of a transaction."""
        return Commits(self.name, journal)

    def shorten_journal(self, before: datetime) -> int:
        """Of editions that ended before then, keep that they went out, and no more; return how many lines went. For
        the process that has the lock.
        """
        finished = [one for one in self.editions.editions() if one.state is EditionState.FINISHED]
        over = {one.name for one in finished if one.finished_at is not None and one.finished_at < before}
        return shorten(self.sending / JOURNAL, over)

    # What leaves, and how.

    def transport(self, recipients: int = 1) -> Transport:
        """What carries mail to so many recipients."""
        from digest.delivery.transports.choosing import transport_for  # 14 ms: only to send

        self.refuse_exposed()
        sending = replace(self.settings.sending, rates=self.rates)
        return transport_for(replace(self.settings, sending=sending), recipients)

    @cached_property
    def rates(self) -> Rates:
        """Those of the settings, for all hosts together where several have the database."""
        rates = self.settings.sending.rates
        if not (self.database.is_shared and rates.limit_anything):
            return rates
        return replace(rates, shared=SharedRates(self.database))

    def post(self, envelope: Envelope, sender: str | None = None) -> None:
        """A single mail that returns to `sender`, or to its From. Raise `BusyError` unless it was accepted."""
        hand_over(self.transport(), self._signed(envelope), sender)

    def notify(self, envelope: Envelope) -> bool:
        """A single mail to which nothing shall return (RFC 3834 §3.3). Whether it left, or may have left; `False`: it
        was refused for good. Raise when it did not leave this time.
        """
        return post(self.transport(), self._signed(envelope))

    def _signed(self, envelope: Envelope) -> Envelope:
        """As the mails of editions are, for the domain of its sender; once."""
        message = envelope.message
        head = BytesHeaderParser(policy=default).parsebytes(message)
        signer = None if SIGNATURE in head else self._signer(parseaddr(str(head["From"]))[1])
        if signer is None:
            return envelope
        return replace(envelope, pieces=(signer.sign(message, self.clock.now()), *envelope.pieces))

    def return_path(self, newsletter: Newsletter) -> Callable[[str], str]:
        """The envelope's sender for a delivery's name: `bounces+NAME@…` if the settings say so, else the newsletter."""
        if self.settings.return_path is None:
            return lambda _delivery: _sender(newsletter)
        local, _, domain = self.settings.return_path.rpartition("@")
        return lambda delivery: f"{local}+{delivery}@{domain}"

    def signer(self, newsletter: Newsletter) -> "Signer | None":
        """With the keys of `keys/dkim`, or those that the settings name; `None` without keys, or where others sign."""
        return self._signer(_sender(newsletter))

    def _signer(self, sender: str) -> "Signer | None":
        folder, selectors = self.folder / KEYS, self.settings.selectors
        if not (self.settings.signs and (selectors or any(folder.glob("*.pem")))):
            return None
        from digest.delivery.dkim.signing import Signer  # 7 ms: only to sign

        return Signer(sender.rpartition("@")[2], read_keys(folder, selectors))

    @contextmanager
    def signing(self, newsletter: Newsletter, edition: Edition, variants: Sequence[Variant]) -> Iterator[Sign | None]:
        """On all cores; nothing without keys."""
        signer = None if edition.sending_at is None else self.signer(newsletter)
        if edition.sending_at is None or signer is None:
            yield None
            return
        from digest.delivery.dkim.signing import SigningPool  # 7 ms: only to sign

        prepared = {each.name: signer.prepare(each.rendered.message, edition.sending_at) for each in variants}
        with SigningPool() as pool:

            def sign(variant: str, pieces: Sequence[bytes], at: datetime | None = None) -> Future[Sequence[bytes]]:
                return pool.run(lambda given: (prepared[variant].sign(b"".join(given), at), *given), pieces)

            yield sign

    # Whether anything may leave.

    def fence(self) -> Fence | None:
        """Why nothing may be sent from here, if so."""
        found = found_fence(self.database, self.sending)
        return found if self.database.is_shared else binding(found, writes_files=self.writes_files)

    @contextmanager
    def lock(self) -> Iterator[None]:
        """The lock of the one process that runs or sends, where something may be sent."""
        self.refuse_exposed()
        with self.database.exclusive(self.folder / LOCK):
            self._refuse_wrong_clock()
            self.refuse_fenced()
            agree(self.database, self.folder / SECRET)
            note_suppressions(self.database, self.sending / LEAVINGS)
            yield
            note_suppressions(self.database, self.sending / LEAVINGS)

    def refuse_unready(self) -> None:
        """Of one that sends beside others: what is asked before, without the lock."""
        self.refuse_exposed()
        self._refuse_wrong_clock()
        self.refuse_fenced()
        agree(self.database, self.folder / SECRET)

    def refuse_exposed(self) -> None:
        """Raise `ConfigurationError` when other users of the machine can change what decides over what leaves."""
        smtp = self.settings.smtp
        executes = self.settings.transport is TransportKind.SENDMAIL or bool(smtp and smtp.token_command)
        refuse_exposed(self.folder, self.inputs, self.outputs, executes=executes)

    def _refuse_wrong_clock(self) -> None:
        """Raise `PersonNeededError` when the clocks of this machine and of the database are a minute apart: what hosts
        write down together would contradict itself.
        """
        apart = abs(self.database.clock_ahead())
        if apart > CLOCKS_REFUSED:
            raise PersonNeededError(
                _("the clock"),
                _("this machine's and that of the database are {seconds:,.0f} s apart; nothing is sent so").format(
                    seconds=apart.total_seconds()
                ),
                _("let both take their time from one source (NTP)"),
            )

    def refuse_fenced(self) -> None:
        """Raise `PersonNeededError` when nothing may be sent from here."""
        found = self.fence()
        if found is not None:
            raise PersonNeededError(
                str(self.folder), _("nothing is sent from here: {why}").format(why=found.said), found.remedy
            )

    def refuse_unsure(self, edition: Edition) -> None:
        """At the start of a sending. Raise `IntegrityError` for a damaged database, and `PersonNeededError` for an
        edition that may have gone out elsewhere.
        """
        if self.writes_files:
            return
        refuse_damaged(self.database)
        self.refuse_fenced()
        unknown = unknown_times(self.database)
        if edition.sending_at is None and is_uncertain(edition, unknown) and not is_released(self.database, edition):
            raise PersonNeededError(
                edition.name,
                _("it may have gone out before this copy was adopted, and nothing here can tell"),
                _("ask a reader; if it did not: digest adopt --release {edition} --by NAME").format(
                    edition=edition.name
                ),
            )


def _sender(newsletter: Newsletter) -> str:
    return next(iter(newsletter.sender.values())).address
