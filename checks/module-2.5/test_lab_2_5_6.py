"""Checks of lab 2.5.6: the repository, its release, its files and its weights, as the Hub itself holds them."""

import math

import weights
from calibration import thresholds
from published import JUNK, NEEDED, answered, head, logits, repository, tolerance
from secret_scan import leaks_in
from words import some

from grader.checking.api import CheckFailure, Missing, SubmissionFault, check

LABELS = ["neg", "pos"]
#: How much text of a repository is looked through for secrets, and where a NUL tells that a file is no text.
MOST_TEXT, HEAD = 8 * 1024**2, 8192


@check(points=4, cell="exercise-5", hint="Complete `publish`: create the repository, then push.")
def test_repository(hub, run, evidence):
    """The repository is yours, public, and holds what this run pushed"""
    repo = repository(hub, run)
    evidence.note("Repository", repo.repo_id)
    evidence.at_least("Commits that this run pushed", len(hub.pushes(repo.repo_id)), 1)
    if not evidence.holds(
        "Everybody can read it",
        not repo.private,
        f"{repo.repo_id} is private: nobody but you can see it.",
        measured="private" if repo.private else "public",
        required="public",
    ):
        evidence.partial(0.5)
        evidence.mistake("private-repository", "Create it with `private=False`, or change it in its settings.")


@check(points=6, cell="exercise-6", needs=[test_repository], hint="Run `release` last, after the last push.")
def test_release(artifacts, hub, run, evidence):
    """The release is recorded: commit, tag and files"""
    upload, repo = artifacts.fits_schema("upload.json"), repository(hub, run)
    for key, value in (("student_id", run.student_id), ("seed", run.seed)):
        evidence.equals(f"`{key}`", upload[key], value, hint="Leave the stamp of `write_json` as it is.")
    if not evidence.equals("Repository", upload.text("repo_id"), repo.repo_id):
        evidence.mistake("other-repository", "State your own repository: `repo_id`, as the notebook builds it.")
    stated, tag = upload.text("commit"), upload.text("tag")
    if not evidence.holds(
        "The commit is the head of main",
        stated == head(repo),
        f"upload.json names commit {stated[:7]}, but main is at {head(repo)[:7]}.",
        measured=head(repo)[:7],
        claimed=stated[:7],
        required="the head of main",
    ):
        known = stated in {commit.oid for commit in hub.history(repo.repo_id)}
        evidence.mistake(
            "older-commit" if known else "unknown-commit",
            "Push everything first, then tag, then write upload.json."
            if known
            else "Ask the Hub: `api.model_info(repo_id, revision=tag).sha`.",
        )
    if not evidence.holds(
        f"The tag {tag[:40]} is at this commit",
        repo.tags.get(tag) == stated,
        f"The Hub has no tag {tag[:40]} at commit {stated[:7]}.",
        measured=repo.tags.get(tag, "no such tag")[:11],
        required=stated[:7],
    ):
        evidence.mistake("tag-missing", "`api.create_tag(repo_id, tag=...)`, after the last push.")
    _compare_files(upload.nested("files"), hub.files(repo.repo_id), evidence)


def _compare_files(stated, files, evidence):
    """The files that are stated against those of main."""
    wrong = [name for name in stated if name not in files or stated[name] != files[name].sha256]
    left_out = [name for name in files if name not in stated]
    evidence.holds(
        "Every file has the SHA-256 that you state",
        not wrong and not left_out,
        f"upload.json does not describe the files of main: see {some([*wrong, *left_out])}.",
        measured=some([*wrong, *left_out]) or "all equal",
        required="all equal",
        hint="Hash the files as they are downloaded at this commit.",
    )


@check(points=10, cell="exercise-5", needs=[test_repository], hint="`push_to_hub` of model, tokenizer and card.")
def test_files(artifacts, measured, evidence):
    """The repository holds what a user needs, and nothing else"""
    names = artifacts.names("pushed")
    lacking, junk = [name for name in NEEDED if name not in names], [name for name in names if JUNK.search(name)]
    if "model.safetensors" in lacking and junk:
        raise CheckFailure(
            f"The weights are not there as safetensors, but there is {some(junk)}.",
            "Push with `model.push_to_hub`: a pickle can run code on the machine of whoever loads it.",
            mistake="weights-pickled",
        )
    if lacking:
        raise Missing(f"The repository lacks {some(lacking)}.", _how_to_add(lacking[0]))
    if not evidence.holds(
        "Nothing that belongs to a training",
        not junk,
        f"The repository holds {some(junk)}, which nobody needs who uses the model.",
        measured=some(junk) or "nothing",
        required="nothing",
        hint="Push model, tokenizer and card, not the folder of the training.",
    ):
        evidence.partial(0.5)
        evidence.mistake("junk-in-the-repository")
    _look_into_model(measured, evidence)


def _how_to_add(name):
    if name.startswith("tokenizer"):
        return "A model without its tokenizer cannot be used: `tokenizer.push_to_hub(repo_id)`."
    return "Push the card: `card.push_to_hub(repo_id)`." if name == "README.md" else "`model.push_to_hub(repo_id)`."


