"""The files of firmware_config/ with their blanks filled."""

from importlib.resources import files
from string import Template


def fill(name: str, **values: str | int) -> bytes:
    """A template's text with each `$blank` replaced; a blank without a value is an error of this program."""
    text = files("firmware_config").joinpath(name).read_text(encoding="utf-8")
    return Template(text).substitute(values).encode()
