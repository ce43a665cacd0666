"""Every environment variable, all beginning with XINHENG_: read by entry points only."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from data_contracts.refusal import Refusal

PREFIX = "XINHENG_"
# The city is part of every path: nothing in it may lead out of the folders.
CITY = r"^[A-Za-z0-9_-]{1,64}$"
RULES = {
    "city": "1 to 64 letters, digits, - or _ as the name of a city",
    "memory_limit": "an amount of memory from 100MB, such as 4GB or 800MB",
    "pseudonym_key": "at least 32 characters as the secret",
    "port": "a whole number from 1 to 65535 as the port",
}


class SettingRefused(Refusal):
    """A setting that is none, from the environment or the command line."""


class Environment(BaseSettings):
    """Where this installation keeps things and who it is; each field is XINHENG_ and its name in capitals."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True)

    city: str = Field(
        default="sandbox", pattern=CITY, description="city that commands work on when --city is not given"
    )
    home: Path = Field(
        default=Path("var"), description="folder of all records: raw files, lake, snapshots, registers"
    )
    releases: Path = Field(
        default=Path("models/releases"), description="folder of model releases and of MLflow's store"
    )
    ledger_url: str | None = Field(
        default=None, description="SQLAlchemy address of the ledger; default SQLite in the city folder"
    )
    host: str = Field(default="127.0.0.1", description="address the service listens on")
    port: int = Field(default=8321, ge=1, le=65535, description="port the service listens on")
    pseudonym_key: SecretStr | None = Field(
        default=None,
        min_length=32,
        description="secret of at least 32 characters that pseudonyms of persons are made with; default a "
        "random file beside the lake",
    )
    memory_limit: str = Field(
        default="4GB",
        pattern=r"^([1-9][0-9]{2,5} ?(MB|MiB)|[1-9][0-9]{0,3} ?(GB|GiB))$",
        description="memory that admission may use before it works on the disk",
    )
    person: str | None = Field(
        default=None, description="who runs the command, as recorded in releases and the ledger"
    )

    def __init__(self, **values: Any) -> None:
        """Reads the environment; a value given here wins. A wrong one is refused by the variable's name."""
        try:
            super().__init__(**values)
        except ValidationError as error:
            fault = error.errors()[0]
            name = str(fault["loc"][0])
            # A secret that is refused is a secret all the same.
            given = f"{len(fault['input'])} of them" if name == "pseudonym_key" else repr(fault["input"])
            raise SettingRefused(
                expected=RULES.get(name, fault["msg"]),
                got=f"{given} in " + ("--" + name if name in values else PREFIX + name.upper()),
                todo="correct it, or leave it out for the default",
            ) from error

    def of_city(self, city: str | None) -> Environment:
        """The same environment for another city, checked like any; None changes nothing."""
        return self if city is None else Environment(**{**dict(self), "city": city})

    @property
    def city_folder(self) -> Path:
        """All records of the city."""
        return self.home / self.city

    @property
    def raw_folder(self) -> Path:
        """Foreign files as they came."""
        return self.city_folder / "raw"

    @property
    def lake_folder(self) -> Path:
        """Admitted tables."""
        return self.city_folder / "lake"

    @property
    def snapshots_folder(self) -> Path:
        """Indicators, one folder for each as-of date."""
        return self.city_folder / "snapshots"

    @property
    def register_folder(self) -> Path:
        """Grade registers."""
        return self.city_folder / "register"

    @property
    def plans_folder(self) -> Path:
        """Bundles of drawn plans."""
        return self.city_folder / "plans"

    @property
    def truth_folder(self) -> Path:
        """What the sandbox city knows about itself; tests and the evaluation notebook read it."""
        return self.city_folder / "truth"

    @property
    def releases_folder(self) -> Path:
        """Model releases of the city."""
        return self.releases / self.city

    @property
    def tracking_url(self) -> str:
        """MLflow's store."""
        return f"sqlite:///{self.releases.resolve()}/mlflow.sqlite"

    @property
    def ledger_address(self) -> str:
        """The ledger's SQLAlchemy address."""
        return self.ledger_url or f"sqlite:///{self.city_folder.resolve()}/ledger.sqlite"