def _look_into_model(measured, evidence):
    """Whether weights, configuration and tokenizer belong together."""
    found = measured.pushed
    for what in ("missing", "unexpected", "misshaped"):
        names = list(found[what])
        evidence.holds(
            f"No tensor is {what}",
            not names,
            f"The weights do not fit config.json: {some(names)} {'is' if len(names) == 1 else 'are'} {what}.",
            measured=some(names) or "none",
            required="none",
        )
    evidence.holds("Every weight is a finite number", found["finite"], "Some weights are NaN or infinite.")
    labels = [found["id2label"].get(str(number), "nothing") for number in range(found["num_labels"])]
    if not evidence.equals("Labels", ", ".join(labels), ", ".join(LABELS)) and labels == LABELS[::-1]:
        evidence.mistake("labels-swapped", "0 is a negative review and 1 a positive one: `id2label` has them swapped.")
    apart = measured.tokenizer["sample_disagreements"]
    if not evidence.holds(
        "The tokenizer is the one of the base model",
        measured.tokenizer["equal"],
        f"The pushed tokenizer differs from the base model's in: {some(list(measured.tokenizer['differing']))}.",
        measured=f"{apart} of 200 texts differ",
        required="0 of 200 texts differ",
    ):
        evidence.mistake("tokenizer-mismatch", "Push the tokenizer that the model was trained with.")


@check(points=6, cell="exercise-5", needs=[test_files], hint="Push the model that `train` returned.")
def test_weights(artifacts, lab, measured, evidence):
    """The pushed weights are the ones that you trained"""
    pushed, trained = (f"{folder}/model.safetensors" for folder in ("pushed", "model"))
    headers = [artifacts.safetensors(name) for name in (pushed, trained)]
    gap, where = weights.largest_difference(*(weights.read_weights(artifacts.path(name)) for name in (pushed, trained)))
    exact = all(tensor.dtype == "F32" for header in headers for tensor in header.tensors.values())
    evidence.holds(
        "They are those of model/",
        gap <= (0.0 if exact else 0.02),
        f"The pushed weights differ from those of model/, most of all in {where}.",
        measured=f"largest difference {gap:.2g}",
        required="none" if exact else "at most 0.02, in half precision",
        hint="Push after the last training, and train nothing afterwards.",
    )
    limits, found = thresholds(lab)["encoder_distance"], measured.distance
    moved = round(found["relative_l2"], 4)
    if not evidence.holds(
        "The encoder was trained",
        moved >= limits["least"] and not found["head_only"],
        "The pushed encoder is that of the base model: nothing was trained, or something else was pushed.",
        measured=moved,
        required=f"at least {limits['least']}",
    ):
        evidence.mistake("base-weights", "Push the fine-tuned `model`, not a freshly loaded one.")


@check(points=10, cell="exercise-6", needs=[test_files], hint="Load it by id into an empty folder, as exercise 6 does.")
def test_loads(artifacts, measured, probes, run, evidence):
    """Anybody can load the model by its id, and it predicts the same"""
    (call,) = probes.of("use_as_a_stranger")
    theirs = answered(call, "loaded").entries("value")
    ours, _ = logits(artifacts, call.inputs["texts"])
    evidence.equals("Texts that were answered", len(theirs), len(ours))
    gaps = [_gap(row, list(right)) for row, right in zip(theirs, ours, strict=False)]
    evidence.at_most(
        "Largest difference to what the pushed weights say",
        max(gaps, default=0.0),
        tolerance(measured, run),
        hint="What is loaded by id must be what main holds.",
    )


def _gap(row, right) -> float:
    """The largest difference of two rows of logits; infinite where one is no row of logits."""
    fits = isinstance(row, list) and len(row) == len(right)
    if not fits or not all(isinstance(value, float) and math.isfinite(value) for value in row):
        return math.inf
    return max(abs(one - other) for one, other in zip(row, right, strict=True))


@check(points=10, cell="exercise-5", needs=[test_repository], hint="Look at the file and line that are named.")
def test_no_secret(artifacts, notebook, run, evidence):
    """No token, home folder or address is published or printed"""
    texts = {name: _text_of(artifacts, name) for name in artifacts.names("pushed")}
    if sum(map(len, texts.values())) > MOST_TEXT:
        raise CheckFailure(
            f"The repository holds more than {MOST_TEXT // 1024**2} MiB of text, which a model needs not."
        )
    found = [leak for name, text in texts.items() for leak in leaks_in(name, text)]
    numbers, own = {cell.id: cell.number for cell in run.cells}, (run.student_id,)
    for cell in notebook.cells:
        where = f"cell {numbers[cell.id]}" if cell.id in numbers else "the injected parameters"
        found += leaks_in(f"the code of {where}", cell.source, allowed=own)
        found += leaks_in(f"the output of {where}", cell.text, folders=False, allowed=own)
    evidence.note("Files looked through", len(texts))
    if not evidence.holds(
        "Nothing private",
        not found,
        f"{found[0].words[0].upper()}{found[0].words[1:]}." if found else "",
        measured=f"{len(found)} places" if found else "nothing",
        required="nothing",
    ):
        kind = found[0].kind
        secret = kind not in {"a home folder", "an e-mail address"}
        evidence.mistake(
            "token-leaked" if secret else "private-data-leaked",
            "Take it out, and revoke it: what was published once is known. A token belongs into `HF_TOKEN` alone."
            if secret
            else "Take it out before you push: use names of the Hub instead of paths and addresses.",
        )


def _text_of(artifacts, name) -> str:
    """What there is to read in a pushed file: its text, or the metadata of weights; nothing in other binary files."""
    path = f"pushed/{name}"
    if name.endswith(".safetensors"):
        try:
            return "\n".join(f"{key}: {value}" for key, value in artifacts.safetensors(path).metadata.items())
        except SubmissionFault:  # a damaged file is for the check of the files
            return ""
    with artifacts.path(path).open("rb") as file:
        data = file.read(MOST_TEXT + 1)
    return "" if b"\0" in data[:HEAD] else data.decode("utf-8", "replace")
