"""Contract files: what they promise, and how a wrong one is refused."""

from __future__ import annotations

import json
import re
from importlib import resources
from pathlib import Path

import jsonschema
import pytest
import yaml

from data_contracts.codes import codes_of, problem_codes, serious_codes
from data_contracts.contract import TABLES_FOLDER, ContractError, contract_names, load_contract, read_contract

CHINESE = re.compile("[\u4e00-\u9fff]")


def changed(tmp_path: Path, old: str, new: str) -> Path:
    text = (TABLES_FOLDER / "penalties.yaml").read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "penalties.yaml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


def test_nineteen_tables_have_a_contract() -> None:
    assert contract_names() == (
        "annual_reports", "codes", "commitments", "complaints", "entities", "evaluations", "inspections",
        "intellectual_property", "judicial", "key_persons", "licences", "listings", "penalties", "products",
        "public_opinion", "registry_changes", "relations", "tax_social", "violations",
    )  # fmt: skip


@pytest.mark.parametrize("table", contract_names())
def test_a_contract_keeps_the_published_json_schema(table: str) -> None:
    schema = json.loads(
        resources.files("open_data_contract_standard").joinpath("schema.json").read_text("utf-8")
    )
    document = yaml.safe_load((TABLES_FOLDER / f"{table}.yaml").read_text(encoding="utf-8"))
    jsonschema.validate(document, schema)


@pytest.mark.parametrize("table", contract_names())
def test_every_table_has_both_clocks_a_key_and_names_in_two_languages(table: str) -> None:
    contract = load_contract(table)
    if table != "codes":
        assert contract.clock("known") == "known_on"
        assert contract.versioned or contract.clock("occurred") == "occurred_on"
    assert all(contract.column(name).required for name in contract.key)
    assert all(column.label_zh and column.meaning for column in contract.columns)


@pytest.mark.parametrize("table", contract_names())
def test_every_column_has_a_name_in_chinese_and_every_number_a_unit(table: str) -> None:
    for column in load_contract(table).columns:
        assert CHINESE.search(column.label_zh), column.name
        assert (column.unit is not None) == (column.kind in {"integer", "number"}), column.name
        assert column.unit is None or CHINESE.search(column.unit), column.name


@pytest.mark.parametrize("table", contract_names())
def test_every_column_says_who_makes_it_who_hands_it_over_and_who_answers_for_it(table: str) -> None:
    for column in load_contract(table).columns:
        for owner in (column.source.produced_by, column.source.provided_by, column.source.responsible):
            assert CHINESE.search(owner), (column.name, owner)
            assert re.search("[a-z]", owner), (column.name, owner)


def test_a_column_made_elsewhere_names_its_own_producer() -> None:
    contract = load_contract("tax_social")
    assert contract.column("tax_paid_fen").source == contract.source
    insured = contract.column("insured_employees").source
    assert insured.produced_by.startswith("人力资源社会保障部门")
    assert insured.provided_by == contract.source.provided_by


EVENTS = [table for table in contract_names() if load_contract(table).clock("occurred")]


def test_all_tables_but_entities_and_codes_hold_events() -> None:
    assert set(contract_names()) - set(EVENTS) == {"codes", "entities"}


@pytest.mark.parametrize("table", EVENTS)
def test_a_table_of_events_can_be_corrected_withdrawn_and_repaired(table: str) -> None:
    contract = load_contract(table)
    retracted, superseded = contract.columns[-2:]
    assert (retracted.name, retracted.kind, retracted.required) == ("retracted", "boolean", False)
    assert (superseded.name, superseded.clock, superseded.computed) == ("superseded_on", "superseded", True)
    assert contract.clock("forgotten") == "forgotten_on"
    assert contract.column("entity_id").refers_to == "entities.entity_id"
    assert (contract.clock("ended") is None) == (contract.clock("end_known") is None)
    assert {column.name for column in contract.columns if column.computed} == {"superseded_on"}
    assert contract.latency_days is not None


@pytest.mark.parametrize("table", EVENTS)
def test_a_table_of_events_has_the_four_rules_of_clocks(table: str) -> None:
    names = [rule.name for rule in load_contract(table).rules]
    assert names[:4] == [
        "known_before_it_happened", "known_in_future", "forgotten_before_it_happened", "implausibly_old",
    ]  # fmt: skip
    intervals = {"ended_before_it_began", "end_without_knowledge", "end_known_in_future"}
    assert intervals <= set(names) or load_contract(table).clock("ended") is None


def test_late_facts_name_the_day_they_became_known() -> None:
    dated = {
        f"{table}.{column.name}": column.dated_by
        for table in contract_names()
        for column in load_contract(table).columns
        if column.dated_by
    }
    assert dated == {
        "commitments.outcome": "end_known_on",
        "complaints.outcome": "outcome_known_on",
        "licences.end_reason": "end_known_on",
        "violations.corrected_on": "corrected_on",
    }


