"""`brand:` in `digest.yaml`: what the mails of a publisher look like.

Colours must be legible, and the logo one that every mail program shows.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Annotated, Any, Self

from pydantic import AfterValidator, ConfigDict, Field, StrictInt, model_validator

from digest.foundation.catalogue import _
from digest.foundation.mistakes import Mistake
from digest.foundation.values import Keys, one_line
from digest.foundation.words import quoted
from digest.newsletters.colours import (
    COMFORTABLE,
    DARK,
    LEGIBLE,
    LIGHT,
    least_contrast,
    nearest_darker,
    nearest_lighter,
)
from digest.newsletters.newsletter import Brand, Logo, Typeface
from digest.newsletters.texts import Texts, localised

WIDEST = 552  # pixels: the column of the shipped template sets
_HEX = re.compile(r"#?([0-9a-f]{3}|[0-9a-f]{6})")
_ADDRESS = re.compile(r"https://[^\s<>\"']+")
_NOT_SHOWN = (".svg", ".webp", ".avif")


def colour(text: str) -> str:
    """`#0B5A64`, `0b5a64` or `#abc` as `#rrggbb`."""
    found = _HEX.fullmatch(text.strip().lower())
    if found is None:
        raise ValueError(_("must be a colour such as '#0b5a64', not {text}").format(text=quoted(text)))
    digits = found[1]
    return f"#{digits if len(digits) == 6 else ''.join(2 * digit for digit in digits)}"  # noqa: PLR2004 – rrggbb


def light_accent(text: str) -> str:
    """A colour that can be read on the light page and its foot."""
    read = colour(text)
    return _legible(
        read,
        LIGHT,
        nearest_darker(read, LIGHT),
        _(
            "'{colour}' is hard to read on the light page: its contrast is {contrast}, and {least} is needed; "
            "the nearest darker colour that passes is '{nearest}'"
        ),
    )


def dark_accent(text: str) -> str:
    """A colour that can be read on the dark page and its foot."""
    read = colour(text)
    return _legible(
        read,
        DARK,
        nearest_lighter(read, DARK),
        _(
            "'{colour}' is hard to read on the dark page: its contrast is {contrast}, and {least} is needed; "
            "the nearest lighter colour that passes is '{nearest}'"
        ),
    )


def logo_address(text: str) -> str:
    """An https address of an image that mail programs show."""
    address = one_line(text, longest=500)
    if not _ADDRESS.fullmatch(address):
        raise ValueError(
            _("must be an address that begins with https://, not {address}").format(address=quoted(address))
        )
    if address.lower().split("?")[0].endswith(_NOT_SHOWN):
        raise ValueError(_("must be a PNG or JPEG: many mail programs show no SVG, WebP or AVIF"))
    return address


def logo_file(text: str) -> str:
    """A path below the workspace."""
    path = PurePosixPath(one_line(text, longest=500).replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts:
        raise ValueError(_("must be a file in the workspace, such as 'logo.png', not {text}").format(text=quoted(text)))
    return path.as_posix()


def _legible(read: str, backgrounds: tuple[str, ...], nearest: str, said: str) -> str:
    found = least_contrast(read, backgrounds)
    if found < LEGIBLE:
        shown = int(found * 10) / 10  # never rounded up to what would pass
        raise ValueError(said.format(colour=read, contrast=shown, least=LEGIBLE, nearest=nearest))
    return read


LightAccent = Annotated[str, AfterValidator(light_accent)]
DarkAccent = Annotated[str, AfterValidator(dark_accent)]
LogoAddress = Annotated[str, AfterValidator(logo_address)]
LogoFile = Annotated[str, AfterValidator(logo_file)]


class LogoKeys(Keys):
    model_config = ConfigDict(title="Logo")

    url: LogoAddress | None = Field(default=None, description="Where the image lies: https, PNG or JPEG.")
    file: LogoFile | None = Field(
        default=None,
        description="In place of url: an image in the workspace, which is made small and carried inside the mails.",
    )
    width: Annotated[StrictInt, Field(ge=16, le=WIDEST)] = Field(
        default=180, description="How wide readers see it, in pixels; half its own width looks sharp."
    )
    alt: Texts = Field(description="What is read where no image is shown, in each language: mostly the name.")

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.url is None) == (self.file is None):
            raise ValueError(_("must have one of url and file: where the image lies"))
        return self


class BrandKeys(Keys):
    model_config = ConfigDict(title="Brand")

    accent: LightAccent = Field(default=Brand().accent, description="The colour of links and headings, in quotes.")
    accent_dark: DarkAccent | None = Field(
        default=None, description="The same in dark mode. Left out: accent, lightened until it is easily read."
    )
    font: Typeface = Field(default=Typeface.SERIF, description="The typeface of the titles: serif or sans.")
    logo: LogoKeys | None = Field(default=None, description="The image at the head of every mail.")
    footer: Texts | None = Field(default=None, description="A line for the foot of every mail, in each language.")


def brand_of(keys: BrandKeys) -> Brand:
    logo = keys.logo
    plain = Brand()
    dark = plain.accent_dark if keys.accent == plain.accent else nearest_lighter(keys.accent, DARK, COMFORTABLE)
    return Brand(
        accent=keys.accent,
        accent_dark=keys.accent_dark or dark,
        font=keys.font,
        logo=None
        if logo is None
        else Logo(url=logo.url or "", width=logo.width, alt=localised(logo.alt), file=logo.file),
        footer=None if keys.footer is None else localised(keys.footer),
    )


def brand_mistakes(brand: Mapping[str, Any]) -> Iterator[Mistake]:
    for key in ("accent", "accent_dark"):
        if key in brand and brand[key] is None:  # what follows a bare '#' is a comment, and nobody would notice
            path = ("publisher", "brand", key)
            yield Mistake(path, _("is empty; a colour stands in quotes, as in '#0b5a64'"), at_key=True)
