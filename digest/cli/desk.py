"""`digest desk`: look at the editions and decide, in a browser."""

from contextlib import nullcontext

import click

from digest.cli.invocation import Invocation, pass_invocation
from digest.foundation.catalogue import _


@click.command()
@click.option("--open/--no-open", "open_it", default=True, help="Open the browser (default) or only print the address.")
@click.option("--port", default=0, metavar="N", help="The port on 127.0.0.1 (default: any that is free).")
@pass_invocation
def desk(invocation: Invocation, *, open_it: bool, port: int) -> int:
    """Show the months and their editions in a browser, with a button for each step: check, try out, approve, send.

    Each button does what a command does, and shows which. The pages are for this machine and for whoever opens the
    link, which works once. Looking takes nothing; what is being sent when you press Ctrl-C comes to an orderly stop.
    """
    from digest.desk.desk_server import DeskServer  # 0.2 s: starlette and uvicorn; not for --help
    from digest.desk.local_page import link_file
    from digest.desk.open_desk import OpenDesk

    instance = invocation.instance
    instance.settings  # noqa: B018 – mistakes in them are told before a page is opened
    server = DeskServer(OpenDesk(instance.folder, instance.clock), port)
    invocation.say(_("The desk: {address}").format(address=server.url))
    invocation.say(_("Press Ctrl-C to stop."))
    with link_file(instance.folder, server.url) if open_it else nullcontext() as file:
        if file is not None:
            click.launch(file.as_uri())
        server.serve()
    return 0
