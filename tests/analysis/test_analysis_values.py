"""Which values die, and which documents: held against what stands in the documents themselves."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from relayed import relays

import domains
from harness import UsageError
from harness.analysis.survival import VALUE_COLUMNS, survival, type_of, values_of, values_table
from harness.analysis.traits import TRAITS, characteristics, cohen, traits
from harness.editors.channel import Channel
from harness.store import Reader

if TYPE_CHECKING:
    import pandas as pd

    from harness import Study


@pytest.fixture(scope="module")
def study() -> Study:
    channels = {"drops": Channel(drop=0.03), "oracle": Channel()}
    return relays(channels, ("accounting", "subtitles"), doc_tokens=250, documents=6, round_trips=4)


@pytest.fixture(scope="module")
def values(study: Study) -> pd.DataFrame:
    return values_table(study)


def counted(domain: str, files: dict[str, str]) -> Counter[tuple[str, str, Any]]:
    return Counter((e.kind, field, value) for _, e, field, value in values_of(domains.get(domain).parse(files)))


def test_every_value_has_a_row(study: Study, values: pd.DataFrame) -> None:
    assert list(values.columns) == list(VALUE_COLUMNS)
    with Reader(study.path) as reader:
        for chain in study.chains:
            own = values[values["chain"] == chain.number]
            assert len(own) == counted(chain.domain, reader.documents(chain.number)[0]).total()
    assert set(values["rarity"]) | set(values["place"]) <= set(range(1, 11))
    assert (values.groupby("chain")["place"].max() == 10).all()


def test_values_died_that_are_no_longer_there(study: Study, values: pd.DataFrame) -> None:
    """A model that only drops: what its last document lacks is what died."""
    with Reader(study.path) as reader:
        for chain in study.chains:
            own = values[values["chain"] == chain.number]
            last = reader.steps(chain.number)[-1]
            if last.score is None:
                assert own["died"].notna().all()
                continue
            seed = reader.documents(chain.number)[0]
            gone = counted(chain.domain, seed) - counted(chain.domain, dict(last.after))
            assert int(own["died"].notna().sum()) == gone.total()


def test_the_share_alive_falls_from_one(values: pd.DataFrame) -> None:
    oracle, drops = (values[values["model"] == f"sim:{name}"] for name in ("oracle", "drops"))
    for curve in survival(oracle, "type").values():
        assert {one.value for one in curve.values()} == {1.0}
    found = survival(drops, "domain")
    assert set(found) == {"accounting", "subtitles"}
    for name, curve in found.items():
        shares = [one.value or 0.0 for one in curve.values()]
        assert list(curve) == [2, 4, 6, 8]
        assert shares == sorted(shares, reverse=True)
        own = drops[drops["domain"] == name]
        plain = own.assign(alive=own["died"].isna()).groupby("document_hash")["alive"].mean().mean()
        assert shares[-1] == pytest.approx(plain)


def test_a_chain_that_stopped_short_counts_as_far_as_it_came(values: pd.DataFrame) -> None:
    drops = values[(values["model"] == "sim:drops") & (values["domain"] == "accounting")].copy()
    short = drops["document"] == drops["document"].iloc[0]
    drops.loc[short, "last"] = 4
    drops.loc[short & (drops["died"] > 4).fillna(False), "died"] = None
    curve = survival(drops, "domain")["accounting"]
    assert [curve[hop].count for hop in (2, 4, 6, 8)] == [6, 6, 5, 5]


def test_sorts_of_values() -> None:
    ledger = domains.get("accounting")
    document = ledger.parse(ledger.fixture(ledger.fixtures()[0]))
    sorts = Counter((field, type_of(ledger, e, field, value)) for _, e, field, value in values_of(document))
    assert sorts["amount", "number"] > 10
    assert sorts["date", "date"] > 10
    assert sorts["account", "identifier"] > 10
    recipe = domains.get("recipe")
    for _, e, field, value in values_of(recipe.parse(recipe.fixture(recipe.fixtures()[0]))):
        if e.kind == "step" and field == "text":
            assert type_of(recipe, e, field, value) == "prose"


def seeds(study: Study) -> dict[str, dict[str, str]]:
    with Reader(study.path) as reader:
        return {chain.spec["document_hash"]: reader.documents(chain.number)[0] for chain in study.chains}


def test_characteristics() -> None:
    cue = "{}\n00:00:0{},000 --> 00:00:0{},500\n{}\n"
    files = {"a.srt": "\n".join(cue.format(n, n, n, "again and again" if n < 4 else "once") for n in range(1, 5))}
    found = characteristics("subtitles", files)
    assert tuple(found) == TRAITS
    assert found["characters"] == len(files["a.srt"])
    assert found["repeated"] == pytest.approx(2 / 12)
    assert 0.4 < found["numeric"] < 0.6
    assert found["depth"] >= 1.0
    assert characteristics("subtitles", {"a.srt": files["a.srt"] * 2})["richness"] < found["richness"]


def test_long_documents_are_told_from_short_ones(study: Study) -> None:
    files = seeds(study)
    size = {key: float(sum(map(len, own.values()))) for key, own in files.items()}
    steps = study.steps[study.steps["model"] == "sim:drops"].copy()
    steps["credit"] = [1.0 - size[key] / 1e5 for key in steps["document_hash"]]
    found = traits(steps, files)
    assert found["characters"].d.low is not None
    assert found["characters"].d.low > 0.0
    assert found["characters"].more > found["characters"].less
    assert traits(steps.assign(credit=1.0), files) == {}
    with pytest.raises(UsageError, match="pass those of every seed"):
        traits(steps, {})


def test_cohens_d_of_known_samples() -> None:
    found = cohen(np.array([2.0, 4.0, 6.0]), np.array([1.0, 3.0, 5.0]))
    assert found.value == pytest.approx(0.5)
    assert cohen(np.ones(3), np.ones(3)).value is None
