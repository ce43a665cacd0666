"""Contract files: what they promise, and how a wrong one is refused."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path

import jsonschema
import pytest
import yaml

from data_contracts.codes import codes_of, problem_codes, serious_codes
from data_contracts.contract import TABLES_FOLDER, ContractError, contract_names, load_contract, read_contract
from data_contracts.document import catalogue_markdown


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


def test_the_catalogue_page_is_in_step_with_the_contracts() -> None:
    page = (TABLES_FOLDER.parent / "CATALOGUE.md").read_text(encoding="utf-8")
    assert page == catalogue_markdown(), (
        "run: python -m data_contracts document > data_contracts/CATALOGUE.md"
    )
