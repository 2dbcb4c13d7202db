"""The wheel, installed into an empty environment outside the checkout, does the main job."""

import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
UV = shutil.which("uv") or str(ROOT / ".boot" / "bin" / "uv")

pytestmark = [pytest.mark.packaging, pytest.mark.xdist_group("packaging")]


PAGE = (ROOT / "docs" / "how-to" / "install.md").read_text(encoding="utf-8")


def run(*command: object, cwd: Path, **more: Path) -> str:
    environment = {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "PYTHONPATH")}
    environment |= {name: str(value) for name, value in more.items()}
    ended = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ended.returncode == 0, f"{command}\n{ended.stdout}\n{ended.stderr}"
    return ended.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """As the page about it says."""
    folder = tmp_path_factory.mktemp("wheel")
    assert "uv build --wheel\n" in PAGE
    run(UV, "build", "--quiet", "--wheel", "--out-dir", folder, ROOT, cwd=folder)
    (wheel,) = folder.glob("bulletin_digest-*.whl")
    assert "uv tool install dist/bulletin_digest-*.whl\n" in PAGE
    places = {"UV_TOOL_DIR": folder / "tools", "UV_TOOL_BIN_DIR": folder / "bin"}
    run(UV, "tool", "install", "--quiet", "--python", sys.executable, wheel, cwd=folder, **places)
    (folder / "venv").symlink_to(folder / "tools" / "bulletin-digest")
    assert (folder / "bin" / "digest").exists()
    return folder


def test_two_builds_of_the_wheel_are_equal_byte_for_byte(installed, tmp_path):
    run(UV, "build", "--quiet", "--wheel", "--out-dir", tmp_path, ROOT, cwd=tmp_path)
    (again,), (wheel,) = tmp_path.glob("*.whl"), installed.glob("*.whl")
    assert again.read_bytes() == wheel.read_bytes()


def test_the_list_of_what_ships_names_every_library_with_its_version(tmp_path):
    file = tmp_path / "sbom.json"
    run(UV, "export", "--quiet", "--frozen", "--offline", "--no-dev", "--format", "cyclonedx1.5", "-o", file, cwd=ROOT)
    found = {one["name"]: one["version"] for one in json.loads(file.read_text())["components"]}
    assert {"sqlalchemy", "jinja2", "lxml", "click"} <= found.keys()
    locked = tomllib.loads((ROOT / "uv.lock").read_text())["package"]
    versions = {package["name"]: package["version"] for package in locked}
    assert {name: versions[name] for name in found} == found
    for package in locked:
        files = [*package.get("wheels", ()), *filter(None, [package.get("sdist")])]
        assert all(file["hash"].startswith("sha256:") for file in files)


def test_the_demo_works_from_the_wheel(installed):
    said = run(installed / "venv" / "bin" / "digest", "demo", installed / "demo", cwd=installed)
    assert "August 2018" in said
    assert (installed / "demo" / "editions" / "index.html").is_file()
    assert len(list((installed / "demo" / "out").rglob("*.eml"))) > 100


def test_a_new_workspace_works_from_the_wheel(installed):
    program = installed / "venv" / "bin" / "digest"
    run(program, "init", "--yes", installed / "office", cwd=installed)
    (installed / "office" / "bulletins" / "one.en.txt").write_text("5 July, 2018\n\nA title\n\nA text.\n")
    run(program, "-C", installed / "office", "build", "--all", cwd=installed)


def test_the_manual_is_in_the_wheel(installed):
    program = installed / "venv" / "bin" / "digest"
    assert "review-by-part" in run(program, "help", cwd=installed)
    assert "Let each office review its part" in run(program, "help", "review-by-part", cwd=installed)


def test_the_wheel_holds_no_tests_and_no_path_of_the_machine_it_was_built_on(installed):
    import zipfile

    (wheel,) = installed.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        assert not [name for name in names if name.startswith(("tests/", "benchmarks/", "docs/"))]
        assert not [name for name in names if str(ROOT).encode() in archive.read(name)]
