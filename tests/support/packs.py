"""Other packs than the built-in one, made from it."""

import shutil
from pathlib import Path

from models.pack import Pack, default_pack_path, load_pack


def changed_pack(folder: Path, old: str = "max_overlap = 0.3", new: str = "max_overlap = 0.31") -> Pack:
    """The built-in pack with one setting changed: an embedding space of its own, which nobody has calibrated."""
    shutil.copytree(default_pack_path(), folder)
    manifest = folder / "manifest.toml"
    text = manifest.read_text()
    assert old in text
    manifest.write_text(text.replace(old, new))
    return load_pack(folder)
