"""Makes the model's nouns of the keys of `digest.yaml`, once they hold no mistake."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from digest.config.delivery_keys import OTHERS, PORTS, DeliveryKeys
from digest.config.keys import AudienceKeys, BrandKeys, FileKeys, NewsletterKeys, RuleKeys
from digest.config.mailbox_building import mailbox_settings
from digest.config.schedules import schedule
from digest.config.settings import (
    DeliverySettings,
    MonitoringSettings,
    SendingSettings,
    Settings,
    SmtpWishes,
    SourceSettings,
    TransportKind,
)
from digest.config.written_values import EVERYWHERE
from digest.model.audience import Audience, Criteria, Localised
from digest.model.brand import Brand, Logo
from digest.model.newsletter import Newsletter, Publisher, Review
from digest.policy.colours import COMFORTABLE, DARK, nearest_lighter
from digest.policy.rates import Rates

PATIENCE = timedelta(days=3)  # for messages that a server puts off


def settings(workspace: Path, keys: FileKeys) -> Settings:
    audiences = {name: _audience(name, audience) for name, audience in keys.audiences.items()}
    newsletters = tuple(
        _newsletter(name, one, audiences, keys.publisher.timezone) for name, one in keys.newsletters.items()
    )
    periods = [one.schedule.kind for one in newsletters]
    return Settings(
        workspace=workspace,
        publisher=Publisher(
            name=_localised(keys.publisher.name),
            address=keys.publisher.address,
            website=keys.publisher.website,
            timezone=keys.publisher.timezone,
            brand=_brand(keys.publisher.brand),
        ),
        sources=tuple(
            SourceSettings(
                name=name,
                kind=source.type,
                path=workspace / source.path,
                language=source.language,
                dates=source.dates,
            )
            for name, source in keys.sources.items()
        ),
        audiences=tuple(audiences.values()),
        newsletters=newsletters,
        subscribers=workspace / keys.subscribers if keys.subscribers else None,
        delivery=_delivery(workspace, keys.delivery),
        monitoring=MonitoringSettings(
            ping=keys.monitoring.ping,
            ping_file=workspace / keys.monitoring.ping_file if keys.monitoring.ping_file else None,
        ),
        public_url=keys.public_url,
        taxonomy=workspace / keys.taxonomy if keys.taxonomy else None,
        mailbox=mailbox_settings(workspace, keys.mailbox, periods) if keys.mailbox else None,
    )


def _delivery(workspace: Path, keys: DeliveryKeys) -> DeliverySettings:
    return DeliverySettings(
        transport=keys.transport,
        path=workspace / keys.path,
        command=tuple(keys.command),
        return_path=keys.return_path,
        selectors=tuple(keys.dkim.selector),
        sending=_sending(keys),
        smtp=_smtp(workspace, keys) if keys.transport is TransportKind.SMTP else None,
    )


def _sending(keys: DeliveryKeys) -> SendingSettings:
    paces = keys.transport is not TransportKind.FILES  # whoever tries things out with files waits for nobody
    rates = Rates(
        overall=keys.rate,
        by_domain={name: rate for name, rate in keys.rates.items() if name != OTHERS},
        other_domains=keys.rates.get(OTHERS),
    )
    return SendingSettings(
        connections=keys.connections,
        rates=rates if paces else Rates(),
        daily=keys.daily if paces else None,
        not_after=keys.not_after or PATIENCE,
        in_doubt={"crash": keys.in_doubt.crash, "server": keys.in_doubt.server, "power": keys.in_doubt.power},
    )


def _smtp(workspace: Path, keys: DeliveryKeys) -> SmtpWishes:
    return SmtpWishes(
        host=keys.host or "",
        port=keys.port or PORTS[keys.security],
        security=keys.security,
        verify=keys.verify,
        accept_insecure=keys.accept_insecure,
        certificates=workspace / keys.certificates if keys.certificates else None,
        username=keys.username,
        password_file=workspace / keys.password_file if keys.password_file else None,
        password_env=keys.password_env,
        token_file=workspace / keys.token_file if keys.token_file else None,
        messages_per_connection=keys.messages_per_connection,
    )


def _brand(keys: BrandKeys) -> Brand:
    logo = keys.logo
    plain = Brand()
    dark = plain.accent_dark if keys.accent == plain.accent else nearest_lighter(keys.accent, DARK, COMFORTABLE)
    return Brand(
        accent=keys.accent,
        accent_dark=keys.accent_dark or dark,
        font=keys.font,
        logo=None if logo is None else Logo(url=logo.url, width=logo.width, alt=_localised(logo.alt)),
        footer=None if keys.footer is None else _localised(keys.footer),
    )


def _audience(name: str, keys: AudienceKeys) -> Audience:
    return Audience(
        name=name,
        title=_localised(keys.title),
        everything=keys.everything,
        include=_criteria(keys),
        exclude=_criteria(keys.exclude),
        only_strong=keys.strength == "strong",
    )


def _newsletter(name: str, keys: NewsletterKeys, audiences: Mapping[str, Audience], zone: ZoneInfo) -> Newsletter:
    return Newsletter(
        name=name,
        title=_localised(keys.title),
        sender={language: keys.sender.get(language) or keys.sender[EVERYWHERE] for language in keys.languages},
        reply_to=keys.reply_to,
        schedule=schedule(keys, zone),
        audiences=tuple(audiences[name] for name in keys.audiences),
        languages=tuple(keys.languages),
        approval=keys.approval,
        reviews={
            audience: Review(reviewers=tuple(review.to), then=review.then)
            for audience, review in keys.reviewers.items()
        },
        then=keys.then,
        template=keys.template,
        sections=keys.sections,
        late_for=keys.late_for,
        starts_on=keys.starts_on,
        max_variants=keys.max_variants,
    )


def _criteria(keys: RuleKeys) -> Criteria:
    return Criteria(
        countries=frozenset(keys.countries),
        topics=frozenset(keys.topics),
        sources=frozenset(keys.sources),
        languages=frozenset(keys.languages),
    )


def _localised(texts: Mapping[str, str]) -> Localised:
    own = {language: text for language, text in texts.items() if language != EVERYWHERE}
    return Localised(own, texts.get(EVERYWHERE))
