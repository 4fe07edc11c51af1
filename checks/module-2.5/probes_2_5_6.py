"""The probe of lab 2.5.6: what a stranger gets who has nothing but the id of the repository.

`use_as_a_stranger` is the grader's own. Its text goes to the student's box, where it starts a fresh Python with an
empty cache and without a token; what comes back is compared with the grader's own predictions.
"""

from itertools import islice

TEXTS = 24


def reviews(draw, parameters):
    """Fresh reviews, in the language of the data set: nobody has seen them."""
    from grader.checking.api.miniatures import reviews as written

    texts = [review.text for review in islice(written(f"stranger/{draw.getrandbits(64)}"), TEXTS)]
    return [{"name": parameters["repo_name"], "texts": texts}]


def use_as_a_stranger(name, texts):
    """Load the student's repository by id and follow its card, in a process that knows nothing of the notebook.

    Returns `loaded` (the logits of each text) and `followed` (label and score of each text by the card's own code);
    each is `{"value": ...}`, or `{"error": ...}` in words.
    """
    import json
    import os
    import subprocess
    import sys
    import tempfile
    from pathlib import Path

    own = ("HF_TOKEN", "HF_HOME", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "TRANSFORMERS_CACHE", "HF_HUB_OFFLINE")
    environment = {key: value for key, value in os.environ.items() if key not in own}
    with tempfile.TemporaryDirectory() as empty:
        environment |= {"HF_HOME": empty, "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1"}
        job = {"name": name, "texts": texts, "token": os.environ.get("HF_TOKEN"), "answer": f"{empty}/answer.json"}
        # in an empty folder: a folder of the repository's name would be taken for the repository
        subprocess.run([sys.executable, "-I", "-c", STRANGER, json.dumps(job)], cwd=empty, env=environment, check=False)
        return json.loads(Path(job["answer"]).read_text("utf-8"))


STRANGER = r"""
import json
import re
import sys

job = json.loads(sys.argv[1])


def attempt(step):
    try:
        return {"value": step()}
    except (Exception, SystemExit) as error:
        return {"error": f"{type(error).__name__}: {error}"[:400]}


def load():
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(repo_id)
    model = AutoModelForSequenceClassification.from_pretrained(repo_id).eval()
    with torch.inference_mode():
        batch = tokenizer(job["texts"], padding=True, truncation=True, max_length=512, return_tensors="pt")
        return model(**batch).logits.float().tolist()


def follow():
    from huggingface_hub import hf_hub_download

    with open(hf_hub_download(repo_id, "README.md"), encoding="utf-8") as file:
        block = re.search(r"^(`{3,}|~{3,})[ ]*(?:python|py)\b[^\n]*\n(.*?)^\1", file.read(), re.M | re.S)
    if block is None:
        raise LookupError("the card holds no block of code that is marked as python")
    names = {"__name__": "__main__"}
    exec(compile(block[2], "<card>", "exec"), names)
    classifier = names.get("classifier")
    if not callable(classifier):
        raise LookupError("the code of the card leaves no `classifier` behind")
    return [best(answer) for answer in classifier(job["texts"])]


def best(answer):
    answers = answer if isinstance(answer, list) else [answer]
    first = max(answers, key=lambda entry: entry["score"])
    return {"label": str(first["label"]), "score": float(first["score"])}


def main():
    from huggingface_hub import HfApi

    found = HfApi().whoami(token=job["token"])["name"] + "/" + job["name"]
    HfApi().model_info(found, token=False)  # whoever cannot see it need not import the libraries first
    return found


who = attempt(main)
repo_id = who.get("value", "")
answer = {"loaded": attempt(load), "followed": attempt(follow)} if repo_id else {"loaded": who, "followed": who}
with open(job["answer"], "w", encoding="utf-8") as file:
    json.dump(answer, file)
"""
