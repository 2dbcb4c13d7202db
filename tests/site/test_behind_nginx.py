"""Debian's nginx before the pages, with the lines that the manual prints."""

import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from site_office import BEN

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
KEY = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=bulletin.example.org"]


@pytest.fixture
def nginx():
    found = shutil.which("nginx", path="/usr/sbin:/usr/bin")
    if found is None:
        missing = "nginx is missing: install it with `apt-get install -y nginx-light`, or run `make debian` as root"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    return found


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def asked(port, path, data=None):
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    request = urllib.request.Request(f"https://127.0.0.1:{port}{path}", data, {"Host": "bulletin.example.org"})
    try:
        with urllib.request.urlopen(request, timeout=20, context=trusting) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, ""


def test_the_lines_of_the_manual_let_readers_in_and_keep_floods_out(office, nginx, tmp_path):
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(["openssl", *KEY, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    (printed,) = re.findall(r"```nginx\n(.*?)```", PAGE.read_text(), re.DOTALL)
    port, behind = free_port(), free_port()
    server = printed.replace("listen 443 ssl", f"listen 127.0.0.1:{port} ssl").replace(":8080", f":{behind}")
    server = re.sub(r"(ssl_certificate) +\S+;", rf"\1 {certificate};", server)
    server = re.sub(r"(ssl_certificate_key) +\S+;", rf"\1 {key};", server)
    (tmp_path / "nginx.conf").write_text(AROUND.format(folder=tmp_path, server=server))
    pages = subprocess.Popen(
        [PROGRAM, "-C", office.folder, "serve", "--port", str(behind)], stderr=subprocess.PIPE, text=True
    )
    with pages, subprocess.Popen([nginx, "-c", tmp_path / "nginx.conf"], stderr=subprocess.DEVNULL) as before:
        try:
            assert pages.stderr.readline()
            for _ in range(100):
                try:
                    assert asked(port, "/health") == (200, "ok\n")
                    break
                except OSError:
                    time.sleep(0.05)
            assert "monthly/2018-07" in asked(port, "/en/")[1]
            assert asked(port, "/metrics")[0] == 404
            token = office.token(BEN)
            assert asked(port, f"/leave/{token}", b"a" * 100_000)[0] == 413
            assert asked(port, f"/leave/{token}", b"List-Unsubscribe=One-Click")[0] == 200
            assert office.gets(BEN) == {}
            flood = [asked(port, "/en/subscribe/", b"address=x")[0] for _ in range(20)]
            assert flood.count(400) <= 12
            assert 503 in flood
        finally:
            before.terminate()
            pages.terminate()
