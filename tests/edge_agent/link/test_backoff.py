import random

from edge_agent.link.backoff import Backoff


def test_waits_double_to_a_limit_and_differ_between_units() -> None:
    backoff = Backoff(first=1, longest=60)
    for failures, step in ((1, 1), (2, 2), (3, 4), (7, 60), (1000, 60)):
        delays = {backoff.delay(failures, random.Random(seed)) for seed in range(50)}
        assert all(step / 2 <= delay <= step for delay in delays)
        assert len(delays) == 50
