"""The code has what the record chose."""

from dataclasses import asdict

from pipelines.search import quotes, quoting, rankings, tune


def test_constants_are_those_of_the_record():
    record, chosen = tune.record(), asdict(rankings.CHOSEN)
    measured = set(record["family"])  # those with MiniLM take its vectors: they are measured last
    assert {"bm25", "fields"} <= measured <= set(tune.GRIDS)
    for family in measured:
        assert set(record[record["family"] == family]["setting"]) == set(map(tune.name, tune.GRIDS[family]))
        assert tune.best(record, family).items() <= chosen.items()


def test_quotes_are_chosen_as_the_record_says():
    assert quotes.record() == quoting.CHOSEN
