"""An office whose July has gone out to four readers, with its pages, in this process."""

import re
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

from databases import asked, contents, database_at, is_on_postgresql
from starlette.testclient import TestClient

from digest.delivery.sending import send
from digest.editions.approving import approve_whole
from digest.editions.building import build
from digest.editions.guard import CODE as GUARD
from digest.editions.store import keyring_of
from digest.editions.supplements import correct
from digest.mail.tokens import Purpose, Secret
from digest.newsletters.edition import Acceptance, Edition
from digest.newsletters.period import Period, PeriodKind
from digest.settings.instance import Instance
from digest.site.serving import site_of

ROOT = "https://bulletin.example.org"
SETTINGS = """
publisher: {name: {en: Office, es: Oficina}, address: "Apartado 100, San José", timezone: America/Costa_Rica}
sources: {newsroom: bulletins/}
audiences:
  regional: {title: {en: Whole region, es: Toda la región}, everything: true}
  guatemala: {title: Guatemala, countries: [GT]}
  honduras: {title: Honduras, countries: [HN]}
newsletters:
  monthly:
    title: {en: Migration bulletin, es: Boletín de migración}
    from: Bulletin <bulletin@news.example.org>
    reply_to: comms@example.org
    every: month
    starts_on: 2018-07-01
    audiences: [regional, guatemala, honduras]
    languages: [en, es]
    approval: none
  weekly:
    title: {en: The week, es: La semana}
    from: Week <week@news.example.org>
    every: week
    audiences: [regional]
    languages: [en, es]
    approval: none
subscribers: subscribers.yaml
delivery: {transport: files, path: out}
public_url: https://bulletin.example.org
"""
DELIVERY = "delivery: {transport: files, path: out}\n"
SUBSCRIBERS = """
subscribers:
  - {address: ana@example.org, name: Ana Ruiz, language: es, newsletter: monthly, audiences: [guatemala]}
  - {address: ana@example.org, name: Ana Ruiz, language: es, newsletter: weekly, audiences: [regional]}
  - {address: ben@example.org, name: Ben Hall, language: en, newsletter: monthly, audiences: [regional]}
  - {address: eva@example.net, language: es, newsletter: monthly, audiences: [honduras]}
  - {address: max@example.net, language: en, newsletter: monthly, audiences: [regional]}
"""
ENGLISH = """6 July, 2018

Police in Guatemala learn to spot forged papers

Officers in Guatemala attended a course on travel documents. It took three days.

12 July, 2018

A shelter opens its doors in Tegucigalpa

Families in Honduras find beds, a doctor and a school there.
"""
SPANISH = """6 de julio de 2018

La policía de Guatemala aprende a reconocer papeles falsos

Agentes de Guatemala asistieron a un curso sobre documentos de viaje. Duró tres días.
"""
GROWN = (Acceptance(code=GUARD, because="they signed up"),)
NEWS = (  # of Guatemala, in both languages, and of Honduras
    ("A clinic opens in Guatemala", "Abre una clínica en Guatemala", "Honduras counts those who came home"),
    ("Fifty teachers start in Guatemala", "Guatemala estrena cincuenta docentes", "A market burns down in Honduras"),
    ("Guatemala mends the road to Petén", "Guatemala repara la carretera de Petén", "Choirs meet in Honduras"),
    ("New buses for Guatemala", "Autobuses nuevos para Guatemala", "Coffee is dear in Honduras"),
)
_SPANISH_MONTHS = ("agosto", "septiembre", "octubre", "noviembre", "diciembre")
ANA, BEN, EVA, MAX = "ana@example.org", "ben@example.org", "eva@example.net", "max@example.net"


class StoppedClock:
    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at


