"""Makes an authority and a certificate for localhost: ca.pem, server.pem and server.key in the folder given."""

import datetime
import ipaddress
import os
import sys
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

folder = Path(sys.argv[1])
now = datetime.datetime.now(datetime.timezone.utc)


def made(name, public, issuer, signer, *extensions):
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + datetime.timedelta(days=2))
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return builder.sign(signer, hashes.SHA256())


def name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


authority_key = ec.generate_private_key(ec.SECP256R1())
key = ec.generate_private_key(ec.SECP256R1())
authority = made(
    name("Journey authority"),
    authority_key.public_key(),
    name("Journey authority"),
    authority_key,
    (x509.BasicConstraints(ca=True, path_length=0), True),
)
names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
leaf = made(
    name("localhost"),
    key.public_key(),
    authority.subject,
    authority_key,
    (x509.SubjectAlternativeName(names), False),
    (x509.BasicConstraints(ca=False, path_length=None), True),
    (x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), False),
)
pem = serialization.Encoding.PEM
(folder / "ca.pem").write_bytes(authority.public_bytes(pem))
(folder / "server.pem").write_bytes(leaf.public_bytes(pem))
secret = folder / "server.key"
descriptor = os.open(secret, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
with os.fdopen(descriptor, "wb") as file:
    file.write(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
