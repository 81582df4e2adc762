"""`scripts/fuzz TARGET --seconds N`: a campaign over one target, and what it found."""

import argparse
import hashlib
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.fuzz.targets import NAMES, seeds

_ROOT = Path(__file__).parents[2]
_EXECUTIONS = re.compile(r"number_of_executed_units:\s*(\d+)")
# A disk in memory, where there is one: the databases commit for every message.
_MEMORY = Path("/dev/shm")


def campaign(target: str, seconds: int, folder: Path) -> int:
    """0 when nothing was found. `folder` keeps the corpus from one campaign to the next, and what was found."""
    corpus, found = folder / "corpus", folder / "found"
    corpus.mkdir(parents=True, exist_ok=True)
    found.mkdir(exist_ok=True)
    for seed in seeds(target):
        (corpus / hashlib.sha256(seed).hexdigest()).write_bytes(seed)
    before = set(found.iterdir())
    with TemporaryDirectory(dir=_MEMORY if _MEMORY.is_dir() else None) as disk:
        command = [sys.executable, "-m", "tests.fuzz.worker", target, "--seconds", str(seconds)]
        places = ["--corpus", str(corpus), "--found", str(found), "--disk", disk]
        done = subprocess.run([*command, *places], cwd=_ROOT, capture_output=True, text=True, check=False)
    new = sorted(set(found.iterdir()) - before)
    executed = _EXECUTIONS.search(done.stderr)
    if done.returncode or new or executed is None:
        sys.stderr.write(done.stdout[-4000:] + done.stderr[-8000:])
        sys.stderr.write(f"\n{target}: something was found: {', '.join(map(str, new)) or 'no input was kept'}\n")
        return 1
    sys.stdout.write(
        f"{target}: {executed[1]} inputs in {seconds} s, corpus {len(list(corpus.iterdir()))}; no finding\n"
    )
    return 0


def main() -> int:
    """Exit code 1 when something was found, 2 where atheris is not installed."""
    parser = argparse.ArgumentParser(prog="scripts/fuzz", description=__doc__)
    parser.add_argument("target", choices=[*NAMES, "all"])
    parser.add_argument("--seconds", type=int, default=60, help="For each target.")
    parser.add_argument("--folder", type=Path, default=_ROOT / ".fuzz", help="Keeps corpora and findings.")
    options = parser.parse_args()
    if find_spec("atheris") is None:
        sys.stderr.write("atheris is not installed: it has wheels for CPython on Linux (x86-64) alone.\n")
        return 2
    names = NAMES if options.target == "all" else (options.target,)
    return max(campaign(name, options.seconds, options.folder / name) for name in names)


if __name__ == "__main__":
    sys.exit(main())
