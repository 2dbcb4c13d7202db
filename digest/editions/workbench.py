"""The workbench: what an edition is drafted, checked, reviewed and sealed with."""

from collections.abc import Callable
from dataclasses import dataclass

from digest.editions.plans.planning import Plans
from digest.editions.public_pages import PagesUnder, last_answer, serve_pictures
from digest.editions.readable_copy import ReadableCopy
from digest.editions.review_store import Looks, Reviews
from digest.editions.store import Editions
from digest.foundation.database import Database
from digest.foundation.workspace import Clock
from digest.intake.store import Items
from digest.intake.tagging.taxonomy import Taxonomy
from digest.mail.checks.rule import Finding, Specimen
from digest.mail.composing import Composer
from digest.mail.renderer import Renderer
from digest.newsletters.newsletter import Publisher
from digest.people.store import Subscribers


@dataclass(frozen=True, slots=True, kw_only=True)
class Workbench:
    """`public_url` is where leaving and preferences live, if anywhere. `gate` judges the final bytes of one variant; it
    is pure, and never raises, whatever the bytes are.
    """

    database: Database
    plans: Plans
    renderer: Renderer
    composer: Composer
    copy: ReadableCopy
    publisher: Publisher
    taxonomy: Taxonomy
    public_url: str | None
    clock: Clock
    gate: Callable[[Specimen], tuple[Finding, ...]]
    own_pages: bool = False  # what lies under public_url is the office's own

    has_archive: bool = True

    @property
    def pages_under(self) -> PagesUnder:
        """What the mails that are made now may leave to the pages."""
        answer = last_answer(self.database, self.public_url) if self.public_url else None
        url = self.public_url if serve_pictures(answer, self.public_url, own=self.own_pages) else None
        return PagesUnder(pictures=url, archive=url if self.has_archive else None)

    @property
    def items(self) -> Items:
        return Items(self.database)

    @property
    def editions(self) -> Editions:
        return Editions(self.database)

    @property
    def reviews(self) -> Reviews:
        return Reviews(self.database)

    @property
    def looks(self) -> Looks:
        return Looks(self.database)

    @property
    def subscribers(self) -> Subscribers:
        return Subscribers(self.database)
