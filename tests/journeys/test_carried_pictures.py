"""A picture goes from the folder into the mails, and what is approved is what arrives, whatever becomes of the file."""

import io
import sqlite3
from contextlib import closing

import pytest
from click.testing import CliRunner
from PIL import Image

from digest.cli import cli

ITEM = """\
---
title: Police in Guatemala see the map
date: 2018-07-07
countries: [GT]
---
It shows the hubs.

![A map](map.png)
"""


def _png(colour):
    file = io.BytesIO()
    Image.new("RGB", (700, 350), colour).save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def pictured(office):
    settings = (office.folder / "digest.yaml").read_text()
    settings = settings.replace("approval: required", "approval: required\n    starts_on: 2018-07-01")
    settings = settings.replace("publisher:\n", "publisher:\n  brand: {logo: {file: logo.png, width: 100, alt: Us}}\n")
    office.write(
        "digest.yaml", settings.replace("newsroom: bulletins/", "newsroom: {path: bulletins/, pictures: true}")
    )
    office.write("logo.png", _png("blue"))
    office.write("bulletins/map.en.md", ITEM)
    office.write("bulletins/map.png", _png("green"))
    office.run("build", "--period", "july")
    return office


def _pictures(mail):
    return {part["Content-ID"]: part.get_content() for part in mail.walk() if part.get_content_maintype() == "image"}


def test_what_was_approved_arrives_although_the_file_is_gone(pictured):
    check = pictured.run("check", "2018-07", code=None).stdout
    assert "IMG-" not in check
    assert "WIRE-" not in check
    assert "FIELD-" not in check
    pictured.run("approve", "2018-07", "--by", "Marta")
    page = (pictured.folder / "editions/monthly/2018-07/variants/regional.en.html").read_text()
    assert "data:image/png;base64," in page

    for file in ("bulletins/map.png", "logo.png"):
        (pictured.folder / file).unlink()
    pictured.run("run", "--now", "2018-08-05T09:00", "--dry-run", code=None)
    pictured.run("send", "2018-07", "--yes")

    (mail,) = pictured.messages()["ben@example.org"]
    (_, logo), (name, data) = _pictures(mail).items()
    with Image.open(io.BytesIO(logo)) as shown:
        assert (shown.size, shown.getpixel((5, 5))) == ((200, 100), (0, 0, 255))
    assert f'src="cid:{name.strip("<>")}"' in mail.get_body(("html",)).get_content()
    with Image.open(io.BytesIO(data)) as shown:
        assert (shown.size, shown.getpixel((5, 5))) == ((700, 350), (0, 128, 0))
    assert "[A map]" in mail.get_body(("plain",)).get_content()


def test_another_picture_under_the_same_name_is_a_change_of_the_story(pictured):
    assert "3 unchanged" in pictured.run("collect").stdout
    pictured.write("bulletins/map.png", _png("red"))
    assert "1 changed" in pictured.run("collect").stdout
    with closing(sqlite3.connect(pictured.folder / "digest.db")) as database:
        kept = database.execute("SELECT count(*) FROM pictures").fetchone()
        assert kept == (2,)  # the draft's mails carry the first one
        pictured.run("build", "--period", "july")
        pictured.write("bulletins/map.png", _png("yellow"))
        pictured.run("collect")
        names = [name for (name,) in database.execute("SELECT name FROM pictures ORDER BY name")]
        carried = {name for (name,) in database.execute("SELECT DISTINCT picture FROM carried_pictures")}
        assert len(names) == 2  # the red one, which the draft's mails carry, and the yellow one
        assert len(carried) == 2  # the red one, and the logo
        assert len(carried & set(names)) == 1


def test_a_rehearsal_has_the_pictures(pictured):
    said = pictured.run("rehearse", "--from", "2018-07-01", "--to", "2018-09-01", code=None)
    assert said.returncode in (0, 3), said.stderr
    assert "picture" not in said.stderr


def test_a_logo_that_is_not_there_is_named_with_what_to_do(pictured):
    (pictured.folder / "logo.png").unlink()
    said = pictured.run("build", "--period", "july", code=78).stderr
    assert "the logo logo.png: it cannot be read: No such file or directory" in said
    assert "publisher.brand.logo" in said

    for command in (("check", "july"), ("doctor", "--offline")):
        told = CliRunner().invoke(cli, ["-C", str(pictured.folder), *command])
        said = " ".join(told.output.split())
        assert ("LOGO-001 warning" if command[0] == "check" else "fail Logo") in said, said
        assert "the logo logo.png: it cannot be read: No such file or directory" in said
