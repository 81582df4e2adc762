# What the scripts beside this file share: an environment in .venv, and the machine's own programs.
# To be sourced. Everything here may be run again and is quick the second time.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf '%s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"
    elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then sudo -n "$@"
    else return 1
    fi
}

# install_packages PACKAGE... : through apt, with root's rights; where that cannot be, one line says what to do.
install_packages() {
    command -v apt-get >/dev/null && as_root true ||
        fail "Please install: $* (on Debian, Ubuntu or Raspberry Pi OS: sudo apt-get install $*)"
    say "Installing $* ..."
    as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq >/dev/null || true  # An old list may still serve.
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null ||
        fail "Could not install $* through apt-get: please install it by hand."
}

find_python() {
    local name
    for name in "${PYTHON:-}" python3 python3.14 python3.13 python3.12 python3.11; do
        [ -n "$name" ] && command -v "$name" >/dev/null &&
            "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' && { command -v "$name"; return; }
    done
    fail "Python 3.11 or later is needed: install python3, or name one with PYTHON=..."
}

# ensure_environment NAME : .venv holds exactly the versions of requirements/NAME.txt and this project, editable.
# The sets are layers of one lock, so that a smaller set never takes back what a larger one brought.
ensure_environment() {
    local name="$1" python stamp wanted
    wanted=$(cat "requirements/$name.txt" pyproject.toml | sha256sum | cut -d' ' -f1)
    stamp=".venv/installed-$name"
    if [ ! -f "$stamp" ] || [ "$(cat "$stamp")" != "$wanted" ] || ! .venv/bin/python -c '' 2>/dev/null; then
        if ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
            python=$(find_python)
            "$python" -c 'import ensurepip' 2>/dev/null || install_packages python3-venv
            say "Making an environment in .venv ..."
            "$python" -m venv --clear .venv
        fi
        say "Installing the locked packages of requirements/$name.txt ..."
        .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r "requirements/$name.txt" >&2
        .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e . >&2
        printf '%s' "$wanted" > "$stamp"
    fi
    PATH="$PWD/.venv/bin:$PATH"
    export PATH
    ensure_opencv_libraries
}

# OpenCV's package links against a desktop's libraries, which a server or a bare unit lacks.
ensure_opencv_libraries() {
    python -c 'import cv2' 2>/dev/null || install_packages libgl1 libglib2.0-0 libxcb1
}

# Debian keeps servers in /usr/sbin, which a plain user's PATH may lack.
ensure_mosquitto() {
    PATH="$PATH:/usr/sbin:/usr/local/sbin"
    export PATH
    # The hub starts its own; the service that the package may start for itself is not used.
    command -v mosquitto >/dev/null || install_packages mosquitto
}

# A hub may run on it, and the tests do. Debian keeps its servers in a folder for each version; the service that the
# package may start for itself is not used.
ensure_postgresql() {
    compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null || command -v postgres >/dev/null ||
        install_packages postgresql
}

# A TPM in software, and Python's way to it, which is built here. Where that cannot be, its tests are skipped.
ensure_tpm() {
    local stamp=.venv/installed-tpm wanted layer
    wanted=$(cat requirements/tpm-build.txt requirements/tpm.txt | sha256sum)
    [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ] && command -v swtpm >/dev/null && return
    if ! (
        command -v swtpm >/dev/null && command -v gcc >/dev/null && pkg-config --exists tss2-esys 2>/dev/null &&
            .venv/bin/python -c 'import pathlib, sysconfig, sys
sys.exit(not (pathlib.Path(sysconfig.get_path("include")) / "Python.h").exists())' ||
            install_packages swtpm libtss2-dev gcc libc6-dev pkg-config python3-dev
        say "Building the TPM's library ..."
        for layer in tpm-build tpm; do
            .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation \
                --require-hashes -r "requirements/$layer.txt" >&2 || exit 1
        done
        .venv/bin/python -c 'import tpm2_pytss'
    ); then
        say "Without a TPM in software: the tests of the TPM are skipped, and each says what it misses."
        return
    fi
    printf '%s' "$wanted" > "$stamp"
}

# The browser tests' driver is a program of its own, with a library that a small installation lacks.
ensure_browser_driver() {
    .venv/bin/python -c 'import playwright, pathlib, subprocess, sys
driver = pathlib.Path(playwright.__file__).parent / "driver" / "node"
sys.exit(subprocess.run([driver, "--version"], capture_output=True).returncode)' || install_packages libatomic1
}

ensure_chromium() {
    local name
    for name in chromium chromium-browser google-chrome; do
        command -v "$name" >/dev/null && return
    done
    install_packages chromium
}
