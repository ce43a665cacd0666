"""What the object roster takes of the lake as known on its day: capital, licences, what marks need."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from data_contracts.lake import Lake
from features.as_of import AsOf, known_entities, known_rows
from features.catalogue.complaints import genuine
from features.catalogue.inspections import seen
from serving.ledger.database import Ledger
from serving.rosters.derived_marks import FACTS, REGISTER_COLUMNS, derive_marks
from serving.rosters.importing import preset_folder
from serving.rosters.mark_lists import ListedMarks, current_list
from serving.rosters.mark_rules import MarkRules, read_mark_rules
from serving.rosters.marks import in_force, ordered
from serving.rosters.objects import ObjectRoster, Origin, build_objects
from serving.rosters.tag_rules import TagRules, read_tag_rules

if TYPE_CHECKING:
    from features.engines.on_duckdb import DuckEngine

TAGS_FILE, MARK_RULES_FILE = "tags.toml", "marks.toml"
OBJECTS_FOLDER, LISTS_FOLDER = "objects", "mark-lists"
_CAPITAL = "registered_capital_fen"
_NO_LICENCES = pa.table({"entity_id": pa.array([], pa.string()), "kind": pa.array([], pa.string())})


class GradedEntities(Protocol):
    """What the object roster needs of a grade register."""

    @property
    def path(self) -> Path:
        """Its Parquet file."""

    @property
    def digest(self) -> str:
        """The digest of the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFiles:
    """The files that tags, and marks if there are rules of marks, follow from."""

    tags: Path
    marks: Path | None


def rule_files(preset: str) -> RuleFiles:
    """Those of a preset; raises RosterFileRefused where there is none of that name."""
    return rules_beside(preset_folder(preset) / TAGS_FILE)


def rules_beside(tags: Path, marks: Path | None = None) -> RuleFiles:
    """Rules of tags with those of marks, by default those that lie beside them."""
    beside = tags.parent / MARK_RULES_FILE
    return RuleFiles(tags=tags, marks=marks or (beside if beside.is_file() else None))


def objects_by_rules(
    ledger: Ledger,
    register: GradedEntities,
    lake: Lake,
    as_of: AsOf,
    files: RuleFiles,
    *,
    city_folder: Path,
    memory_limit: str,
) -> ObjectRoster:
    """The object roster of a register by rule files and the list of marks in use, kept in `city_folder`."""
    return objects_of_city(
        register,
        lake,
        as_of,
        read_tag_rules(files.tags),
        folder=city_folder / OBJECTS_FOLDER,
        memory_limit=memory_limit,
        mark_rules=read_mark_rules(files.marks) if files.marks else None,
        listed=current_list(ledger, lake.city, lists=city_folder / LISTS_FOLDER),
    )


def objects_of_city(
    register: GradedEntities,
    lake: Lake,
    as_of: AsOf,
    rules: TagRules,
    *,
    folder: Path,
    memory_limit: str,
    mark_rules: MarkRules | None = None,
    listed: ListedMarks | None = None,
) -> ObjectRoster:
    """The object roster of a register below `folder`; what the lake tells is what was known on its day.

    Marks are those of the rules and of the city's own list that are in force on that day.
    """
    # The engine comes with its libraries: a service that builds no roster goes without.
    from features.engines.on_duckdb import open_engine  # noqa: PLC0415

    with open_engine(lake, memory_limit=memory_limit) as engine:
        known = known_entities(engine.tables["entities"], as_of)
        capital = engine.frame(known.select("entity_id", _CAPITAL))
        licences = _NO_LICENCES
        if "licences" in lake.tables:
            rows = known_rows("licences", engine.tables["licences"], as_of)
            licences = engine.frame(rows.filter(rows.open_now).select("entity_id", "kind"))
        facts = _facts(engine, as_of) if mark_rules else None
    columns = [name for name in REGISTER_COLUMNS if name != _CAPITAL]
    entities = pq.read_table(register.path, columns=columns)
    places = pc.index_in(entities["entity_id"], capital["entity_id"].combine_chunks())
    entities = entities.append_column(_CAPITAL, capital[_CAPITAL].combine_chunks().take(places))
    borne = [listed.table] if listed else []
    if mark_rules and facts is not None:
        borne.append(derive_marks(entities, licences, facts, mark_rules, day=as_of.on))
    origin = Origin(
        city=lake.city,
        as_of=as_of.on.isoformat(),
        register_digest=register.digest,
        lake_digest=lake.digest,
        mark_rules_digest=mark_rules.digest if mark_rules else "",
        mark_list_digest=listed.digest if listed else "",
    )
    marks = in_force(ordered(borne), as_of.on) if borne else None
    return build_objects(entities, licences, rules, origin=origin, folder=folder, marks=marks)


def _facts(engine: DuckEngine, as_of: AsOf) -> pa.Table:
    """The entities about which something of FACTS is known, with the last day of each."""
    days = [pa.field(name, pa.date32()) for name in FACTS]
    found = [pa.schema([pa.field("entity_id", pa.string()), *days]).empty_table()]
    for source, last_days in (("inspections", _inspected), ("complaints", _complained)):
        if source in engine.tables:
            found.append(engine.frame(last_days(known_rows(source, engine.tables[source], as_of))))
    facts = pa.concat_tables(found, promote_options="default")
    # An entity may stand in both sources: each of its days comes from one of them.
    merged = facts.group_by("entity_id").aggregate([(name, "max") for name in FACTS])
    return merged.select(["entity_id", *(f"{name}_max" for name in FACTS)]).rename_columns(
        ["entity_id", *FACTS]
    )


def _inspected(rows: ir.Table) -> ir.Table:
    """Of each entity the last inspection with a recorded result, with a problem, with a serious one."""
    rows = seen(rows)
    return rows.group_by("entity_id").aggregate(
        inspected_on=rows.happened_on.max(where=rows.recorded),
        problem_on=rows.happened_on.max(where=rows.problem),
        serious_on=rows.happened_on.max(where=rows.serious),
    )


def _complained(rows: ir.Table) -> ir.Table:
    """Of each entity the last genuine complaint or report that is not dismissed, and that was upheld."""
    rows = rows.filter(genuine(rows))
    dismissed = rows.outcome.isin(("rejected", "not_accepted")).fill_null(False)
    return rows.group_by("entity_id").aggregate(
        complaint_on=rows.happened_on.max(where=~dismissed),
        upheld_on=rows.happened_on.max(where=(rows.outcome == "upheld").fill_null(False)),
    )
