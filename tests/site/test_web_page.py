"""“Put the pages on the web” and its Spanish twin: what they print works as it stands."""

import re
import shlex
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from site_office import ROOT, SETTINGS

from digest.cli import cli
from digest.settings.loading import load_settings

HOW_TO = Path(__file__).parents[2] / "docs" / "how-to"
PAGES = ("put-the-pages-on-the-web.md", "pon-las-paginas-en-la-web.md")


def blocks(name, kind):
    return re.findall(rf"```{kind}\n(.*?)```", (HOW_TO / name).read_text(), re.DOTALL)


@pytest.mark.parametrize("name", PAGES)
def test_its_settings_are_settings(office, name):
    known = yaml.safe_load(SETTINGS)
    for block in blocks(name, "yaml"):
        known |= yaml.safe_load(block)
    (office.folder / "digest.yaml").write_text(yaml.safe_dump(known))
    settings = load_settings(office.folder / "digest.yaml")
    assert settings.serve.consent("es").startswith("Quiero")
    assert settings.public_url == ROOT


@pytest.mark.parametrize("name", PAGES)
def test_its_commands_run(office, tmp_path, name, monkeypatch):
    """The pages themselves are answered by a real program in the test of serving."""
    monkeypatch.chdir(office.folder)
    said = [shlex.split(line.removeprefix("$ ")) for block in blocks(name, "console") for line in block.splitlines()]
    served, archived, moved = said
    assert served == ["digest", "serve"]
    done = CliRunner().invoke(cli, ["-C", str(office.folder), *archived[1:-1], str(tmp_path / "www")])
    assert done.exit_code == 0, done.output
    assert (tmp_path / "www" / "en" / "monthly" / "2018-07" / "index.html").exists()
    token = office.token("ben@example.org")
    Path(moved[1]).rename(moved[2])
    with office.pages() as pages:
        assert pages.get(f"/leave/{token}").status_code == 200
        assert pages.get(f"/leave/{office.token('ben@example.org')}").status_code == 200
    assert office.token("ben@example.org") != token


@pytest.mark.parametrize("name", PAGES)
def test_its_form_for_other_websites_signs_up(office, name):
    (form,) = blocks(name, "html")
    action = re.search(r'action="([^"]+)"', form)[1]
    assert "required></label>" in form
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form)) | {"address": "nora@example.org", "website": ""}
    with office.pages() as pages:
        assert pages.post(action, data=fields).status_code == 200
    (mail,) = office.notices()
    assert mail["To"] == "nora@example.org"
