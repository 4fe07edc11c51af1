"""datasets: loading, streaming, pushing."""

import os

from tests.fakes.hub_clients.reading import api
from tests.fakes.hub_clients.steps import step
from tests.fakes.hub_repos import CSV, IMDB


@step
def load_dataset():
    """load_dataset by id, configuration, split, data_files, hf:// and resolve URLs"""
    from datasets import get_dataset_config_names, get_dataset_split_names, load_dataset

    imdb = load_dataset(IMDB)
    assert {name: split.num_rows for name, split in imdb.items()} == {"train": 60, "test": 20}
    assert load_dataset(IMDB, "plain_text", split="test[:5]").num_rows == 5
    assert get_dataset_config_names(IMDB) == ["plain_text"]
    assert set(get_dataset_split_names(IMDB)) == {"train", "test"}
    assert load_dataset(CSV, data_files="train.csv", split="train").num_rows == 30
    assert load_dataset("json", data_files=f"hf://datasets/{CSV}/extra/more.jsonl", split="train").num_rows == 2
    url = f"{os.environ['HF_ENDPOINT']}/datasets/{CSV}/resolve/main/train.csv"
    assert load_dataset("csv", data_files=url, split="train").num_rows == 30


@step
def streaming():
    """A streamed dataset is read by ranges; take, skip, shuffle, filter and map work on it"""
    import datasets
    from datasets import load_dataset

    datasets.config.SLEEP_TIME_ON_THREADS_SHUTDOWN = 0
    stream = load_dataset(IMDB, split="train", streaming=True)
    assert len(list(stream.take(3))) == 3
    assert next(iter(stream.skip(10)))["text"] == "a bad film 10"
    assert next(iter(stream.filter(lambda row: row["label"] == 1)))["label"] == 1
    assert next(iter(stream.map(lambda row: {"n": len(row["text"])})))["n"] == 12
    assert len(list(stream.shuffle(seed=1, buffer_size=10).take(2))) == 2


@step
def push_datasets():
    """Dataset, DatasetDict and configurations are pushed as parquet, in shards, and come back"""
    from datasets import Dataset, DatasetDict, load_dataset

    rows = Dataset.from_dict({"text": [f"row {i}" for i in range(50)], "label": [i % 2 for i in range(50)]})
    rows.push_to_hub("student/rows", num_shards=3)
    DatasetDict({"train": rows, "test": rows.select(range(5))}).push_to_hub("student/rows", config_name="second")
    rows.push_to_hub("student/secret-rows", private=True)
    assert load_dataset("student/rows", split="train")["text"] == rows["text"]
    assert load_dataset("student/rows", "second", split="test").num_rows == 5
    files = api().list_repo_files("student/rows", repo_type="dataset")
    assert sum(name.startswith("data/train-") for name in files) == 3
    assert api().dataset_info("student/rows").card_data["configs"]
    load_dataset(IMDB, split="train", streaming=True).take(4).push_to_hub("student/streamed")
    assert load_dataset("student/streamed", split="train").num_rows == 4


@step
def push_images():
    """A dataset of images travels with its pixels"""
    import numpy as np
    from datasets import Dataset, Features, Image, Value, load_dataset
    from PIL import Image as Picture

    pictures = [Picture.fromarray(np.full((4, 4, 3), 40 * n, dtype=np.uint8)) for n in range(3)]
    features = Features({"image": Image(), "label": Value("int32")})
    Dataset.from_dict({"image": pictures, "label": [0, 1, 2]}, features=features).push_to_hub("student/pictures")
    again = load_dataset("student/pictures", split="train")
    assert again[2]["image"].getpixel((0, 0)) == (80, 80, 80)


@step
def delete_configuration():
    """delete_from_hub takes one configuration away, as a pull request"""
    from datasets.hub import delete_from_hub

    commit = delete_from_hub("student/rows", "second")
    assert commit.pr_revision == "refs/pr/1"
    files = api().list_repo_files("student/rows", repo_type="dataset", revision="refs/pr/1")
    assert not any(name.startswith("second/") for name in files)
