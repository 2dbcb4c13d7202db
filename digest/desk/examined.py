"""Examined: all that `digest check` says of an edition."""

from dataclasses import dataclass

from digest.editions import checking, public_pages
from digest.editions.obstacles import Obstacle, readiness
from digest.foundation.catalogue import _
from digest.foundation.problems import Severity
from digest.mail.checks.rule import Finding
from digest.newsletters.edition import Edition
from digest.newsletters.newsletter import Newsletter
from digest.settings.instance import Instance


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    findings: tuple[Finding, ...]
    obstacles: tuple[Obstacle, ...]

    @property
    def is_stopped(self) -> bool:
        """Whether a person has to do something before it can be approved or sent."""
        return any(not one.passes for one in self.obstacles) or self.errors > 0

    @property
    def errors(self) -> int:
        return sum(one.severity is Severity.ERROR for one in self.findings)

    @property
    def warnings(self) -> int:
        return sum(one.severity is Severity.WARNING for one in self.findings)


def examine(instance: Instance, newsletter: Newsletter, edition: Edition, *, links: bool = False) -> Examined:
    """`links`: also ask over the network whether the links lead anywhere."""
    public_url, pages = instance.settings.public_url, instance.settings.pages
    if links and public_url:
        public_pages.ask(instance.database, public_url, instance.clock.now(), own=pages is not None)
    findings = checking.check(instance.bench, newsletter, edition)
    found = readiness(instance.bench, newsletter, edition, findings).obstacles
    if public_url and not pages and not public_pages.last_answer(instance.database, public_url):
        findings += (public_pages.unasked(public_url),)
    if lost := instance.missing_logo():
        reason, fix = _("no mail is made anew: {cause}").format(cause=lost.cause), lost.remedy
        findings += (Finding(code="LOGO-001", severity=Severity.WARNING, place=lost.thing, reason=reason, fix=fix),)
    if links:
        from digest.mail.checks import reachable  # 25 ms: only for those who have the network asked

        findings += tuple(reachable.unreachable(checking.links(instance.bench, edition)))
    return Examined(findings=findings, obstacles=found)
