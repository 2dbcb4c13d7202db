"""Comparison: whether the mails of an edition in the store, and the readable copy of them, are what was approved."""

from collections.abc import Mapping, Sequence
from typing import Any

from digest.editions.description import description_fingerprint
from digest.editions.kept_mails import KeptMails, alterations, broken, covers, described, mails
from digest.editions.readable_copy import ReadableCopy, readable_files
from digest.editions.store import Editions
from digest.editions.workbench import Workbench
from digest.errors import PersonNeededError
from digest.foundation.catalogue import _
from digest.mail.content import Variant
from digest.newsletters.edition import Edition, EditionState

SHOWN = 5


def approved_mails(editions: Editions, copy: ReadableCopy, edition: Edition) -> Sequence[Variant]:
    """The edition's mails, each compared with what was approved or, while it is a draft, with what was built. Raise
    `PersonNeededError` that names those which are something else.
    """
    kept = editions.kept(edition)
    if altered := _altered(kept, copy):
        cause = _("what is stored of it is not what was built: {altered}; so it is not sent")
        if edition.state is not EditionState.DRAFT:
            cause = _("what is stored of it is not what was approved: {altered}; so nothing of it is sent")
        raise PersonNeededError(edition.name, cause.format(altered=_listed(altered)), _way_out(edition))
    return tuple(mails(kept))


def altered_mails(editions: Editions, copy: ReadableCopy, edition: Edition) -> Sequence[str]:
    """What is not as it was approved, or built: names of mails, and in words whatever else. Nothing is raised."""
    return _altered(editions.kept(edition), copy)


def refuse_altered_copy(bench: Workbench, edition: Edition, variants: Sequence[Variant] | None = None) -> None:
    """People looked at the readable copy: it must be what is stored. Where there is none it is written. So it is on a
    host that has that of another build, once what was approved on another host is to be sent.
    """
    bench.copy.recover(edition)
    files = readable_files(bench.composer, edition, bench.editions.variants(edition) if variants is None else variants)
    description = _description(bench.editions.kept(edition), bench.copy)
    said = _said(edition, description)
    altered = bench.copy.differences(edition, files, said)
    may_be_old = bench.database.is_shared and edition.state is not EditionState.DRAFT
    if altered is None or (may_be_old and _is_of_another_build(said, bench.copy.description(edition))):
        bench.copy.write(edition, said, files)
    elif altered:
        raise PersonNeededError(
            f"editions/{edition.folder}",
            _("these files are not what was built: {files}; nobody would get what was changed there").format(
                files=_listed(altered)
            ),
            _(
                "to write them anew from what is stored: digest check {edition} --rewrite-copy; to change a mail, "
                "change its story and build again"
            ).format(edition=edition.name),
        )


def rewrite_copy(bench: Workbench, edition: Edition) -> None:
    """Replace the readable copy by what is stored. Raise `PersonNeededError` when that is not what was approved."""
    files = readable_files(bench.composer, edition, approved_mails(bench.editions, bench.copy, edition))
    description = _description(bench.editions.kept(edition), bench.copy)
    bench.copy.write(edition, _said(edition, description), files)


def _altered(kept: KeptMails, copy: ReadableCopy) -> Sequence[str]:
    description = _description(kept, copy)
    if description is not None:
        return alterations(kept, description)
    if kept.description is not None:
        return [_("the list of its mails")]
    return broken(kept)


def _description(kept: KeptMails, copy: ReadableCopy) -> Mapping[str, Any] | None:
    """What the edition's fingerprint covers. An older version kept it in the readable copy alone, where the fingerprint
    proves it just as well.
    """
    if kept.description is not None:
        return described(kept.edition, kept.description)
    written = {key: value for key, value in copy.description(kept.edition).items() if key != "fingerprint"}
    return written if covers(kept.edition, written) else None


def _is_of_another_build(said: Mapping[str, object], written: Mapping[str, object]) -> bool:
    """Whole as it was written, and of an earlier draft: nobody has changed anything in it for this one."""
    described = {key: value for key, value in written.items() if key != "fingerprint"}
    fingerprint = written.get("fingerprint")
    return fingerprint != said["fingerprint"] and bool(described) and description_fingerprint(described) == fingerprint


def _said(edition: Edition, description: Mapping[str, Any] | None) -> Mapping[str, object]:
    """What the readable copy says of itself."""
    if description is None:
        return {"fingerprint": edition.fingerprint}
    return {"fingerprint": description_fingerprint(description), **description}


def _listed(names: Sequence[str]) -> str:
    return f"{', '.join(names[:SHOWN])}{' …' if len(names) > SHOWN else ''}"


def _way_out(edition: Edition) -> str:
    match edition.state:
        case EditionState.DRAFT:
            remedy = _("build it again and look at it: digest preview {edition}")
        case EditionState.SEALED:
            remedy = _(
                "nobody got anything of it yet; restore the last backup (digest restore FILE --replace), or take the "
                'approval back and build it anew: digest reopen {edition} --by NAME --because "…", then digest build '
                "--newsletter {newsletter} --period {key}"
            )
        case EditionState.SENDING:
            remedy = _(
                "restore the last backup: `digest restore FILE --replace` (the send journal knows who has got it "
                "since); without one, the rest cannot be sent as it was approved: `digest pause {edition} --by NAME "
                '--because "…"` keeps it from being tried again'
            )
        case _:
            remedy = _("restore the last backup: digest restore FILE --replace")
    return remedy.format(edition=edition.name, newsletter=edition.newsletter, key=edition.period.key)
