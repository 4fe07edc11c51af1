"""huggingface_hub: everything that writes."""

import io
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.fakes.hub_clients.reading import api, raises
from tests.fakes.hub_clients.steps import step


@step
def create_and_delete():
    """create_repo, exist_ok, private, delete_repo, missing_ok"""
    from huggingface_hub.errors import HfHubHTTPError, RepositoryNotFoundError

    assert api().create_repo("plain").repo_id == "student/plain"
    assert api().create_repo("plain", exist_ok=True).repo_id == "student/plain"
    assert raises(HfHubHTTPError, api().create_repo, "plain").response.status_code == 409
    assert api().create_repo("student/data", repo_type="dataset", private=True).repo_type == "dataset"
    assert api().dataset_info("student/data").private
    api().create_repo("student/room", repo_type="space", space_sdk="gradio")
    assert api().space_info("student/room").sdk == "gradio"
    api().delete_repo("student/data", repo_type="dataset")
    raises(RepositoryNotFoundError, api().dataset_info, "student/data")
    raises(RepositoryNotFoundError, api().delete_repo, "student/never")
    api().delete_repo("student/never", missing_ok=True)


@step
def uploads():
    """upload_file (regular and LFS), upload_folder, no-op uploads, downloads of what was pushed"""
    from huggingface_hub import hf_hub_download

    api().create_repo("files")
    first = api().upload_file(path_or_fileobj=b"hello", path_in_repo="a.txt", repo_id="student/files")
    assert api().upload_file(path_or_fileobj=b"hello", path_in_repo="a.txt", repo_id="student/files").oid == first.oid
    content = os.urandom(3_000_000)
    api().upload_file(
        path_or_fileobj=io.BytesIO(content), path_in_repo="deep/er/w.safetensors", repo_id="student/files"
    )
    assert Path(hf_hub_download("student/files", "deep/er/w.safetensors")).read_bytes() == content
    folder = Path(os.environ["HF_HOME"]) / "up"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "x.json").write_text("{}")
    (folder / "skip.log").write_text("no")
    (folder / "empty.bin").write_bytes(b"")
    (folder / "t.bin").write_bytes(content[:1000])
    commit = api().upload_folder(
        folder_path=folder, repo_id="student/files", ignore_patterns="*.log", delete_patterns="a.*"
    )
    files = set(api().list_repo_files("student/files", revision=commit.oid))
    assert files == {".gitattributes", "deep/er/w.safetensors", "sub/x.json", "empty.bin", "t.bin"}
    (folder / ".gitignore").write_text("*.log\nsub/\n")
    api().create_repo("ignoring")
    api().upload_folder(folder_path=folder, repo_id="student/ignoring")
    assert set(api().list_repo_files("student/ignoring")) == {".gitattributes", ".gitignore", "empty.bin", "t.bin"}


@step
def commits():
    """create_commit with every operation, parent_commit, deletions and copies"""
    from huggingface_hub import CommitOperationAdd, CommitOperationCopy, CommitOperationDelete
    from huggingface_hub.errors import EntryNotFoundError, HfHubHTTPError

    api().create_repo("ops")
    start = api().create_commit(
        "student/ops",
        [
            CommitOperationAdd("one.txt", b"1"),
            CommitOperationAdd("dir/two.bin", b"\0two"),
            CommitOperationAdd("dir/3.txt", b"3"),
        ],
        commit_message="Three files",
        commit_description="and words",
    )
    api().create_commit(
        "student/ops",
        [
            CommitOperationCopy("one.txt", "copy.txt"),
            CommitOperationCopy("dir/two.bin", "copy.bin"),
            CommitOperationDelete("dir/3.txt"),
        ],
        commit_message="Copy",
        parent_commit=start.oid,
    )
    assert set(api().list_repo_files("student/ops")) >= {"one.txt", "copy.txt", "copy.bin", "dir/two.bin"}
    stale = raises(
        HfHubHTTPError,
        api().create_commit,
        "student/ops",
        [CommitOperationAdd("x", b"x")],
        commit_message="m",
        parent_commit=start.oid,
    )
    assert stale.response.status_code == 412
    api().delete_folder("dir", "student/ops")
    api().delete_file("one.txt", "student/ops")
    raises(EntryNotFoundError, api().delete_file, "one.txt", "student/ops")
    assert api().list_repo_commits("student/ops")[0].title.startswith("Delete one.txt")
    assert [c.message for c in api().list_repo_commits("student/ops") if c.title == "Three files"] == ["and words"]
    api().super_squash_history("student/ops")
    assert len(api().list_repo_commits("student/ops")) == 1


