"""Lists that are wrong, each named by its line; and where photographs are looked for."""

from pathlib import Path

import pytest

from evaluation.errors import ListRejectedError
from evaluation.lists import read_described, read_pairs, read_photos, same_photographs
from protocol.person import Sex


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        (tmp_path / name).write_bytes(name.encode())
    return tmp_path


def _write(folder: Path, text: str, name: str = "list.csv") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_what_a_row_says_is_what_is_read(folder: Path) -> None:
    path = _write(folder, "path,person,age,sex,group\na.jpg,Ann,4.5,F,north\n b.jpg ,,,,\n\nc.jpg,,0,male,\n")
    found = read_photos(path, None)
    first, second, third = found.photos
    assert (first.person, first.age, first.sex, first.group, first.line) == ("Ann", 4.5, Sex.FEMALE, "north", 2)
    assert (second.person, second.age, second.sex) == ("", None, Sex.UNKNOWN)
    assert (third.age, third.sex, third.line) == (0, Sex.MALE, 5)
    assert len({photo.digest for photo in found.photos}) == 3


def test_list_from_a_spreadsheet_with_a_byte_order_mark_and_quotes(folder: Path) -> None:
    path = folder / "list.csv"
    path.write_bytes('\ufeff"path","person","group"\r\n"a.jpg","Ann","x, y"\r\n'.encode())
    assert read_photos(path, None).photos[0].group == "x, y"


@pytest.mark.parametrize(
    ("row", "line", "reason"),
    [
        ("gone.jpg,Ann,,,", 3, "is not there"),
        (",Ann,,,", 3, "'path' is empty"),
        ("b.jpg,Ann,four,,", 3, "'age'"),
        ("b.jpg,Ann,-1,,", 3, "'age'"),
        ("b.jpg,Ann,nan,,", 3, "'age'"),
        ("b.jpg,Ann,121,,", 3, "'age'"),
        ("b.jpg,Ann,,girl,", 3, "'sex'"),
        ("b.jpg,Ann,,", 3, "5 cells"),
        ("b.jpg,Ann,,,,", 3, "5 cells"),
        ("a.jpg,Ann,,,", 3, "line 2 already"),
        (f"b.jpg,Ann,,,{'x' * 1001}", 3, "longer"),
        ('b.jpg,"Ann,,,', 3, "not valid CSV"),
        ("b.jpg\0,Ann,,,", 3, ""),
        (f"{'x' * 900}.jpg,Ann,,,", 3, "is not there"),
    ],
)
def test_bad_row_is_named_by_its_line_and_tells_nobodys_name(folder: Path, row: str, line: int, reason: str) -> None:
    path = _write(folder, f"path,person,age,sex,group\na.jpg,Ann,,,\n{row}\n")
    with pytest.raises(
        ListRejectedError, match=rf"list\.csv, line {line}: .*{reason}.* Nothing was measured"
    ) as caught:
        read_photos(path, None)
    assert "Ann" not in str(caught.value)
    assert "gone" not in str(caught.value)


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("path,age", "'person' is missing"),
        ("path,person,Age", "column 3"),
        ("path,person,person", "twice"),
        ("", "'path'"),
    ],
)
def test_misspelt_column_is_refused_and_not_left_out_in_silence(folder: Path, header: str, reason: str) -> None:
    with pytest.raises(ListRejectedError, match=f"line 1: .*{reason}"):
        read_photos(_write(folder, f"{header}\na.jpg,x,x\n"), None)


def test_list_without_rows_or_without_a_file_or_of_other_bytes_is_refused(folder: Path) -> None:
    with pytest.raises(ListRejectedError, match="no photographs"):
        read_photos(_write(folder, "path,person\n"), None)
    with pytest.raises(ListRejectedError, match="cannot be read"):
        read_photos(folder / "nowhere.csv", None)
    (folder / "binary.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ListRejectedError, match="not UTF-8"):
        read_photos(folder / "binary.csv", None)


def test_photographs_are_looked_for_in_the_order_that_is_documented(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = {name: folder / name for name in ("given", "beside", "data")}
    for place in places.values():
        place.mkdir()
    (places["beside"] / "list").mkdir()
    monkeypatch.setenv("MCA_DATA", str(places["data"]))
    path = _write(places["beside"], "path,person\nx.jpg,\n")

    def found() -> str:
        return read_photos(path, places["given"]).photos[0].path.read_text()

    for place in (places["data"], places["beside"] / "list", places["beside"], places["given"]):
        (place / "x.jpg").write_text(place.name)
        assert found() == place.name


def test_pairs_list_finds_its_photographs_in_the_folder_it_is_named_after(folder: Path) -> None:
    (folder / "people").mkdir()
    for name in ("x.jpg", "y.jpg"):
        (folder / "people" / name).write_text(name)
    found = read_pairs(_write(folder, "a,b,same\nx.jpg,y.jpg,1\nx.jpg,../a.jpg,0\n", "people_pairs.csv"), None)
    assert [(pair.a, pair.b, pair.same) for pair in found.pairs] == [(0, 1, True), (0, 2, False)]
    assert len(found.photos) == 3


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ("a.jpg,b.jpg,yes", "'same'"),
        ("a.jpg,a.jpg,1", "itself"),
        ("a.jpg,z.jpg,1", "'b' is not there"),
        ("", "no pairs"),
    ],
)
def test_bad_pair_is_named_by_its_line(folder: Path, rows: str, reason: str) -> None:
    with pytest.raises(ListRejectedError, match=f"line 2: .*{reason}"):
        read_pairs(_write(folder, f"a,b,same\n{rows}\n"), None)


def test_collection_of_nameless_people_is_read_with_its_own_columns(folder: Path) -> None:
    path = _write(folder, "file,age,sex,group\na.jpg,3,female,x\n")
    (found,) = read_described(path).photos
    assert (found.person, found.age, found.sex) == ("", 3, Sex.FEMALE)
    with pytest.raises(ListRejectedError, match="'file' is missing"):
        read_described(_write(folder, "path,person\na.jpg,x\n"))


def test_same_bytes_under_two_names_are_noticed(folder: Path) -> None:
    (folder / "d.jpg").write_bytes((folder / "a.jpg").read_bytes())
    gallery = read_photos(_write(folder, "path,person\na.jpg,x\nb.jpg,y\n", "g.csv"), None)
    probes = read_photos(_write(folder, "path,person\nd.jpg,x\nc.jpg,y\n", "p.csv"), None)
    assert same_photographs(gallery.photos, probes.photos) == 1
