"""Self-signed certificates for servers on loopback."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Certificate:
    """PEM files; `file` is also what a client must trust."""

    file: Path
    key: Path


def self_signed(folder: Path, name: str = "localhost", *, days: int = 30) -> Certificate:
    """For `name` and 127.0.0.1, from yesterday on. With `days` below zero it has expired."""
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
    from cryptography.x509.oid import NameOID

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    ends_at = datetime.now(UTC) + timedelta(days=days)
    names = x509.SubjectAlternativeName([x509.DNSName(name), x509.IPAddress(ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(ends_at - timedelta(days=abs(days) + 1))
        .not_valid_after(ends_at)
        .add_extension(names, critical=False)
        .sign(key, SHA256())
    )
    made = Certificate(folder / "certificate.pem", folder / "key.pem")
    made.file.write_bytes(certificate.public_bytes(Encoding.PEM))
    made.key.touch(0o600)
    made.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return made
