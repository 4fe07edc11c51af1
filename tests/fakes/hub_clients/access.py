"""Who may do what: other users, private and gated repositories."""

import os

from tests.fakes.hub_clients.reading import api, raises
from tests.fakes.hub_clients.steps import step
from tests.fakes.hub_repos import BERT, GATED, GATED_AUTO


def bob():
    return api(os.environ["BOB_TOKEN"])


@step
def others_namespaces():
    """Another's namespace answers 403"""
    from huggingface_hub.errors import HfHubHTTPError

    for call in (
        lambda: api().create_repo("google-bert/mine"),
        lambda: api().upload_file(path_or_fileobj=b"x", path_in_repo="x.txt", repo_id=BERT),
        lambda: api().upload_file(path_or_fileobj=b"x", path_in_repo="x.txt", repo_id=BERT, create_pr=True),
        lambda: api().delete_repo(BERT),
        lambda: api().create_tag(BERT, tag="t"),
        lambda: api().update_repo_settings(BERT, private=True),
    ):
        assert raises(HfHubHTTPError, call).response.status_code == 403


@step
def private_repositories():
    """A private repository does not exist for others"""
    from huggingface_hub.errors import RepositoryNotFoundError

    api().create_repo("hidden", private=True)
    api().upload_file(path_or_fileobj=b"x", path_in_repo="x.txt", repo_id="student/hidden")
    assert "x.txt" in api().list_repo_files("student/hidden")
    assert raises(RepositoryNotFoundError, bob().model_info, "student/hidden").response.status_code == 404
    assert raises(RepositoryNotFoundError, api(False).model_info, "student/hidden").response.status_code == 401
    assert "student/hidden" not in [model.id for model in bob().list_models(author="student")]
    assert "student/hidden" in [model.id for model in api().list_models(author="student")]
    api().update_repo_settings("student/hidden", visibility="public")
    assert "x.txt" in bob().list_repo_files("student/hidden")


@step
def gates():
    """A gated repository shows itself, and its files after a grant"""
    from huggingface_hub.errors import GatedRepoError

    api().create_repo("fenced")
    api().upload_file(path_or_fileobj=b"x", path_in_repo="x.txt", repo_id="student/fenced")
    api().update_repo_settings("student/fenced", gated="manual")
    assert bob().model_info("student/fenced").gated == "manual"
    raises(GatedRepoError, bob().hf_hub_download, "student/fenced", "x.txt")
    assert raises(GatedRepoError, api(False).hf_hub_download, "student/fenced", "x.txt").response.status_code == 401
    raises(GatedRepoError, bob().auth_check, "student/fenced")
    api().grant_access("student/fenced", "bob")
    bob().auth_check("student/fenced")
    assert bob().hf_hub_download("student/fenced", "x.txt")
    assert [request.username for request in api().list_accepted_access_requests("student/fenced")] == ["bob"]
    api().reject_access_request("student/fenced", "bob", rejection_reason="no")
    raises(GatedRepoError, bob().auth_check, "student/fenced")


@step
def asking_at_a_gate():
    """An automatic gate opens on asking; a manual one waits"""
    from huggingface_hub.errors import GatedRepoError
    from huggingface_hub.utils import build_hf_headers, get_session

    raises(GatedRepoError, api().hf_hub_download, GATED, "weights.bin")
    for repo in (GATED, GATED_AUTO):
        reply = get_session().post(f"{os.environ['HF_ENDPOINT']}/{repo}/ask-access", headers=build_hf_headers())
        assert reply.status_code == 200
    assert api().hf_hub_download(GATED_AUTO, "weights.bin")
    raises(GatedRepoError, api().hf_hub_download, GATED, "weights.bin")
