"""Makes the model's nouns of the keys of `digest.yaml`, once they hold no mistake."""

from collections.abc import Mapping
from pathlib import Path

from digest.config.keys import AudienceKeys, BrandKeys, FileKeys, NewsletterKeys, RuleKeys
from digest.config.settings import DeliverySettings, Settings, SourceSettings
from digest.config.written_values import EVERYWHERE
from digest.model.audience import Audience, Criteria, Localised
from digest.model.brand import Brand, Logo
from digest.model.newsletter import Newsletter, Publisher
from digest.policy.colours import COMFORTABLE, DARK, nearest_lighter


def settings(workspace: Path, keys: FileKeys) -> Settings:
    audiences = {name: _audience(name, audience) for name, audience in keys.audiences.items()}
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
        newsletters=tuple(_newsletter(name, one, audiences) for name, one in keys.newsletters.items()),
        subscribers=workspace / keys.subscribers if keys.subscribers else None,
        delivery=DeliverySettings(transport=keys.delivery.transport, path=workspace / keys.delivery.path),
        public_url=keys.public_url,
        taxonomy=workspace / keys.taxonomy if keys.taxonomy else None,
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


def _newsletter(name: str, keys: NewsletterKeys, audiences: Mapping[str, Audience]) -> Newsletter:
    return Newsletter(
        name=name,
        title=_localised(keys.title),
        sender={language: keys.sender.get(language) or keys.sender[EVERYWHERE] for language in keys.languages},
        reply_to=keys.reply_to,
        every=keys.every,
        send=keys.send,
        audiences=tuple(audiences[name] for name in keys.audiences),
        languages=tuple(keys.languages),
        approval=keys.approval,
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
