"""Logging in with an access token that somebody else renews."""

import faultrunning
import sender
from faultscript import Script


def test_an_access_token_is_read_from_its_file_at_every_login(tmp_path):
    with faultrunning.process(tmp_path / "server", Script(users=(("office", "second"),))) as server:
        more = "  username: office\n  token_file: token\n"
        workspace = sender.sealed(tmp_path / "office", server.port, readers=3, connections=1, more=more)
        token = workspace / "token"
        token.write_text("first\n")
        token.chmod(0o600)
        refused = sender.digest(workspace, "send", "2018-07", "--yes", code=78)
        assert "first" not in refused.stdout + refused.stderr
        assert not server.accepted
        token.write_text("second\n")
        sender.digest(workspace, "send", "2018-07", "--yes")
        assert len(server.accepted) == 3


def test_a_token_that_others_may_read_is_not_used(tmp_path):
    with faultrunning.process(tmp_path / "server", Script(users=(("office", "open"),))) as server:
        more = "  username: office\n  token_file: token\n"
        workspace = sender.sealed(tmp_path / "office", server.port, readers=1, connections=1, more=more)
        (workspace / "token").write_text("open\n")
        (workspace / "token").chmod(0o644)
        said = sender.digest(workspace, "send", "2018-07", "--yes", code=78).stderr
        assert "chmod 600" in said
        assert not server.accepted