@step
def branches_and_tags():
    """create and delete branches and tags; commits land on the branch named"""
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import HfHubHTTPError, RevisionNotFoundError

    api().create_repo("refs-of-mine")
    repo = "student/refs-of-mine"
    api().create_branch(repo, branch="try/one")
    api().create_branch(repo, branch="try/one", exist_ok=True)
    assert raises(HfHubHTTPError, api().create_branch, repo, branch="try/one").response.status_code == 409
    api().upload_file(path_or_fileobj=b"x", path_in_repo="x.txt", repo_id=repo, revision="try/one")
    assert "x.txt" not in api().list_repo_files(repo)
    assert "x.txt" in api().list_repo_files(repo, revision="try/one")
    api().create_tag(repo, tag="v1.0", revision="try/one", tag_message="first")
    assert Path(hf_hub_download(repo, "x.txt", revision="v1.0")).read_text() == "x"
    assert raises(HfHubHTTPError, api().create_tag, repo, tag="v1.0").response.status_code == 409
    api().delete_branch(repo, branch="try/one")
    api().delete_tag(repo, tag="v1.0")
    raises(RevisionNotFoundError, api().delete_tag, repo, tag="v1.0")
    raises(
        RevisionNotFoundError, api().upload_file, path_or_fileobj=b"x", path_in_repo="x", repo_id=repo, revision="none"
    )


@step
def pull_requests():
    """create_pr makes refs/pr/N, which can be read and committed to"""
    from huggingface_hub import hf_hub_download

    api().create_repo("with-pr")
    commit = api().upload_file(path_or_fileobj=b"pr", path_in_repo="p.txt", repo_id="student/with-pr", create_pr=True)
    assert (commit.pr_num, commit.pr_revision) == (1, "refs/pr/1")
    assert Path(hf_hub_download("student/with-pr", "p.txt", revision="refs/pr/1")).read_text() == "pr"
    api().upload_file(path_or_fileobj=b"q", path_in_repo="q.txt", repo_id="student/with-pr", revision="refs/pr/1")
    assert {"p.txt", "q.txt"} <= set(api().list_repo_files("student/with-pr", revision="refs/pr/1"))
    assert "p.txt" not in api().list_repo_files("student/with-pr")
    assert len(api().list_repo_refs("student/with-pr", include_pull_requests=True).pull_requests) == 1


@step
def move():
    """move_repo renames; the old name is redirected"""
    from huggingface_hub import hf_hub_download

    api().create_repo("old-name")
    api().upload_file(path_or_fileobj=b"m", path_in_repo="m.txt", repo_id="student/old-name")
    api().move_repo("student/old-name", "student/new-name")
    assert api().model_info("student/old-name").id == "student/new-name"
    assert Path(hf_hub_download("student/old-name", "m.txt")).read_text() == "m"


@step
def card_pushes():
    """ModelCard.push_to_hub and metadata_update push metadata that search finds"""
    from huggingface_hub import ModelCard, metadata_update

    api().create_repo("carded")
    ModelCard("---\nlicense: mit\ntags: [from-the-lab]\n---\n# Mine").push_to_hub("student/carded")
    metadata_update("student/carded", {"language": ["en"]})
    assert ModelCard.load("student/carded").data.language == ["en"]
    assert [model.id for model in api().list_models(filter="from-the-lab")] == ["student/carded"]


@step
def parallel_writers():
    """Eight writers at once lose nothing"""
    api().create_repo("crowd")

    def write(number):
        api().upload_file(path_or_fileobj=b"%d" % number, path_in_repo=f"{number}.txt", repo_id="student/crowd")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    assert len(api().list_repo_files("student/crowd")) == 9
    assert len(api().list_repo_commits("student/crowd")) == 9
