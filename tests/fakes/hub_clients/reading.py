"""huggingface_hub: everything that reads."""

import os
from pathlib import Path

from tests.fakes.hub_clients.steps import step
from tests.fakes.hub_repos import BERT, CSV, IMDB, SENTIMENT, SHARDED


def api(token=None):
    from huggingface_hub import HfApi

    return HfApi(token=token)


def raises(kind, function, *args, **kwargs):
    try:
        function(*args, **kwargs)
    except kind as exc:
        return exc
    raise AssertionError(f"{kind.__name__} was not raised")


@step
def whoami():
    """whoami and login tell who the token belongs to; a bad token is refused"""
    from huggingface_hub import login
    from huggingface_hub.errors import HfHubHTTPError

    assert api().whoami()["name"] == "student"
    assert api().whoami()["auth"]["accessToken"]["role"] == "write"
    login(token=os.environ["HF_TOKEN"], add_to_git_credential=False)
    refused = raises(HfHubHTTPError, api("hf_wrong").whoami)
    assert refused.response.status_code == 401


@step
def listings_filter():
    """list_models understands every filter"""

    def ids(**query):
        return [model.id for model in api().list_models(**query)]

    assert set(ids(search="bert")) >= {BERT, "labs/french-bert", "labs/german-bert"}
    assert ids(search="french bert") == ["labs/french-bert"]
    assert ids(author="openlab") == ["openlab/sentiment-small", "openlab/no-metadata"]
    assert ids(filter="license:mit") == ["labs/french-bert", "labs/sentiment-large"]
    assert ids(filter=["license:mit", "fr"]) == ["labs/french-bert"]
    assert ids(filter="language:de") == ["labs/german-bert"]
    assert ids(pipeline_tag="text-classification", author="labs") == ["labs/sentiment-large", SHARDED]
    assert ids(trained_dataset=IMDB) == ["labs/sentiment-large"]
    assert set(ids(gated=True)) == {"meta-llama/gated-manual", "meta-llama/gated-auto"}
    assert BERT in ids(gated=False)
    assert set(ids(num_parameters="min:1K,max:1M")) == {BERT, SENTIMENT, SHARDED}
    assert ids(num_parameters="min:1B") == []
    assert ids(inference="warm") == []
    assert ids(search="secret") == []


@step
def listings_sort_and_page():
    """list_models sorts downwards, pages by Link, and expands"""
    by_downloads = [model.downloads for model in api().list_models(sort="downloads", expand=["downloads"])]
    assert by_downloads == sorted(by_downloads, reverse=True)
    assert next(iter(api().list_models(sort="likes", limit=1))).id == BERT
    newest = [model.created_at for model in api().list_models(author="labs", sort="created_at", full=True)]
    assert newest == sorted(newest, reverse=True)
    changed = [model.last_modified for model in api().list_models(sort="last_modified", full=True)]
    assert changed == sorted(changed, reverse=True)
    assert len(list(api().list_models(sort="trending_score"))) == len(list(api().list_models()))

    from huggingface_hub.utils import paginate

    pages = list(
        paginate(f"{os.environ['HF_ENDPOINT']}/api/models", params={"limit": 2, "sort": "downloads"}, headers={})
    )
    assert [page["id"] for page in pages] == [model.id for model in api().list_models(sort="downloads")]
    row = next(iter(api().list_models(search="french", cardData=True, full=True, fetch_config=True)))
    assert row.card_data.license == "mit"
    assert row.config == {"model_type": "bert"}
    assert {sibling.rfilename for sibling in row.siblings} == {"README.md", "config.json"}
    expanded = next(iter(api().list_models(search="french", expand=["tags", "safetensors", "lastModified"])))
    assert "license:mit" in expanded.tags
    assert expanded.downloads is None


@step
def listings_of_datasets_and_spaces():
    """list_datasets and list_spaces filter as well"""
    assert [d.id for d in api().list_datasets(search="imdb")] == [IMDB]
    assert [d.id for d in api().list_datasets(task_categories="text-classification", language="en")] == [IMDB]
    assert [d.id for d in api().list_datasets(size_categories="n<1K", sort="downloads")] == [IMDB]
    assert [d.id for d in api().list_datasets(sort="likes", full=True)] == [IMDB, CSV]
    assert [s.id for s in api().list_spaces(search="accuracy", full=True)] == ["evaluate-metric/accuracy"]
    assert api().get_model_tags()["license"]
    assert api().get_user_overview("labs").num_models == 4


@step
def repository_info():
    """model_info, dataset_info and space_info tell everything, at any revision"""
    info = api().model_info(BERT)
    assert (info.author, info.pipeline_tag, info.library_name, info.gated) == (
        "google-bert",
        "fill-mask",
        "transformers",
        False,
    )
    assert info.safetensors.total > 1000
    assert {"transformers", "safetensors", "bert", "license:apache-2.0", "en", "dataset:bookcorpus"} <= set(info.tags)
    assert info.transformers_info.auto_model == "AutoModelForPreTraining"
    assert api().model_info(BERT, revision=info.sha).sha == info.sha
    assert api().model_info(BERT, revision=info.sha[:8]).sha == info.sha
    assert api().model_info(SENTIMENT, revision="714eb0f").sha == api().model_info(SENTIMENT).sha
    files = {sibling.rfilename: sibling for sibling in api().model_info(BERT, files_metadata=True).siblings}
    assert files["model.safetensors"].lfs.size == files["model.safetensors"].size
    assert files["config.json"].lfs is None
    assert api().model_info(BERT, expand=["downloads", "likes"]).likes == 200
    data = api().dataset_info(IMDB)
    assert "task_categories:text-classification" in data.tags
    assert data.downloads == 1000
    assert api().space_info("evaluate-metric/accuracy").sdk == "gradio"
    assert api().repo_info(IMDB, repo_type="dataset").id == IMDB


