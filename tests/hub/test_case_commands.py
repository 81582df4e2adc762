"""A command of the registers says that it did what it did not, or leaves something behind."""

from io import BytesIO
from pathlib import Path

import pytest
import pyzipper
from typer.testing import CliRunner, Result

from hub.cli import app
from tests.support.hub_site import PHOTO, HubSite

LINE = "missing,GD 7/2026,male,2014-01,2014-12,police-order,রহিম; Rahim,{photo}\n"
HEAD = "register,reference,sex,born_from,born_to,legal_basis,names,photos\n"


@pytest.fixture
def site(tmp_path: Path) -> HubSite:
    return HubSite(tmp_path, units=())


def run(site: HubSite, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["--config", str(site.config), "case", *arguments])


def test_dry_run_of_a_file_registers_or_the_import_does_not(site: HubSite, tmp_path: Path) -> None:
    file = tmp_path / "cases.csv"
    file.write_text(HEAD + LINE.format(photo=PHOTO.name), encoding="utf-8")
    photos = ("--photos", str(PHOTO.parent))
    tried = run(site, "import", str(file), "--dry-run", *photos)
    assert "1 cases would be taken" in tried.output
    assert "GD 7" not in run(site, "list").output
    assert "1 cases were taken" in run(site, "import", str(file), *photos).output
    assert "GD" in run(site, "list", "rahim").output
    assert "GD" not in run(site, "list", "Sunita").output
    again = run(site, "import", str(file), *photos)
    assert "line 2: The reference is already" in again.output
    assert again.exit_code == 1


def test_template_is_refused_by_the_import(site: HubSite, tmp_path: Path) -> None:
    file = tmp_path / "template.csv"
    assert run(site, "template", str(file)).exit_code == 0
    assert "1 cases would be taken" in run(site, "import", str(file), "--dry-run").output


def test_erased_case_is_exported_or_its_record_not_shown(site: HubSite, tmp_path: Path) -> None:
    facts = (
        "--reference",
        "GD 1",
        "--sex",
        "male",
        "--born-from",
        "2014-01",
        "--born-to",
        "2014-06",
        "--name",
        "Rahim",
    )
    case = run(site, "add", "--photo", str(PHOTO), *facts, "--name", "Rahim").output.split()[-1]
    exported = run(site, "export", case, str(tmp_path), "--for", "court").output
    (copy,) = tmp_path.glob("case-*.zip")
    with pyzipper.AESZipFile(BytesIO(copy.read_bytes())) as archive:
        archive.setpassword(exported.split()[-1].encode())
        assert b"Rahim" in archive.read("case.json")
    ended = run(site, "erase", case, "--reason", "family-asked").output
    assert "photographs" in ended
    assert "outstanding" in run(site, "erasures", case).output
    assert "Rahim" not in run(site, "list").output
    assert run(site, "close", case, "--reason", "reunited").exit_code != 0


def test_exported_register_does_not_come_in_again_or_everyone_can_read_it(site: HubSite, tmp_path: Path) -> None:
    file = tmp_path / "cases.csv"
    file.write_text(HEAD + LINE.format(photo=""), encoding="utf-8")
    assert run(site, "import", str(file)).exit_code == 0
    out = tmp_path / "out.csv"
    assert run(site, "export-csv", str(out), "--register", "found").exit_code == 0
    assert "GD 7" not in out.read_text("utf-8-sig")
    assert run(site, "export-csv", str(out)).exit_code == 0
    assert out.stat().st_mode & 0o777 == 0o600
    assert "The reference is already" in run(site, "import", str(out), "--dry-run").output
    assert run(site, "export-csv", str(out), "--state", "lost").exit_code == 1
