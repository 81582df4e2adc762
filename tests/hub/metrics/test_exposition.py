"""The text that Prometheus reads, against the letters that would break it."""

from hub.metrics.model import Kind, Metric, Sample, exposition


def test_every_metric_says_what_it_is() -> None:
    metric = Metric("mca_hub_units", "Units that are enrolled.", Kind.GAUGE, (Sample(3),))
    assert exposition([metric]) == (
        "# HELP mca_hub_units Units that are enrolled.\n# TYPE mca_hub_units gauge\nmca_hub_units 3\n"
    )


def test_label_cannot_break_out_of_its_line() -> None:
    metric = Metric("a", "b", Kind.COUNTER, (Sample(0.25, {"reason": 'x"} 1\n\\'}),))
    assert exposition([metric]).splitlines()[2:] == ['a{reason="x\\"} 1\\n\\\\"} 0.25']


def test_metric_without_a_sample_claims_no_number() -> None:
    assert exposition([Metric("a", "b", Kind.GAUGE, ())]).splitlines() == ["# HELP a b", "# TYPE a gauge"]
