"""A server that speaks TLS under any name, reached as clients reach GitHub: on port 443.

Clients that know no other port are sent through a proxy, which leads whatever they ask for there.
"""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.utils import timezone

PEM, NO_SECRET = serialization.Encoding.PEM, serialization.NoEncryption()


def certificate(folder: Path, host: str) -> tuple[Path, Path]:
    """Write a certificate that vouches for itself, and its key."""
    key, now = ec.generate_private_key(ec.SECP256R1()), timezone.now()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "server.crt", folder / "server.key"
    paths[0].write_bytes(made.public_bytes(PEM))
    kind = serialization.PrivateFormat.PKCS8
    paths[1].write_bytes(key.private_bytes(PEM, kind, NO_SECRET))
    return paths


@contextmanager
def leading_to(port: int) -> Iterator[str]:
    """Give the address of a proxy that leads every connection to this port."""

    class Led(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            while self.rfile.readline().strip():
                pass  # CONNECT and its headers
            with socket.create_connection(("127.0.0.1", port)) as there:
                self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
                back = threading.Thread(target=pour, args=(there, self.connection), daemon=True)
                back.start()
                pour(self.connection, there)
                back.join(30)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Led) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def pour(source: Any, target: Any) -> None:
    """Hand on what comes until it ends."""
    try:
        while data := source.recv(65_536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        return  # the other side has gone
