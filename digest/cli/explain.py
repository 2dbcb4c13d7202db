"""`digest explain`: why a story is where it is, or what a person gets."""

from typing import TYPE_CHECKING

import click

from digest.cli.options import json_option
from digest.cli.session import Session, pass_session

if TYPE_CHECKING:
    from digest.app import Workspace


@click.command()
@click.argument("what", metavar="ITEM|ADDRESS")
@click.option("--as", "reader", metavar="ADDRESS", help="Did this person get the story, and why or why not?")
@json_option
@pass_session
def explain(session: Session, what: str, reader: str | None, *, as_json: bool) -> int:
    """Explain an item (its id, the beginning of it, or words of its title) or a reader's address.

    With --as: whether that person got the story.
    """
    lines, data = _explained(session.workspace, what, reader)
    if as_json:
        import json

        said = {"about": what, "lines": [line.strip() for line in lines], **data}
        click.echo(json.dumps(said, ensure_ascii=False, indent=2))
    else:
        click.echo("\n".join(lines))
    return 0


def _explained(workspace: "Workspace", what: str, reader: str | None) -> tuple[list[str], dict[str, object]]:
    if "@" in what:
        if reader is not None:
            raise click.UsageError("--as goes with a story; leave it out to explain an address")
        from digest.app.explaining_people import explain_person
        from digest.cli.explain_person import person_data, person_lines

        person = explain_person(workspace, what)
        return list(person_lines(person)), person_data(person)
    from digest.app.explaining import explain_story, story_meant
    from digest.cli.explain_story import answer_data, answer_lines, story_data, story_lines

    item, story = story_meant(workspace, what)
    if reader is None:
        explained = explain_story(workspace, item, story)
        return list(story_lines(explained)), story_data(explained)
    from digest.app.explaining_both import explain_both

    both = explain_both(workspace, item, story, reader)
    return list(answer_lines(both)), answer_data(both)
