from pathlib import Path

import pytest

from grader.errors import MachineFault
from grader.hub.base import snapshot_dir
from grader.hub.commits import resolve_revision
from grader.hub.overview import overview
from grader.hub.pull import pull
from grader.hub.server import HubServer
from grader.hub.store import Layer, Store


@pytest.fixture
def quiet_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hf"))


@pytest.mark.usefixtures("quiet_home")
def test_repositories_travel_from_one_hub_to_another(open_hub, tmp_path: Path, connect):
    session, said = open_hub(), []
    source = "meta-llama/gated-auto"
    connect(session).post(f"/{source}/ask-access")
    names = ["labs/french-bert", "datasets/labs/plain-csv", "spaces/evaluate-metric/accuracy@main", source]

    record = pull(names, tmp_path / "pulled", said.append, endpoint=session.endpoint, token=session.token)

    assert record.repos == ("datasets/labs/plain-csv", "labs/french-bert", source, "spaces/evaluate-metric/accuracy")
    assert said[0] == f"Pulling labs/french-bert from {session.endpoint}"
    rows = {row.id: row for row in overview(tmp_path / "pulled")}
    assert (rows["labs/french-bert"].downloads, rows["labs/french-bert"].task) == (500, "fill-mask")
    assert rows[source].gated is None
    assert (snapshot_dir(tmp_path / "pulled", source) / "weights.bin").read_bytes() == b"\0secret weights"


@pytest.mark.usefixtures("quiet_home")
def test_a_pinned_commit_of_the_source_still_means_the_same(open_hub, connect, tmp_path: Path):
    client = connect(open_hub())
    repo = client.create("mine")
    first = client.push(f"models/{repo}", a__txt=b"1")
    client.push(f"models/{repo}", a__txt=b"2")

    pull(
        [f"{repo}@{first[:10]}"],
        tmp_path / "pulled",
        lambda _: None,
        endpoint=client.session.endpoint,
        token=client.session.token,
    )

    store = Store(Layer(tmp_path / "pulled"))
    record = store.repo("model", repo)
    assert record is not None
    for revision in ("main", first, first[:10]):
        commit = resolve_revision(store, record, revision)
        assert commit is not None
        assert store.blob(commit.files["a.txt"].sha256).read_bytes() == b"1"


@pytest.mark.usefixtures("quiet_home")
def test_what_is_pulled_is_served(open_hub, connect, tmp_path: Path):
    session = open_hub()
    pull(["labs/french-bert"], tmp_path / "pulled", lambda _: None, endpoint=session.endpoint, token=session.token)
    pull(["labs/german-bert"], tmp_path / "pulled", lambda _: None, endpoint=session.endpoint, token=session.token)

    with HubServer(tmp_path / "pulled") as server, server.open_session(tmp_path / "o", "ada") as second:
        client = connect(second)
        assert [row["id"] for row in client.get("/api/models?sort=downloads").json()] == [
            "labs/german-bert",
            "labs/french-bert",
        ]
        assert client.get("/labs/french-bert/resolve/main/config.json").json() == {"model_type": "bert"}


@pytest.mark.usefixtures("quiet_home")
def test_what_cannot_be_fetched_is_said_and_the_rest_is_kept(open_hub, tmp_path: Path):
    session = open_hub()

    with pytest.raises(MachineFault, match="labs/none could not be pulled"):
        pull(
            ["labs/french-bert", "labs/none"],
            tmp_path / "p",
            lambda _: None,
            endpoint=session.endpoint,
            token=session.token,
        )
    assert [row.id for row in overview(tmp_path / "p")] == ["labs/french-bert"]
