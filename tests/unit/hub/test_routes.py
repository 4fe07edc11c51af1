from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.hub.routes import QUICK, ROUTES, Match, match

SHA = "a" * 64


@pytest.mark.parametrize(
    ("method", "path", "name", "params"),
    [
        ("GET", "/api/models", "search", {"type": "models"}),
        ("GET", "/api/models/bert-base-uncased", "info", {"type": "models", "id": "bert-base-uncased"}),
        ("GET", "/api/datasets/a/b/revision/refs%2Fpr%2F1", "info",
         {"type": "datasets", "id": "a/b", "rev": "refs/pr/1"}),
        ("GET", "/api/models/gpt2/tree/main", "tree", {"type": "models", "id": "gpt2", "rev": "main"}),
        ("GET", "/api/models/a/b/tree/main/data%2Ftrain", "tree",
         {"type": "models", "id": "a/b", "rev": "main", "path": "data/train"}),
        ("GET", "/api/models/gpt2/refs", "refs", {"type": "models", "id": "gpt2"}),
        ("HEAD", "/gpt2/resolve/main/config.json", "resolve", {"id": "gpt2", "rev": "main", "path": "config.json"}),
        ("GET", "/datasets/a/b/resolve/refs/pr/1/d/e.txt", "resolve",
         {"type": "datasets", "id": "a/b", "rev": "refs/pr/1", "path": "d/e.txt"}),
        ("GET", "/a/b/resolve/refs%2Fpr%2F1/e.txt", "resolve", {"id": "a/b", "rev": "refs/pr/1", "path": "e.txt"}),
        ("POST", "/a/b.git/info/lfs/objects/batch", "lfs-batch", {"id": "a/b"}),
        ("POST", "/spaces/a/b.git/info/lfs/objects/batch", "lfs-batch", {"type": "spaces", "id": "a/b"}),
        ("PUT", f"/_lfs/{SHA}", "lfs-upload", {"oid": SHA}),
        ("POST", "/api/models/a/b/branch/try%2Fone", "create-branch",
         {"type": "models", "id": "a/b", "ref": "try/one"}),
    ],
)  # fmt: skip
def test_a_request_finds_its_row(method: str, path: str, name: str, params: dict[str, str]):
    found = match(method, path)

    assert isinstance(found, Match)
    assert (found.route.name, found.params) == (name, params)


def test_a_known_path_tells_its_methods():
    assert match("PATCH", "/api/repos/create") == ("POST",)
    assert match("POST", "/a/b/resolve/main/x") == ("GET", "HEAD")


@pytest.mark.parametrize(
    "path", ["/", "/api", "/api/kernels/a/b", "/a/b", "//a/b/resolve/main/x", "/api/models/a/b/c", "*", "http://x/"]
)
def test_an_unknown_path_has_none(path: str):
    assert match("GET", path) == ()


ids = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}", fullmatch=True)
texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)


@given(ids, ids, texts, texts)
def test_whatever_a_client_encodes_arrives_as_it_was(namespace: str, name: str, revision: str, path: str):
    address = f"/{namespace}/{name}/resolve/{quote(revision, safe='')}/{quote(path, safe='/')}"
    found = match("GET", address)

    if namespace not in ("datasets", "spaces", "api"):
        assert isinstance(found, Match)
        assert found.params == {"id": f"{namespace}/{name}", "rev": revision, "path": path}


@given(st.text(max_size=60), st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD", "X"]))
def test_any_path_is_matched_or_not(path: str, method: str):
    assert isinstance(match(method, path), Match | tuple)


def test_the_table_names_its_rows_once_and_file_bodies_have_a_gate():
    assert {route.name for route in ROUTES} >= QUICK
    for route in ROUTES:
        assert (route.body == "file") == (route.admit is not None)
        assert route.handler.__doc__