@dataclass
class Office:
    folder: Path
    clock: StoppedClock = field(default_factory=lambda: StoppedClock(datetime(2018, 8, 6, 15, tzinfo=UTC)))
    database: str = ""  # what the settings say of it

    @property
    def instance(self) -> Instance:
        return Instance(self.folder, self.clock)

    @property
    def secret(self) -> Secret:
        return keyring_of(self.instance.database, self.instance.secret).current

    def settings(self, more: str = "", *, without: str = "") -> None:
        (self.folder / "digest.yaml").write_text(self.database + SETTINGS.replace(without, "") + more)

    def pages(self) -> TestClient:
        return TestClient(site_of(self.instance), base_url=ROOT, follow_redirects=False)

    def rows(self, query: str, *values: object) -> list[tuple]:
        return asked(self.folder / "digest.db", query, *values)

    def dump(self) -> str:
        if is_on_postgresql():
            return str(contents(database_at(self.folder / "digest.db")))
        with closing(sqlite3.connect(self.folder / "digest.db")) as connection:
            return "\n".join(connection.iterdump())

    def public_id(self, address: str) -> str:
        return self.rows("SELECT public_id FROM subscribers WHERE folded = ?", address)[0][0]

    def token(self, address: str, purpose: Purpose = Purpose.LEAVE, newsletter: str = "monthly") -> str:
        return self.secret.token(purpose, newsletter, self.public_id(address))

    def former_token(self, address: str, newsletter: str = "monthly") -> str:
        return self.secret.former_token(newsletter, self.public_id(address))

    def gets(self, address: str) -> dict[str, tuple[str, str]]:
        """Newsletter → audiences and language, of what mail goes to them for."""
        query = (
            "SELECT p.newsletter, c.audiences, c.language FROM subscriptions p JOIN subscribers s ON s.number ="
            " p.subscriber JOIN choices c ON c.number = p.choice WHERE s.folded = ? AND p.active = 1 AND"
            " s.suppressed_at IS NULL AND p.unconfirmed_since IS NULL AND p.resumes_at IS NULL ORDER BY 1"
        )
        return {row[0]: (row[1], row[2]) for row in self.rows(query, address)}

    def sent(self, folder: str = "monthly/2018-07") -> dict[str, EmailMessage]:
        """By the address that they went to."""
        found = [message_from_bytes(path.read_bytes(), policy=default) for path in self.out(folder).rglob("*.eml")]
        return {one["To"].addresses[0].addr_spec: one for one in found}

    def notices(self) -> list[EmailMessage]:
        return list(self.sent("pages/notices").values())

    def out(self, folder: str) -> Path:
        return self.folder / "out" / folder

    def draft(self, period: str) -> Edition:
        instance = self.instance
        instance.collect()
        instance.import_subscribers()
        wanted = Period.from_key(PeriodKind.MONTH, period)
        return build(instance.bench, instance.settings.newsletters[0], wanted).edition

    def send_next(self, period: str, limit: int | None = None) -> None:
        """Collect, build and send the edition of that period, or go on with it."""
        begun = next((one for one in self.instance.editions.editions("monthly") if one.key == period), None)
        self._send(begun if begun and begun.sending_at else self.draft(period), limit)

    def next_edition(self) -> tuple[str, dict[str, str]]:
        """A month goes by with news of Guatemala and of Honduras, and its edition is sent: its key, and what it says of
        Guatemala in each language.
        """
        self.clock.at += timedelta(days=31)
        month = (self.clock.at.replace(day=1) - timedelta(days=1)).date()
        number = month.month - 8
        guatemala, spanish, honduras = NEWS[number]
        english = f"3 {month:%B}, {month.year}\n\n{guatemala}\n\n{guatemala}: so it is said.\n"
        english += f"\n9 {month:%B}, {month.year}\n\n{honduras}\n\n{honduras}: so it is said.\n"
        (self.folder / "bulletins" / f"{month:%m}.en.txt").write_text(english)
        day = f"3 de {_SPANISH_MONTHS[number]} de {month.year}"
        (self.folder / "bulletins" / f"{month:%m}.es.txt").write_text(
            f"{day}\n\n{spanish}\n\n{spanish}: eso se dice.\n"
        )
        drafted, instance = self.draft(f"{month:%Y-%m}"), self.instance
        newsletter, code = instance.settings.newsletters[0], instance.editions.code(drafted)
        approve_whole(instance.bench, newsletter, drafted, "Marta", code=code, early=True, accepted=GROWN)
        self._send(next(one for one in instance.editions.editions("monthly") if one.key == drafted.key), None)
        return drafted.key, {"en": guatemala, "es": spanish}

    def correct(self, title: str, now: str) -> None:
        """Mend a story of July, and send the correction to who got it."""
        listing = self.folder / "bulletins" / "july.en.txt"
        listing.write_text(listing.read_text().replace("It took three days.", now))
        instance = self.instance
        instance.collect()
        newsletter = instance.settings.newsletters[0]
        july = next(one for one in instance.editions.editions("monthly") if one.key == "2018-07")
        drafted = correct(instance.bench, newsletter, july, title, None).edition
        approve_whole(instance.bench, newsletter, drafted, "Marta", code=instance.editions.code(drafted), early=True)
        self._send(next(one for one in instance.editions.editions("monthly") if one.corrects), None)

    def _send(self, edition: Edition, limit: int | None) -> None:
        instance = self.instance
        send(instance.place, instance.bench, instance.settings.newsletters[0], edition, limit=limit)


def links_in(message: EmailMessage) -> dict[str, str]:
    """The three links of a mail, by what they are for, as paths."""
    body = message.get_body(("html",)).get_content()
    found = re.findall(rf'href="{re.escape(ROOT)}(/(leave|preferences|view|confirm)/[^"]+)"', body)
    return {name: path for path, name in found}


def made(folder: Path, delivery: str = DELIVERY) -> None:
    """Its July has gone out."""
    (folder / "bulletins").mkdir()
    (folder / "bulletins" / "july.en.txt").write_text(ENGLISH)
    (folder / "bulletins" / "julio.es.txt").write_text(SPANISH)
    (folder / "digest.yaml").write_text(SETTINGS.replace(DELIVERY, delivery))
    (folder / "subscribers.yaml").write_text(SUBSCRIBERS)
    Office(folder).send_next("2018-07")


def later(office: Office, **how: float) -> None:
    office.clock.at += timedelta(**how)