def test_money_is_whole_fen_everywhere() -> None:
    money = [c for table in contract_names() for c in load_contract(table).columns if c.name.endswith("_fen")]
    assert len(money) == 16
    assert {(column.kind, column.unit) for column in money} == {("integer", "fen 分")}


def test_ten_result_codes_of_which_seven_are_problems_and_three_serious() -> None:
    assert len(codes_of("inspections", "result_codes")) == 10
    assert problem_codes() == {
        "disclosure_missing", "disclosure_false", "unreachable", "uncooperative", "ordered_to_stop",
        "ordered_to_correct", "problem_pending",
    }  # fmt: skip
    assert serious_codes() == {"uncooperative", "ordered_to_stop", "problem_pending"}


def test_the_inspector_is_personal_data() -> None:
    assert load_contract("inspections").column("inspector").classification == "personal"


def test_an_unknown_key_anywhere_is_refused_with_the_nearest_name(tmp_path: Path) -> None:
    path = changed(tmp_path, "  required: true", "  requird: true")
    with pytest.raises(ContractError, match=r"properties\[0\]\.requird \(did you mean 'required'\?\)"):
        read_contract(path)


def test_an_unknown_top_key_is_refused_with_the_nearest_name(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match=r"penalties\.yaml\.statuss \(did you mean 'status'"):
        read_contract(changed(tmp_path, "status: active", "statuss: active"))


def test_an_unknown_custom_property_is_refused_with_the_nearest_name(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match=r"'multy' \(did you mean 'multi'"):
        read_contract(changed(tmp_path, "property: multi,", "property: multy,"))


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("classification: public", "classification: publik", r"classification of .+ got 'publik' \(did you"),
        ("    classification: public\n", "", r"classification of penalties\.yaml\.penalty_id .+ got None"),
        ("value: occurred}", "value: occured}", r"clock of .+ got 'occured' \(did you mean 'occurred'"),
        ("value: penalty_kinds}", "value: penalty_kind}", r"code_table of .+ \(did you mean 'penalty_kinds'"),
        ("entities.entity_id}", "entities.entity}", r"got 'entities\.entity' \(did you mean 'entity_id'"),
        ("entities.entity_id}", "entitie.entity_id}", r"got 'entitie\.entity_id' \(did you mean 'entities'"),
        ("entities.entity_id}", "entities}", r"refers_to of .+ as table\.column; got 'entities'"),
        (
            "{property: clock, value: forgotten}",
            "{property: dated_by, value: occured_on}",
            r"dated_by of penalties\.yaml\.forgotten_on .+ got 'occured_on' \(did you mean 'occurred_on'",
        ),
        (
            "{property: multi, value: true}",
            "{property: computed, value: true}",
            r"computed column 'kinds' .+ got required: true",
        ),
        ("property: produced_by,", "property: responsible,", r"who produces.+got nothing for produced_by"),
        ("latency, value: 20, unit: d", "latency, value: 3, unit: m", r"got value 3, unit 'm'"),
        ("frequency, value: 1, unit: d", "frequency, value: 1, unit: w", r"unit of .+ got 'w'"),
    ],
)  # fmt: skip
def test_a_property_that_names_nothing_is_refused(tmp_path: Path, old: str, new: str, told: str) -> None:
    with pytest.raises(ContractError, match=told):
        read_contract(changed(tmp_path, old, new))


def test_an_unknown_type_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match=r"got 'integr' \(did you mean 'integer'"):
        read_contract(changed(tmp_path, "logicalType: integer", "logicalType: integr"))


def test_a_rule_about_a_column_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match=r"column 'known_onn'"):
        read_contract(
            changed(tmp_path, "property: column, value: known_on", "property: column, value: known_onn")
        )


def test_a_file_that_is_no_yaml_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "broken.yaml"
    path.write_text("a: [1, 2", encoding="utf-8")
    with pytest.raises(ContractError, match=r"Expected broken\.yaml to be YAML in UTF-8; got .+ To do: "):
        read_contract(path)


def test_a_list_instead_of_a_mapping_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "list.yaml"
    path.write_text("- a\n", encoding="utf-8")
    with pytest.raises(ContractError, match="got list"):
        read_contract(path)


def test_an_unknown_table_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(ContractError, match=r"'penalty' \(did you mean 'penalties'"):
        load_contract("penalty")


def test_an_unknown_column_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(ContractError, match=r"'fine_fem' \(did you mean 'fine_fen'"):
        load_contract("penalties").column("fine_fem")
