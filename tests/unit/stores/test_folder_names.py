"""Names of files for keys: safe on every file system, and never one for two keys."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orgport.stores.folder_index import Index
from orgport.stores.folder_names import HOME, folded, natural, stand_in
from tests.integration.transfer.odd_keys import ODD_KEYS

SEGMENTS = st.sampled_from(
    ["a", "A", "b", "", ".", "..", "caf\u00e9", "cafe\u0301", "x" * 300, ".orgport", "a ", "\n", "a:b"]
)
KEYS = st.one_of(st.text(min_size=1, max_size=40), st.lists(SEGMENTS, min_size=1, max_size=5).map("/".join))


@given(KEYS)
def test_a_natural_path_is_the_key_and_stays_below_the_folder(key: str) -> None:
    path = natural(key)
    if path is not None:
        assert path == key
        assert not PurePosixPath(path).is_absolute()
        assert str(PurePosixPath(path)) == path
        assert PurePosixPath(path).parts[0] != HOME
        assert ".." not in PurePosixPath(path).parts


@pytest.mark.parametrize("name", ["plain", "space", "plus", "percent", "emoji", "composed", "decomposed", "hidden"])
def test_usual_keys_keep_their_names(name: str) -> None:
    assert natural(ODD_KEYS[name]) == ODD_KEYS[name]


@pytest.mark.parametrize(
    "name",
    [
        *("leading slash", "double slash", "dot segment", "leading dot-dot segment", "dot-dot", "null", "line feed"),
        *("folder", "segment of 1024 bytes", "backslash", "trailing dot", "spaces around", "line separator"),
    ],
)
def test_keys_that_a_file_system_may_refuse_get_another_name(name: str) -> None:
    assert natural(ODD_KEYS[name]) is None


@pytest.mark.parametrize("key", [".orgport/index.sqlite3", ".OrgPort/x", ".orgport"])
def test_no_key_names_what_is_ours(key: str) -> None:
    assert natural(key) is None


@given(st.sets(KEYS, max_size=12))
def test_no_two_keys_have_one_file_on_any_file_system(keys: set[str]) -> None:
    index = Index(Path(":memory:"))
    paths = {key: index.path_for(key) for key in sorted(keys)}
    assert len({folded(path) for path in paths.values()}) == len(keys)
    folders = {folded(str(parent)) for path in paths.values() for parent in PurePosixPath(path).parents}
    assert not folders & {folded(path) for path in paths.values()}
    assert {key: index.path_for(key) for key in keys} == paths
    index.close()


def test_a_key_that_is_a_folder_of_another_gets_another_name(tmp_path: Path) -> None:
    index = Index(tmp_path / "index")
    assert [index.path_for(key) for key in ("a/b", "a", "a/b/c", "A/B")] == [
        *("a/b", stand_in("a"), stand_in("a/b/c"), stand_in("A/B")),
    ]
    index.close()
