"""Cached templates that others could read, that are damaged, or that belong to another pack."""

import os
import sqlite3
import stat
from pathlib import Path

import numpy as np
import pytest

from evaluation.cache import TemplateCache, default_cache_path
from evaluation.errors import CacheRefusedError

PACK, OTHER = "a" * 64, "b" * 64
PHOTO, FACELESS, UNSEEN = "1" * 64, "2" * 64, "3" * 64
VECTOR = np.array([0.6, 0.8], np.float32)


def _filled(folder: Path, pack: str = PACK) -> Path:
    with TemplateCache(folder, pack, 2) as cache:
        cache.put([(PHOTO, VECTOR), (FACELESS, None)])
    return folder / f"{pack}.sqlite"


def test_what_was_kept_is_found_after_the_program_ended(tmp_path: Path) -> None:
    _filled(tmp_path / "cache")
    with TemplateCache(tmp_path / "cache", PACK, 2) as cache:
        found = cache.find([PHOTO, FACELESS, UNSEEN])
    assert set(found) == {PHOTO, FACELESS}
    kept = found[PHOTO]
    assert kept is not None
    assert kept.tolist() == VECTOR.tolist()
    assert found[FACELESS] is None


def test_template_of_another_pack_is_never_found(tmp_path: Path) -> None:
    _filled(tmp_path / "cache")
    with TemplateCache(tmp_path / "cache", OTHER, 2) as cache:
        assert cache.find([PHOTO]) == {}


def test_nobody_else_can_open_the_folder_or_the_file(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        file = _filled(tmp_path / "deep" / "cache")
    finally:
        os.umask(before)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_folder_that_others_can_open_is_refused_and_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "open"
    folder.mkdir(mode=0o755)
    with pytest.raises(CacheRefusedError, match="chmod 700"):
        _filled(folder)
    assert not list(folder.iterdir())


def test_link_to_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir(mode=0o700)
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with pytest.raises(CacheRefusedError, match="folder of your own"):
        _filled(tmp_path / "link")


def test_folder_where_a_file_stands_or_nothing_can_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(CacheRefusedError, match=r"cannot be used|folder of your own"):
            _filled(folder)


def test_templates_stay_out_of_backups_and_repositories(tmp_path: Path) -> None:
    folder = _filled(tmp_path / "cache").parent
    assert (folder / "CACHEDIR.TAG").read_text().startswith("Signature: 8a477f597d28d172789f06886806bc55")
    assert (folder / ".gitignore").read_text() == "*\n"


def test_damaged_file_is_refused_with_what_to_do(tmp_path: Path) -> None:
    file = _filled(tmp_path / "cache")
    file.write_bytes(b"not a database" * 100)
    with pytest.raises(CacheRefusedError, match="Delete that file"):
        _filled(file.parent)


@pytest.mark.parametrize("vector", [b"\0" * 8, b"short", np.array([np.nan, 1], "<f4").tobytes()])
def test_numbers_that_are_no_template_are_refused(tmp_path: Path, vector: bytes) -> None:
    file = _filled(tmp_path / "cache")
    with sqlite3.connect(file) as database:
        database.execute("UPDATE templates SET vector = ? WHERE vector IS NOT NULL", (vector,))
    database.close()
    with TemplateCache(file.parent, PACK, 2) as cache, pytest.raises(CacheRefusedError, match="Delete that file"):
        cache.find([PHOTO])


def test_templates_of_an_older_way_to_choose_faces_are_forgotten(tmp_path: Path) -> None:
    file = _filled(tmp_path / "cache")
    with sqlite3.connect(file) as database:
        database.execute("PRAGMA user_version = 0")
    database.close()
    with TemplateCache(file.parent, PACK, 2) as cache:
        assert cache.find([PHOTO]) == {}


def test_full_or_locked_disk_loses_no_earlier_template(tmp_path: Path) -> None:
    file = _filled(tmp_path / "cache")
    with TemplateCache(file.parent, PACK, 2) as cache:
        cache._database.execute("PRAGMA busy_timeout = 1")
        blocker = sqlite3.connect(file, isolation_level=None)
        blocker.execute("BEGIN EXCLUSIVE")
        with pytest.raises(CacheRefusedError, match="locked"):
            cache.put([(UNSEEN, VECTOR)])
        blocker.close()
        assert set(cache.find([PHOTO, FACELESS, UNSEEN])) == {PHOTO, FACELESS}


def test_default_folder_is_the_users_own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_cache_path() == tmp_path / "missing-child-alert" / "evaluation"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_cache_path() == tmp_path / ".cache" / "missing-child-alert" / "evaluation"
