"""nginx as operators run it: `deploy/nginx.conf` itself, with only its places changed."""

from __future__ import annotations

import os
import re
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from http.client import HTTPSConnection
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from support.postgres import free_port
from support.prepared import ROOT, Prepared
from support.service import Service

_EXAMPLE = ROOT / "deploy" / "nginx.conf"
_PATIENCE_SECONDS = 30
_AROUND = """\
daemon off;
pid {folder}/nginx.pid;
{user}events {{}}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/consent-server.conf;
}}
"""


class Proxy:
    """One nginx in front of one service, on a loopback port, with a certificate of its own."""

    def __init__(self, program: str, folder: Path, service: Service) -> None:
        self.port = free_port()
        self.trust = ssl.create_default_context()
        self._program = program
        self.folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._write_certificate()
        self.trust.load_verify_locations(folder / "fullchain.pem")
        self._write_settings(service.port)

    def check(self) -> str:
        """Returns what `nginx -t` says."""
        done = subprocess.run(
            [*self._command(), "-t"], capture_output=True, text=True, timeout=30, check=False
        )
        return done.stderr

    def start(self) -> None:
        """Starts it and waits until it answers."""
        self._process = subprocess.Popen(self._command(), cwd=self.folder)
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                with closing(self.connect()) as connection:
                    connection.connect()
                return
            except OSError:
                time.sleep(0.05)
        raise RuntimeError(f"nginx is not ready: {self.check()}")

    def stop(self) -> None:
        """Ends it at once."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)

    def connect(self, client: str = "127.0.0.1") -> HTTPSConnection:
        """Returns a connection of the client that lives at a loopback address."""
        return HTTPSConnection(
            "127.0.0.1", self.port, timeout=30, context=self.trust, source_address=(client, 0)
        )

    def _command(self) -> list[str]:
        folder = str(self.folder)
        return [self._program, "-p", folder, "-c", "main.conf", "-e", f"{folder}/start.log"]

    def _write_settings(self, service_port: int) -> None:
        text = _EXAMPLE.read_text()
        for place, here in {
            r" *listen \[::\].*\n": "",
            r"listen 80;": f"listen 127.0.0.1:{free_port()};",
            r"listen 443 ": f"listen 127.0.0.1:{self.port} ",
            r"127\.0\.0\.1:8000": f"127.0.0.1:{service_port}",
            r"/etc/letsencrypt/live/consent\.example": str(self.folder),
            r"/var/log/nginx": str(self.folder),
        }.items():
            text, changed = re.subn(place, here, text)
            assert changed, f"{_EXAMPLE.name} has no {place}"
        (self.folder / "consent-server.conf").write_text(text)
        user = "user root;\n" if os.geteuid() == 0 else ""
        around = _AROUND.format(folder=self.folder, user=user)
        (self.folder / "main.conf").write_text(around)

    def _write_certificate(self) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "consent.example")])
        address = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(address, critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .sign(key, hashes.SHA256())
        )
        pem = serialization.Encoding.PEM
        (self.folder / "fullchain.pem").write_bytes(certificate.public_bytes(pem))
        (self.folder / "privkey.pem").write_bytes(
            key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        )


@pytest.fixture(scope="module")
def proxied(
    prepared: Prepared, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Proxy, Service]]:
    """A service behind nginx, with a site of https://shop.example."""
    folder = tmp_path_factory.mktemp("proxied")
    service = Service(folder / "home", prepared.libfaketime, {"CONSENT_TRUSTED_PROXIES": "1"})
    service.run_cli("init")
    service.add_site("https://shop.example")
    service.start()
    (folder / "nginx").mkdir()
    proxy = Proxy(prepared.nginx, folder / "nginx", service)
    proxy.start()
    yield proxy, service
    proxy.stop()
    service.kill()
