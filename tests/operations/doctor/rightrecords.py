"""The records of an office that has published everything right."""

from ipaddress import ip_address
from pathlib import Path

from digest.delivery.dkim.keys import read_keys, record_of
from digest.operations.doctor.network import _own_addresses

RECORDS = """
    news.example.org MX 10 mx.example.org.
    mx.example.org A 192.0.2.10
    _dmarc.example.org TXT v=DMARC1; p=none; rua=mailto:dmarc@example.org
"""


def right_records(folder: Path) -> str:
    """With its keys, and wherever the tests run."""
    keys = [record_of(key, "news.example.org") for key in read_keys(folder / "keys" / "dkim")]
    lines = [RECORDS, *(f"{record.name} TXT {record.value}" for record in keys)]
    own = _own_addresses()
    for address in own:
        reverse = ip_address(address).reverse_pointer
        lines += [f"{reverse} PTR here.example.", f"here.example {'AAAA' if ':' in address else 'A'} {address}"]
    networks = " ".join(f"ip{6 if ':' in each else 4}:{each}" for each in own)
    return "\n".join([*lines, f"news.example.org TXT v=spf1 {networks} -all"])