@step
def existence():
    """repo_exists, revision_exists and file_exists tell present from missing"""
    from huggingface_hub.errors import EntryNotFoundError, RepositoryNotFoundError, RevisionNotFoundError

    assert api().repo_exists(BERT)
    assert not api().repo_exists("nobody/nothing")
    assert not api().repo_exists("somebody/secret")
    assert api().revision_exists(BERT, "main")
    assert not api().revision_exists(BERT, "no-branch")
    assert api().file_exists(BERT, "config.json")
    assert not api().file_exists(BERT, "no.json")
    raises(RepositoryNotFoundError, api().model_info, "nobody/nothing")
    raises(RepositoryNotFoundError, api(token=False).model_info, "somebody/secret")
    raises(RevisionNotFoundError, api().model_info, BERT, revision="no-branch")
    raises(EntryNotFoundError, api().hf_hub_download, BERT, "no.json")


@step
def trees():
    """list_repo_files, list_repo_tree, get_paths_info and the file system walk a repository"""
    from huggingface_hub import HfFileSystem
    from huggingface_hub.errors import EntryNotFoundError

    assert "plain_text/train-00000-of-00001.parquet" in api().list_repo_files(IMDB, repo_type="dataset")
    rows = list(api().list_repo_tree(IMDB, repo_type="dataset", recursive=True, expand=True))
    assert {row.path for row in rows} >= {"README.md", "plain_text"}
    assert all(row.last_commit.title == "Upload files" for row in rows)
    assert [row.path for row in api().list_repo_tree(CSV, "extra", repo_type="dataset")] == ["extra/more.jsonl"]
    raises(EntryNotFoundError, lambda: list(api().list_repo_tree(BERT, "no-folder")))
    paths = api().get_paths_info(IMDB, ["README.md", "plain_text", "missing"], repo_type="dataset")
    assert [path.path for path in paths] == ["README.md", "plain_text"]
    fs = HfFileSystem()
    assert f"datasets/{CSV}/train.csv" in fs.ls(f"datasets/{CSV}", detail=False)
    assert fs.glob(f"datasets/{CSV}/**/*.jsonl") == [f"datasets/{CSV}/extra/more.jsonl"]
    with fs.open(f"datasets/{CSV}/train.csv", "rb") as file:
        file.seek(3)
        assert file.read(4) == b"word"


@step
def history_and_refs():
    """list_repo_refs and list_repo_commits tell a history"""
    refs = api().list_repo_refs(SENTIMENT, include_pull_requests=True)
    assert [ref.name for ref in refs.branches] == ["main"]
    assert [ref.name for ref in refs.tags] == ["714eb0f"]
    commits = api().list_repo_commits(SENTIMENT, formatted=True)
    assert [commit.title for commit in commits] == ["Upload files"]
    assert commits[0].commit_id == refs.branches[0].target_commit


@step
def downloads():
    """hf_hub_download and snapshot_download fetch, cache, and remember what is missing"""
    from huggingface_hub import hf_hub_download, snapshot_download, try_to_load_from_cache

    path = Path(hf_hub_download(BERT, "config.json"))
    assert path.parent.name == api().model_info(BERT).sha
    assert hf_hub_download(BERT, "config.json", revision=path.parent.name, local_files_only=True) == str(path)
    assert try_to_load_from_cache(BERT, "model.safetensors") is None
    folder = Path(snapshot_download(IMDB, repo_type="dataset"))
    assert (folder / "plain_text" / "test-00000-of-00001.parquet").stat().st_size > 100
    only = Path(snapshot_download(SENTIMENT, allow_patterns=["*.json"], revision="714eb0f"))
    assert not (only / "model.safetensors").exists()
    assert api().dataset_info(IMDB).sha == folder.name


@step
def safetensors_metadata():
    """Safetensors headers are read by range, or all shards at once"""
    from huggingface_hub import get_safetensors_metadata

    metadata = get_safetensors_metadata(BERT)
    assert sum(metadata.parameter_count.values()) == api().model_info(BERT).safetensors.total
    sharded = api().get_sharded_safetensors_metadata(SHARDED)
    assert sharded.sharded
    assert len(sharded.files_metadata) > 1
    assert sharded.weight_map == get_safetensors_metadata(SHARDED).weight_map


@step
def aliases():
    """A bare model name is redirected, for info and for files"""
    from huggingface_hub import hf_hub_download

    assert api().model_info("bert-base-uncased").id == BERT
    assert Path(hf_hub_download("bert-base-uncased", "config.json")).is_file()


@step
def cards():
    """ModelCard and DatasetCard load and validate; bad metadata is refused"""
    from huggingface_hub import DatasetCard, ModelCard

    assert ModelCard.load(BERT).data.license == "apache-2.0"
    assert DatasetCard.load(IMDB).data.task_categories == ["text-classification"]
    ModelCard("---\nlicense: mit\n---\n# Fine").validate()
    refused = raises(ValueError, ModelCard("---\nlanguage: no\nlicense: mit\n---\n# Norwegian").validate)
    assert "language" in str(refused)
