"""transformers and peft: loading by id, pushing, pipelines, the Trainer."""

import os
from pathlib import Path

from tests.fakes.hub_clients.reading import api
from tests.fakes.hub_clients.steps import step
from tests.fakes.hub_repos import BERT, SENTIMENT, SHARDED


@step
def from_pretrained():
    """AutoConfig, AutoModel and AutoTokenizer load by id, by alias and from shards"""
    from transformers import AutoConfig, AutoModel, AutoModelForSequenceClassification, AutoTokenizer

    assert AutoConfig.from_pretrained(BERT).model_type == "bert"
    tokenizer = AutoTokenizer.from_pretrained(BERT)
    model = AutoModel.from_pretrained("bert-base-uncased")
    assert model(**tokenizer("a good film", return_tensors="pt")).last_hidden_state.shape[-1] == 16
    assert AutoModelForSequenceClassification.from_pretrained(SHARDED).num_labels == 2


@step
def pipelines():
    """pipeline(task, model=id), pipeline(model=id), and the pinned default of sentiment-analysis"""
    from transformers import pipeline

    named = pipeline("text-classification", model=SENTIMENT)("good film")
    assert pipeline(model=SENTIMENT)("good film")[0]["label"] == named[0]["label"]
    assert pipeline("sentiment-analysis")("good film")[0]["label"] == named[0]["label"]


@step
def push_to_hub():
    """A model, a tokenizer and a configuration are pushed and come back"""
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    model, tokenizer = (
        AutoModelForSequenceClassification.from_pretrained(SENTIMENT),
        AutoTokenizer.from_pretrained(SENTIMENT),
    )
    model.push_to_hub("my-classifier", commit_message="My model")
    tokenizer.push_to_hub("my-classifier")
    model.config.push_to_hub("only-config", private=True)
    again = AutoModelForSequenceClassification.from_pretrained("student/my-classifier")
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), again.parameters(), strict=True))
    assert AutoTokenizer.from_pretrained("student/my-classifier")("good").input_ids == tokenizer("good").input_ids
    info = api().model_info("student/my-classifier")
    assert (info.pipeline_tag, info.library_name) == ("text-classification", "transformers")
    assert info.safetensors.total == sum(p.numel() for p in model.parameters())


@step
def trainer():
    """Trainer(push_to_hub=True) pushes each save and the end of the training"""
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer, Trainer, TrainingArguments

    torch.set_num_threads(1)
    tokenizer = AutoTokenizer.from_pretrained(SENTIMENT)
    rows = [{**tokenizer("good film", padding="max_length", max_length=8), "label": 1}] * 8
    out = Path(os.environ["HF_HOME"]) / "trained"
    arguments = TrainingArguments(
        str(out), push_to_hub=True, hub_strategy="every_save", hub_model_id="student/trained", max_steps=2,
        save_steps=1, per_device_train_batch_size=4, use_cpu=True, report_to="none",
    )  # fmt: skip
    model = AutoModelForSequenceClassification.from_pretrained(SENTIMENT)
    run = Trainer(model=model, args=arguments, train_dataset=rows, processing_class=tokenizer)
    run.train()
    run.push_to_hub(dataset_tags="stanfordnlp/imdb", tags=["lab"])
    titles = [commit.title for commit in api().list_repo_commits("student/trained")]
    assert any("Training in progress" in title for title in titles)
    assert "End of training" in titles
    info = api().model_info("student/trained")
    assert "dataset:stanfordnlp/imdb" in info.tags
    assert "training_args.bin" in [sibling.rfilename for sibling in info.siblings]


@step
def peft_adapters():
    """PeftModel pushes an adapter; it loads back alone, as an AutoPeftModel, and merged"""
    from peft import AutoPeftModelForSequenceClassification, LoraConfig, PeftModel, get_peft_model
    from transformers import AutoModelForSequenceClassification

    base = AutoModelForSequenceClassification.from_pretrained(BERT)
    adapted = get_peft_model(base, LoraConfig(task_type="SEQ_CLS", r=2, target_modules=["query", "value"]))
    adapted.push_to_hub("my-adapter")
    again = PeftModel.from_pretrained(AutoModelForSequenceClassification.from_pretrained(BERT), "student/my-adapter")
    again.merge_and_unload().push_to_hub("my-merged")
    AutoPeftModelForSequenceClassification.from_pretrained("student/my-adapter")
    assert AutoModelForSequenceClassification.from_pretrained("student/my-adapter") is not None
    info = api().model_info("student/my-adapter")
    assert info.library_name == "peft"
    assert f"base_model:adapter:{BERT}" in info.tags
    assert "student/my-adapter" in [model.id for model in api().list_models(filter="peft")]
    assert AutoModelForSequenceClassification.from_pretrained("student/my-merged").config.model_type == "bert"
