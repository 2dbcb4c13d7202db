"""Drafting: an edition brought up to date, and all that staff look at before they approve it, for whoever looks: the
preview, the desk.
"""

from dataclasses import replace

from digest.desk.pages import EditionView, edition_view, looked_through
from digest.editions import reviewing
from digest.editions.naming import Meant
from digest.editions.supplements import build
from digest.foundation.problems import Problem
from digest.newsletters.newsletter import Newsletter
from digest.settings.instance import Instance


def drafted(
    instance: Instance, newsletter: Newsletter, meant: Meant, problems: tuple[Problem, ...] = ()
) -> EditionView:
    """Draft it anew (one that is sealed is shown as it is), look it through, and return what to show. `problems` are
    those of collecting.
    """
    there = instance.editions.of(newsletter.name, meant.period, meant.revision)
    closed = there if there is not None and not there.is_open else None
    edition = closed or build(instance.bench, newsletter, meant.period, revision=meant.revision).edition
    view = looked_through(instance, newsletter, edition_view(instance, newsletter, edition, problems))
    parts = reviewing.part_views(instance.database, instance.plans, newsletter, edition) if newsletter.reviews else ()
    return replace(view, parts=tuple(parts))
