"""A report that asks something of the network, or tells who was measured."""

import base64
import re
from html.parser import HTMLParser

import numpy as np
import pytest

from evaluation import wording
from evaluation.identify import Trial, identify
from evaluation.lists import Pair, PhotoPairs
from evaluation.measure import Resampling
from evaluation.record import Estimate, Point
from evaluation.report.page import identification_page, verification_page
from evaluation.scoring import RawCosine, Scorers
from evaluation.verify import verify
from models.pack import Pack
from protocol.person import Sex
from tests.evaluation.people import faces, listed, photo, templates
from tests.evaluation.test_identify import Doubled

QUICK = Resampling(draws=100)


class _Page(HTMLParser):
    """Everything of a page that could ask for something, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.tags: list[str] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in {"src", "href", "data", "action", "srcset"}]

    def handle_data(self, data: str) -> None:
        self.text += data


def _identification(pack: Pack, people: int, strangers: int, normalised: bool, strangers_age: int = 6) -> str:
    base = faces(people + strangers)
    gallery = [photo(n, f"Anna Secret {n}", age=5, sex=Sex.FEMALE, group="<script>") for n in range(people)]
    probes = [photo(500 + n, f"Anna Secret {n}", age=6, sex=Sex.FEMALE, group="<script>") for n in range(people)]
    probes += [photo(900 + n, age=strangers_age) for n in range(strangers)]
    noisy = [one + 0.5 * other for one, other in zip(base, faces(len(base), seed=4), strict=True)]
    made = templates([*gallery, *probes], [*base[:people], *noisy])
    trial = Trial(listed(gallery, "gallery.csv"), listed(probes, "probes.csv"), made)
    scorers = Scorers(RawCosine(), Doubled() if normalised else None)
    return identification_page(identify(pack, trial, scorers, QUICK))


@pytest.mark.parametrize("normalised", [False, True])
def test_page_is_one_file_that_asks_nothing_of_the_network(pack: Pack, normalised: bool) -> None:
    html = _identification(pack, 20, 15, normalised)
    page = _Page(html)
    assert page.addresses
    assert all(address.startswith("data:image/svg+xml;base64,") for address in page.addresses)
    assert not {"script", "link", "iframe", "object", "form"} & set(page.tags)
    assert not re.search(r"url\(|@import|https?://", html)
    assert "default-src 'none'" in html
    for address in page.addresses:
        drawing = base64.b64decode(address.partition(",")[2]).decode()
        assert not re.search(r'(?:href|src)="(?!#)', drawing)


def test_page_names_nobody_and_shows_nobody(pack: Pack) -> None:
    html = _identification(pack, 20, 15, normalised=False)
    assert "Secret" not in html
    assert ".jpg" not in html
    assert "image/jpeg" not in html
    assert "image/png" not in html
    for address in _Page(html).addresses:
        assert b"<image" not in base64.b64decode(address.partition(",")[2])


def test_label_of_a_group_is_text_and_never_markup(pack: Pack) -> None:
    html = _identification(pack, 20, 15, normalised=False)
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_page_begins_with_plain_words_and_ends_with_how_and_how_not(pack: Pack) -> None:
    text = " ".join(_Page(_identification(pack, 20, 15, normalised=False)).text.split())
    places = [
        text.index(words) for words in ("20 people were on the list", "Misses, by", "Method", "Limits", "SHA-256")
    ]
    assert places == sorted(places)
    assert "two people decide" in text
    assert "could not be measured" in text


def test_normalised_and_raw_scores_stand_side_by_side(pack: Pack) -> None:
    page = _Page(_identification(pack, 20, 15, normalised=True)).text
    assert "normalised score" in page
    assert "raw score" in page
    assert "Change from raw to normalised" in page
    alone = _Page(_identification(pack, 20, 15, normalised=False)).text
    assert "(FNIR), raw score" in alone
    assert "(FNIR), normalised score" not in alone


def test_list_that_cannot_tell_a_rate_still_gets_its_page(pack: Pack) -> None:
    everybody_enrolled = _identification(pack, 8, 0, normalised=False)
    assert "no threshold follows" in everybody_enrolled
    gallery, probes = [photo(1)], [photo(2 + number) for number in range(8)]
    trial = Trial(listed(gallery), listed(probes), templates([*gallery, *probes], faces(9)))
    nobody_enrolled = identification_page(identify(pack, trial, Scorers(RawCosine()), QUICK))
    assert "Nobody who was searched for is on the list" in nobody_enrolled
    assert "In which place" not in nobody_enrolled
    assert "about 0 of 100" in _identification(pack, 1, 1, normalised=False)


def test_strangers_who_have_nobody_to_be_compared_with_have_no_curve(pack: Pack) -> None:
    html = _identification(pack, 8, 8, normalised=True, strangers_age=40)
    assert "Detection error" not in html
    assert "In which place" in html


def test_same_figures_give_the_same_bytes(pack: Pack) -> None:
    assert _identification(pack, 12, 9, normalised=True) == _identification(pack, 12, 9, normalised=True)


def test_verification_has_a_page_of_its_own(pack: Pack) -> None:
    photos = tuple(photo(number) for number in range(12))
    pairs = tuple(Pair(a, b, a + 6 == b) for a in range(6) for b in range(6, 12))
    made = templates(photos, [*faces(6), *(one + 0.3 for one in faces(6))])
    record = verify(
        pack, PhotoPairs("pairs.csv", "0" * 64, photos, pairs), made, Scorers(RawCosine(), Doubled()), QUICK
    )
    page = _Page(verification_page(record))
    assert all(address.startswith("data:image/svg+xml") for address in page.addresses)
    assert "6 pairs of photographs of one person" in " ".join(page.text.split())
    alone = PhotoPairs("pairs.csv", "0" * 64, photos, pairs[1:6])
    assert "only one" in verification_page(verify(pack, alone, made, Scorers(RawCosine()), QUICK))


@pytest.mark.parametrize(
    ("estimate", "words"),
    [
        (Estimate(0.0199, 0.012, 0.033), "about 2 of 100 (between 1.2 and 3.3)"),
        (Estimate(0.0, 0.0, 0.0001), "about 0 of 100 (between 0 and less than 0.1)"),
        (Point(0.786, 0.75, 0.82), "about 79 of 100 (between 75 and 82)"),
        (Point(), "an unknown number"),
    ],
)
def test_share_in_words_claims_no_more_than_the_figure(estimate: Estimate | Point, words: str) -> None:
    assert wording.found_of_100(estimate) == words


def test_rate_that_rests_on_few_searches_is_marked() -> None:
    assert wording.few_searches("0.01", 999)
    assert not wording.few_searches("0.01", 1000)
    assert wording.share(Estimate()) == "not measured"
    assert wording.percent(np.float64(0.001)) == "0.1 %"
