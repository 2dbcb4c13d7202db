"""What the doctor says of the mails in the store: whether they, and their readable copies, are what was approved."""

from collections.abc import Iterator

from digest.editions.comparison import approved_mails, refuse_altered_copy
from digest.errors import DigestError
from digest.foundation.catalogue import _, plural
from digest.newsletters.edition import EditionState
from digest.operations.doctor.diagnosis import Diagnosis, fail, ok
from digest.settings.instance import Instance
from digest.settings.sandbox import sandbox_of

TO_LEAVE = (EditionState.DRAFT, EditionState.SEALED, EditionState.SENDING)
BUILT = (*TO_LEAVE, EditionState.FINISHED)


def mails(instance: Instance) -> Iterator[Diagnosis]:
    """Looked at in a copy of the database: opening the real one may change it."""
    what, whole, failed = _("Mails"), 0, False
    with sandbox_of(instance) as sandbox:
        for edition in sandbox.editions.editions():
            if edition.state not in BUILT:
                continue
            try:
                stored = approved_mails(sandbox.editions, sandbox.copy, edition)
                if edition.state in TO_LEAVE:
                    refuse_altered_copy(sandbox.bench, edition, stored)
            except DigestError as error:
                failed = True
                yield fail(what, f"{error.thing}: {error.cause}", error.remedy)
            else:
                whole += 1
    if whole or not failed:
        said = plural(
            "those of {count:,} edition are what was built or approved",
            "those of {count:,} editions are what was built or approved",
            whole,
        )
        yield ok(what, said)
