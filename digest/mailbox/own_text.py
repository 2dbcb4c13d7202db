"""Own text: what the writer of a mail wrote themselves, without what they quote and without their signature."""

import re
from email.message import Message
from html.parser import HTMLParser

from digest.mailbox import opening

MOST_LINES = 12

_QUOTING = re.compile(
    r"^\W*(?:(?:on|el|le|am|em|il|en)\b.{0,250}(?:wrote|escribi[oó]|a [eé]crit|schrieb|escreveu|ha scritto)\s*:?"
    r"|[-_*= ]{2,}\s*(?:original message|mensaje original|forwarded message|mensaje reenviado|message d.origine"
    r"|urspr).*"
    r"|begin forwarded message.*|(?:from|de|von|da|sent|enviado(?: el)?)\s*:\s.{0,250})$",
    re.IGNORECASE,
)
_RULE = re.compile(r"^[-_=*]{3,}$")
_SIGNATURE = re.compile(
    r"^(?:--|—)\s*$|^(?:sent from|enviado desde|get outlook|obtener outlook|descarga outlook|sent with)\b",
    re.IGNORECASE,
)


def own_lines(message: Message) -> list[str]:
    """The first lines, without empty ones."""
    found: list[str] = []
    lines = [line.strip() for line in _text(message).split("\n")]
    lines = [line for line in lines if line][:200]
    for number, line in enumerate(lines):
        after = lines[number + 1] if number + 1 < len(lines) else ""
        if line.startswith(">"):
            continue
        if _QUOTING.match(line) or (
            not after.startswith(">") and _QUOTING.match(f"{line} {after}"[:400]) and _begins(line)
        ):
            if any(later.startswith(">") for later in lines[number + 1 : number + 3]):
                continue  # what is quoted is marked, so more of their own may follow
            break
        if _RULE.match(line) or _SIGNATURE.match(line):
            break
        found.append(line)
        if len(found) == MOST_LINES:
            break
    return found


def _begins(line: str) -> bool:
    """Whether it is the first half of `On …, … wrote:`."""
    return re.match(r"(?:on|el|le|am|em)\b.*(?:\d{4}|<)", line, re.IGNORECASE) is not None


def _text(message: Message) -> str:
    shown = [part for part in opening.parts(message) if not part.is_multipart() and not _is_attached(part)]
    for wanted in ("text/plain", "text/html"):
        for part in shown:
            if opening.kind(part) == wanted:
                text = opening.text_of(part)
                return text if wanted == "text/plain" else _without_markup(text)
    return ""


def _is_attached(part: Message) -> bool:
    return opening.value(part, "content-disposition").lower().startswith("attachment")


class _Lines(HTMLParser):
    """Collects the text before the first quotation."""

    BLOCKS = frozenset(("p", "div", "br", "tr", "li", "h1", "h2", "h3", "h4", "table", "ul", "ol", "body"))
    UNSEEN = frozenset(("head", "style", "script", "title"))

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self.unseen = 0
        self.is_over = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        marks = " ".join(value or "" for name, value in attrs if name in ("class", "id"))
        if tag in ("blockquote", "hr") or re.search(
            r"gmail_quote|divRplyFwdMsg|appendonsend|yahoo_quoted|moz-cite", marks
        ):
            self.is_over = True
        self.unseen += tag in self.UNSEEN
        if tag in self.BLOCKS:
            self.pieces.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self.unseen = max(0, self.unseen - (tag in self.UNSEEN))
        if tag in self.BLOCKS:
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        if not (self.is_over or self.unseen):
            self.pieces.append(" ".join(data.split(" ")) if data.strip() else " ")


def _without_markup(html: str) -> str:
    lines = _Lines()
    try:
        lines.feed(html)
    except Exception:  # noqa: BLE001 – what was understood so far is enough
        return ""
    return "\n".join(" ".join(line.split()) for line in "".join(lines.pieces).split("\n"))
