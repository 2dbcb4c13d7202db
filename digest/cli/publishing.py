"""`digest serve` and `digest archive`: the pages for the public, answered by us or written into a folder."""

from pathlib import Path

import click

from digest.cli.invocation import Invocation, pass_invocation
from digest.errors import ConfigurationError, UsageError
from digest.foundation.catalogue import _, plural
from digest.settings.settings import public_url

PORT = 8080


@click.command()
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="The address to listen at; a proxy stands before it."
)
@click.option(
    "--port", type=click.IntRange(0, 65535), default=PORT, show_default=True, help="The port; 0: any free one."
)
@pass_invocation
def serve(invocation: Invocation, host: str, port: int) -> int:
    """Answer on the web at `public_url`: the links in the mails, the form for signing up, and the archive.

    It listens on this machine only; put nginx or Caddy before it: `digest help put-the-pages-on-the-web`. It ends with
    Ctrl-C or SIGTERM, when what was begun is done.
    """
    from digest.site.serving import serve as answer  # 130 ms: Starlette and uvicorn
    from digest.site.serving import site_of

    instance = invocation.instance
    here = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    site = site_of(instance, root=here)

    def started(actual: int) -> None:
        local = here.removesuffix(f":{port}") + f":{actual}"
        invocation.say(_("The pages answer at {address}; Ctrl-C ends them.").format(address=f"{local}/"))
        if instance.settings.public_url is None:
            invocation.say(
                _(
                    "digest.yaml names no public_url: no mail leads here yet. Write it like public_url: https://bulletin.example.org"
                )
            )

    answer(site, host, port, started=started)
    return 0


@click.command()
@click.argument("directory", type=click.Path(file_okay=False, path_type=Path))
@click.option("--url", metavar="ADDRESS", help="Where the folder will be found; default: public_url.")
@pass_invocation
def archive(invocation: Invocation, directory: Path, url: str | None) -> int:
    """Write the archive into DIRECTORY: a page for each edition and story in each language, feeds and pictures, without
    a program behind it.

    What has gone out is in it, nothing about readers. A folder that holds other files is refused; one that was written
    before is written anew.
    """
    from digest.site.static_archive import write_archive  # 130 ms: as above

    settings = invocation.instance.settings
    if not settings.serve.archive:
        raise ConfigurationError(
            "serve.archive",
            _("the settings say that there is none"),
            _("write {setting}").format(setting="serve: {archive: true}"),
        )
    try:
        root = public_url(url) if url is not None else settings.public_url
    except ValueError as error:
        raise UsageError("--url", str(error), _("write it like https://bulletin.example.org")) from error
    written = write_archive(invocation.instance, directory, root)
    pages = plural("{count:,} page", "{count:,} pages", written)
    invocation.say(
        _("{pages} in {folder}; open {page}.").format(pages=pages, folder=directory, page=directory / "index.html")
    )
    return 0
