"""One campaign in a process of its own: libFuzzer ends the process, whatever Python still wanted to do."""

import argparse
import logging
import resource
import sys
from pathlib import Path

import atheris
import structlog

INSTRUMENTED = ["protocol", "models.images", "hub.ingest", "edge_agent.link", "edge_agent.watchlist"]
_INPUT_SECONDS, _MEGABYTES = 20, 2048


def main() -> None:
    """Fuzz until the time is over (exit code 0) or something is found (any other; the input is in --found)."""
    parser = argparse.ArgumentParser()
    parser.add_argument("target")
    parser.add_argument("--seconds", type=int, required=True)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--found", type=Path, required=True)
    parser.add_argument("--disk", type=Path, required=True)
    options = parser.parse_args()
    with atheris.instrument_imports(include=INSTRUMENTED):
        from tests.fuzz.targets import LONGEST, open_target
    from tests.fuzz.mutation import mutate

    # Every refusal is logged; hundreds a second would be most of the work.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    with open_target(options.target, options.disk) as check:
        arguments = [
            sys.argv[0],
            str(options.corpus),
            f"-max_total_time={options.seconds}",
            f"-max_len={LONGEST.get(options.target, 16 * 1024)}",
            f"-timeout={_INPUT_SECONDS}",
            f"-rss_limit_mb={_megabytes_so_far() + _MEGABYTES}",
            f"-artifact_prefix={options.found}/",
            "-print_final_stats=1",
            "-print_pcs=0",
        ]
        atheris.Setup(
            arguments,
            check,
            custom_mutator=lambda data, size, seed: mutate(data, size, seed, atheris.Mutate),
        )
        atheris.Fuzz()


def _megabytes_so_far() -> int:
    """The peak by which libFuzzer judges. Linux hands it on from the process that started this one, however large."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


if __name__ == "__main__":
    main()
