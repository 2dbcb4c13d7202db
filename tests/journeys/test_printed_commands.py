"""What was printed is typed again, where it was printed: never is it refused as a mistake of whoever types it."""

import re
import shlex
import shutil
from pathlib import Path

import pytest
from typed import commands_in
from warm_program import run

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.xdist_group("printed")  # what the month says is made once
MONTH = """
status
collect
build --all
check july
preview july --once look.html
plan july
plan drop migrants --because "not now"
review july
approve 2018-05 --by Marta
send 2018-05
send 2018-06 --yes
approve july --by Marta
status
send july --limit 2 --yes
status
pause july --because lunch
run --now 2018-08-05T12:00
resume july
send july --yes
reopen july --by Marta --because "too late"
reissue july --because "a wrong number"
deliveries july --failed
report july
report january
explain "reception centre"
explain nobody@example.org
review july --part nothing
doctor --offline
dkim show
schedule --next 2
status --json
templates list
adopt --by Marta
""".strip().splitlines()
GIVEN = {
    "NAME": "Marta",
    "ADDRESS": "ana@example.org",
    "FILE": "nothing.digest",
    "PART": "regional",
    "CODE": "AAAAAA",
    "STORY": "hubs",
}


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    """Folder, and command → what printed it, over a month of work with `-C` and a folder whose name needs quoting."""
    folder = tmp_path_factory.mktemp("desk")
    shutil.copytree(ROOT / "seeds", folder / "my office")
    found: dict[str, str] = {}
    for line in MONTH:
        ran = run(["-C", "my office", *shlex.split(line)], cwd=folder)
        own = re.sub(r"(?m)^(Usage: |Try ').*$", "", f"{ran.stdout}\n{ran.stderr}")  # without what click says
        for command in commands_in(own):
            found.setdefault(command.removesuffix('"') if command.count('"') % 2 else command, line)
    for page in ("look.html", "my office/editions/index.html"):
        text = (folder / page).read_text(encoding="utf-8").replace("&#39;", "'").replace("&#34;", '"')
        for command in re.findall(r'<code class="command"[^>]*>(digest .*?)</code>', text):
            found.setdefault(command, page)
    return folder, found


def test_many_commands_are_printed_and_every_one_names_the_workspace(said):
    folder, found = said
    assert len(found) > 20
    assert [each for each in found if not re.match(rf"digest -C '({re.escape(str(folder))}/)?my office' ", each)] == []


def test_every_printed_command_is_taken_where_it_was_printed(said, tmp_path):
    """In a copy, so that one does not stand in the way of another. It may say that a person is needed."""
    folder, found = said
    refused = []
    one_of_each = {re.sub(r"2018-\d\d", "", command): (command, by) for command, by in found.items()}
    for number, (command, by) in enumerate(one_of_each.values()):
        desk = tmp_path / str(number)
        shutil.copytree(folder, desk)
        words = [GIVEN.get(word, word) for word in shlex.split(command.replace(str(folder), str(desk)))][1:]
        if "preview" in words:
            words = [*(word for word in words if word != "--watch"), "--once", "seen.html"]
        if "send" in words:
            words.append("--yes")
        ended = run(words, cwd=desk)
        if ended.returncode in (1, 2, 78):
            refused.append(f"{command} (printed by {by}): {ended.returncode}\n{ended.stderr}")
        shutil.rmtree(desk)
    assert not refused, "\n".join(refused)
