"""Templating: how a page is made from its template. Every text is escaped; a name nobody gave is an error."""

import base64
import hashlib
from functools import lru_cache
from importlib.resources import files
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from digest.foundation.words import counted
from digest.web import wording
from digest.web.standing import standing


def draw_page(template: str, **values: object) -> str:
    return _environment().get_template(template).render(**values)


@lru_cache
def inlined(name: str) -> Markup:
    """A file of ours that stands inside the page (style, script), as it is."""
    return Markup(files("digest.web").joinpath("templates", name).read_text(encoding="utf-8"))  # noqa: S704 – our own file


def script_source(name: str) -> str:
    """What a content security policy calls the inlined script: `'sha256-…'`."""
    fingerprint = hashlib.sha256(inlined(name).encode()).digest()
    return f"'sha256-{base64.b64encode(fingerprint).decode()}'"


@lru_cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("digest.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False}
    environment.filters |= {
        "day": wording.day,
        "moment": wording.moment,
        "window": wording.window,
        "size": wording.size,
        "counted": counted,
        "standing": standing,
        "encoded": lambda part: quote(part, safe=""),
    }
    environment.globals |= {
        "inlined": inlined,
        "rulings": wording.RULINGS,
        "deliveries": wording.DELIVERIES,
        "severities": wording.SEVERITIES,
        "standings": wording.STANDINGS,
        "silence": wording.SILENCE,
    }
    return environment
