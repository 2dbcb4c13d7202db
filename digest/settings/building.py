"""Makes the model's nouns of the keys of `digest.yaml`, once they hold no mistake."""

from pathlib import Path

from digest.delivery.settings import _delivery
from digest.inbound.settings import mailbox_settings
from digest.intake.settings import SourceSettings
from digest.newsletters.newsletter import Publisher
from digest.newsletters.settings import _audience, _brand, _localised, _newsletter
from digest.settings.keys import FileKeys
from digest.settings.settings import MonitoringSettings, Settings


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
