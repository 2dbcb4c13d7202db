"""The course of an edition, as a refusal tells it: who did what with it, and what a person can do next."""

from digest.editions.states import Step, after
from digest.foundation.catalogue import _
from digest.newsletters.edition import Edition, EditionState


def happened(edition: Edition | None) -> str:
    """Part of a sentence: `Marta has approved it`. `None`: there is no such edition."""
    if edition is None:
        return _("nobody has built it yet")
    because, by = edition.because or "", edition.approved_by
    match edition.state:
        case EditionState.DRAFT:
            said = _("nobody has approved it")
        case EditionState.SEALED:
            said = _("{name} has approved it") if by else _("it is ready to go, and nobody's approval is asked for")
        case EditionState.SENDING:
            said = (
                _("it is on its way to its readers, approved by {name}") if by else _("it is on its way to its readers")
            )
        case EditionState.FINISHED:
            said = (
                _("it has gone out to its readers, approved by {name}") if by else _("it has gone out to its readers")
            )
        case EditionState.SKIPPED if edition.is_over:
            said = _("it was left out of the calendar: {because}") if because else _("it was left out of the calendar")
        case EditionState.SKIPPED:
            said = _("it has no story so far")
        case EditionState.MISSED:
            said = _("it did not go out in its time: {because}") if because else _("it did not go out in its time")
        case EditionState.EXPIRED:
            said = _("{name} approved it, and nobody sent it in time") if by else _("nobody sent it in time")
    return said.format(name=by, because=because)


def way_on(edition: Edition | None) -> str:
    """What a person does next, with the command for it."""
    if edition is None:
        return _("look at `digest status`")
    if edition.state is EditionState.DRAFT:
        said = _("look at it, then approve it: digest preview {edition}, digest approve {edition} --by NAME")
    elif edition.state is EditionState.SEALED:
        said = _(
            'send it: digest send {edition}; or take the approval back: digest reopen {edition} --by NAME --because "…"'
        )
    elif edition.state is EditionState.SENDING:
        said = _('to stop it: digest pause {edition} --by NAME --because "…"; to see how far it is: digest status')
    elif after(edition.state, Step.REOPEN, is_over=edition.is_over) is not None:
        said = _('take it up again: digest reopen {edition} --by NAME --because "…"')
    elif edition.state is not EditionState.FINISHED:
        said = _("add a story, then build it: digest build {edition}")
    elif edition.supplements:
        said = _("look at it: digest report {edition}")
    else:
        said = _('to send all of it once more, mended: digest reissue {edition} --because "…"')
    return said.format(edition=edition.name)
