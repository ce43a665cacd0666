"""`python -m training verify`: fits a release again from its manifest and compares every byte."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table

from data_contracts.environment import Environment
from data_contracts.lake import open_lake
from data_contracts.refusal import Refusal, exit_on_refusal
from features.assembly import definitions
from features.catalogue import CATALOGUE
from features.snapshot import definitions_digest
from models.manifest import Manifest, sha256
from models.registry import LATEST, resolve
from models.release import Release, load_release
from training.commands.made_with import libraries
from training.commands.terminal import City, console, gathered
from training.plan.kept_recipe import recipe_kept_in
from training.release.fitted_model import fit_model
from training.release.model_card import write_card
from training.release.release_writer import contents_of
from training.rows.history import History


class NotRepeatable(Refusal):
    """A release that cannot be fitted again here: its records, indicators or libraries are not these."""


class NotRepeated(Refusal):
    """A release that another fit on the same material did not give."""


def verify_command(
    release: Annotated[str, typer.Argument(help="A release's name, or `latest`.")] = LATEST,
    city: City = None,
) -> None:
    """Fits a release again from its manifest and compares every byte: same records, same recipe, same model.

    Needs the records of the release in the lake and the libraries of its manifest; nothing is written.
    """
    with exit_on_refusal():
        environment = Environment().of_city(city)
        made = load_release(resolve(environment.releases_folder, release))
        lake = open_lake(environment.lake_folder)
        check_material(
            made.manifest,
            lake_digest=lake.digest,
            indicators=definitions_digest(definitions(CATALOGUE)),
            installed=libraries(),
        )
        history = gathered(environment, recipe_kept_in(made.manifest))
        with console.status("Fitting again …"):
            found = digests_again(made, history)
        console.print(_table(made.manifest, found))
        different = [name for name, digest in made.manifest.files.items() if found[name] != digest]
        if different:
            raise NotRepeated(
                expected=f"the bytes of {made.release_id}",
                got=f"others in {', '.join(different)}",
                todo=f"check out {made.manifest.code_commit}, or find what moved since",
            )
        console.print(
            f"[green]{made.release_id} was fitted again bit by bit[/]: {len(found)} files are equal."
        )


def check_material(
    manifest: Manifest, *, lake_digest: str, indicators: str, installed: Mapping[str, str]
) -> None:
    """Refuses a refit on other material, whose result would say nothing."""
    asked = {
        "records (lake digest)": (manifest.lake_digest, lake_digest),
        "definitions of indicators": (manifest.definitions_digest, indicators),
    } | {name: (wanted, installed.get(name, "absent")) for name, wanted in manifest.libraries.items()}
    other = {name: pair for name, pair in asked.items() if pair[0] != pair[1]}
    if other:
        raise NotRepeatable(
            expected="; ".join(f"{name} {wanted[:16]}" for name, (wanted, _) in other.items()),
            got="; ".join(f"{name} {found[:16]}" for name, (_, found) in other.items()),
            todo="admit the records and install the versions that the manifest names, then try again",
        )


def digests_again(made: Release, history: History) -> dict[str, str]:
    """The digest of every file of a second fit."""
    recipe = recipe_kept_in(made.manifest)
    fitted = fit_model(history, recipe)
    card = write_card(history, recipe, fitted, trained_by=made.manifest.trained_by)
    contents = contents_of(fitted, history=history, recipe=recipe, card=card)
    return {name: sha256(content) for name, content in contents.items()}


def _table(manifest: Manifest, found: Mapping[str, str]) -> Table:
    table = Table("file", "in the release", "fitted again", "", box=SIMPLE_HEAD)
    for name, digest in manifest.files.items():
        same = "[green]equal[/]" if found[name] == digest else "[red]different[/]"
        table.add_row(name, digest[:16], found[name][:16], same)
    return table
