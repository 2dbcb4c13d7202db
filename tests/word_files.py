"""Word files written by hand: the XML of the body, and of the parts that a test needs."""

import io
import zipfile
from collections.abc import Mapping
from xml.sax.saxutils import escape

NAMES = {
    "w": "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    "r": "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    "m": "http://schemas.openxmlformats.org/officeDocument/2006/math",
    "mc": "http://schemas.openxmlformats.org/markup-compatibility/2006",
    "wp": "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing",
    "a": "http://schemas.openxmlformats.org/drawingml/2006/main",
    "pic": "http://schemas.openxmlformats.org/drawingml/2006/picture",
    "wps": "http://schemas.microsoft.com/office/word/2010/wordprocessingShape",
    "v": "urn:schemas-microsoft-com:vml",
    "o": "urn:schemas-microsoft-com:office:office",
}
SPACES = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in NAMES.items())
RELATIONS = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'
CONTENT_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="xml" ContentType="application/xml"/><Default Extension="png" ContentType="image/png"/>'
    '<Override PartName="/word/document.xml" ContentType="application/vnd.{kind}+xml"/></Types>'
)
WORD = "openxmlformats-officedocument.wordprocessingml.document.main"


def run(text: str, properties: str = "") -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{escape(text)}</w:t></w:r>'


def paragraph(*runs: str, properties: str = "") -> str:
    return (
        f"<w:p><w:pPr>{properties}</w:pPr>{''.join(each if each.startswith('<') else run(each) for each in runs)}</w:p>"
    )


def table(*rows: tuple[str, ...], properties: str = "") -> str:
    """A cell is text, or XML."""
    cells = [[cell if cell.startswith("<") else paragraph(cell) for cell in row] for row in rows]
    written = "".join(f"<w:tr>{''.join(f'<w:tc>{cell}</w:tc>' for cell in row)}</w:tr>" for row in cells)
    return f"<w:tbl><w:tblPr>{properties}</w:tblPr>{written}</w:tbl>"


def word_file(
    body: str,
    parts: Mapping[str, str | bytes] | None = None,
    *,
    relations: str = "",
    kind: str = WORD,
    packed: int = zipfile.ZIP_DEFLATED,
) -> bytes:
    """`parts` are those beside the body, such as `styles`: their XML inside of its root, or bytes as they are."""
    parts = parts or {}
    relate = '<Relationship Id="{0}" Type="{1}/{0}" Target="{0}.xml"/>'
    related = "".join(relate.format(name, NAMES["r"]) for name, part in parts.items() if isinstance(part, str))
    document = f'<Relationship Id="d" Type="{NAMES["r"]}/officeDocument" Target="word/document.xml"/>'
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", packed) as archive:
        archive.writestr("[Content_Types].xml", CONTENT_TYPES.format(kind=kind))
        archive.writestr("_rels/.rels", RELATIONS.format(document))
        archive.writestr("word/document.xml", f"<w:document {SPACES}><w:body>{body}</w:body></w:document>")
        archive.writestr("word/_rels/document.xml.rels", RELATIONS.format(related + relations))
        for name, part in parts.items():
            if isinstance(part, str):
                archive.writestr(f"word/{name}.xml", f"<w:{name} {SPACES}>{part}</w:{name}>")
            else:
                archive.writestr(f"word/{name}", part)
    return file.getvalue()


def related(id_: str, kind: str, target: str, *, external: bool = False) -> str:
    mode = ' TargetMode="External"' if external else ""
    return f'<Relationship Id="{id_}" Type="{NAMES["r"]}/{kind}" Target="{escape(target)}"{mode}/>'
