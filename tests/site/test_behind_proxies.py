"""Debian's nginx and Caddy before the pages, with the lines that the manual prints."""

import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import time
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path

import pytest
from site_office import BEN, MAX

PROGRAM = Path(sys.executable).with_name("digest")
PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "put-the-pages-on-the-web.md"
AROUND = """
daemon off; master_process off; pid {folder}/pid; error_log stderr;
events {{}}
http {{
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
{server}
}}
"""
PATIENCE = 60  # seconds, of a busy machine
NAME = "bulletin.example.org"
CADDY = "{{\n admin off\n auto_https disable_redirects\n}}\n{site}"
KEY = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=bulletin.example.org"]


def program(name, package):
    found = shutil.which(name, path="/usr/sbin:/usr/bin")
    if found is None:
        missing = f"{name} is missing: install it with `apt-get install -y {package}`, or run `make debian` as root"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    return found


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def asked(port, path, data=None):
    """As a browser does who was led to this machine by the name of the pages."""
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    with closing(HTTPConnection(NAME, port, timeout=20)) as connection:
        connection.sock = trusting.wrap_socket(socket.create_connection(("127.0.0.1", port), 20), server_hostname=NAME)
        connection.request("GET" if data is None else "POST", path, data, {"Host": NAME})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


def answering(port):
    until = time.monotonic() + PATIENCE
    while True:
        try:
            return asked(port, "/health")
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)


@contextmanager
def started(*command, **how):
    with subprocess.Popen(command, stderr=subprocess.DEVNULL, **how) as process:
        try:
            yield
        finally:
            process.terminate()


@pytest.fixture
def certificate(tmp_path):
    key, found = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(["openssl", *KEY, "-keyout", key, "-out", found], check=True, capture_output=True)
    return found, key


@pytest.fixture
def behind(office):
    """The port of the pages themselves."""
    port = free_port()
    command = [PROGRAM, "-C", office.folder, "serve", "--port", str(port)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as pages:
        try:
            assert pages.stderr.readline()
            yield port
        finally:
            pages.terminate()


def test_the_lines_of_the_manual_let_readers_in_and_keep_floods_out(office, behind, certificate, tmp_path):
    nginx, caddy = program("nginx", "nginx-light"), program("caddy", "caddy")
    port = free_port()
    (printed,) = re.findall(r"```nginx\n(.*?)```", PAGE.read_text(), re.DOTALL)
    server = printed.replace("listen 443 ssl", f"listen 127.0.0.1:{port} ssl").replace(":8080", f":{behind}")
    server = re.sub(r"(ssl_certificate) +\S+;", rf"\1 {certificate[0]};", server)
    server = re.sub(r"(ssl_certificate_key) +\S+;", rf"\1 {certificate[1]};", server)
    (tmp_path / "nginx.conf").write_text(AROUND.format(folder=tmp_path, server=server))
    with started(nginx, "-c", tmp_path / "nginx.conf"):
        lets_in(office, port, BEN)
        flood = [asked(port, "/en/subscribe/", b"address=x")[0] for _ in range(20)]
        assert flood.count(400) <= 12
        assert 503 in flood
    port = free_port()
    (printed,) = re.findall(r"```\n(bulletin\.example\.org \{.*?)```", PAGE.read_text(), re.DOTALL)
    site = printed.replace("example.org {", f"example.org:{port} {{\n tls {certificate[0]} {certificate[1]}\n", 1)
    (tmp_path / "Caddyfile").write_text(CADDY.format(site=site.replace(":8080", f":{behind}")))
    home = {**os.environ, "HOME": str(tmp_path)}
    with started(caddy, "run", "--config", tmp_path / "Caddyfile", "--adapter", "caddyfile", env=home):
        lets_in(office, port, MAX)


def lets_in(office, port, reader):
    assert answering(port) == (200, "ok\n")
    assert "monthly/2018-07" in asked(port, "/en/")[1]
    assert asked(port, "/metrics")[0] == 404
    leave = f"/leave/{office.token(reader)}"
    # The pages hang up on what Caddy is still handing on to them: either of the two is the first to refuse it.
    assert asked(port, leave, b"a" * 100_000)[0] in (413, 502)
    assert asked(port, leave, b"List-Unsubscribe=One-Click")[0] == 200
    assert office.gets(reader) == {}
