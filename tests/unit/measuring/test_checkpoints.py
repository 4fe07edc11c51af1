"""A saved model is read from config.json and safetensors alone."""

import json

import pytest
import torch
from safetensors.torch import load_file, save_file

from grader.errors import InternalFault, SubmissionFault
from grader.measuring.registry import measure
from tests.fakes.tiny_models import config_of, spec_of
from tests.unit.measuring.conftest import Models

SPEC = spec_of("checkpoint", "model")


def damaged(own: Models, **tensors: torch.Tensor | None) -> Models:
    path = own.root / "artifacts" / "model" / "model.safetensors"
    found = load_file(path) | {name.replace("__", "."): tensor for name, tensor in tensors.items()}
    save_file({name: tensor.contiguous() for name, tensor in found.items() if tensor is not None}, path)
    return own


def configured(own: Models, **fields: object) -> Models:
    path = own.root / "artifacts" / "model" / "config.json"
    config = json.loads(path.read_text()) | fields
    path.write_text(json.dumps({name: value for name, value in config.items() if value != "drop"}))
    return own


def test_a_whole_model_is_described(models: Models) -> None:
    found = measure(SPEC, models.inputs)

    assert found["architecture"] == type(config_of(models.family)).__name__.replace(
        "Config", "ForSequenceClassification"
    )
    assert found["id2label"] == {"0": "negative", "1": "positive"}
    assert (found["num_labels"], found["finite"]) == (2, True)
    assert (found["missing"], found["unexpected"], found["misshaped"], found["pickles"]) == ([], [], [], [])
    assert set(found["dtypes"]) == {"F32"}
    assert found["parameters"] == sum(
        t.numel() for t in load_file(models.root / "artifacts/model/model.safetensors").values()
    )


def test_missing_unexpected_and_misshaped_tensors_are_named(own: Models) -> None:
    damaged(own, classifier__weight=torch.zeros(3, 16), classifier__bias=None, extra=torch.zeros(1))

    found = measure(SPEC, own.inputs)

    assert found["missing"] == ["classifier.bias"]
    assert found["misshaped"] == ["classifier.weight"]
    assert found["unexpected"] == ["extra"]


def test_nan_is_seen(own: Models) -> None:
    damaged(own, classifier__bias=torch.tensor([0.0, float("nan")]))

    assert measure(SPEC, own.inputs)["finite"] is False


def test_pickles_beside_the_weights_are_named(own: Models) -> None:
    (own.root / "artifacts/model/training_args.bin").write_bytes(b"PK\x03\x04")

    assert measure(SPEC, own.inputs)["pickles"] == ["training_args.bin"]


def test_float16_weights_fit(own: Models) -> None:
    path = own.root / "artifacts/model/model.safetensors"
    save_file({name: tensor.half() for name, tensor in load_file(path).items()}, path)

    found = measure(SPEC, own.inputs)

    assert (found["dtypes"].keys(), found["misshaped"]) == ({"F16"}, [])


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"auto_map": {"AutoModel": "evil.Model"}}, "`auto_map` asks for code"),
        ({"trust_remote_code": True}, "`trust_remote_code` asks for code"),
        ({"quantization_config": {"bits": 4}}, "`quantization_config` asks for code"),
        ({"model_type": "llama"}, "`model_type` is 'llama'"),
        ({"architectures": ["BertModel"]}, "`architectures` is ['BertModel']"),
        ({"architectures": "drop"}, "`architectures` is None"),
        ({"is_decoder": True}, "`is_decoder` makes it another kind"),
        ({"position_embedding_type": "relative_key"}, "`position_embedding_type` makes it another kind"),
        ({"vocab_size": 10**12}, "`vocab_size` is 1000000000000"),
        ({"hidden_size": 10**9}, "`hidden_size` is 1000000000"),
        ({"num_hidden_layers": 10**6}, "`num_hidden_layers`"),
        ({"num_hidden_layers": "2"}, "`num_hidden_layers` is 2; a whole number"),
        ({"num_attention_heads": 3}, "16 hidden units cannot be shared by 3 heads"),
        ({"hidden_dropout_prob": 7}, "`hidden_dropout_prob` is 7"),
        ({"hidden_act": "__import__('os')"}, "`hidden_act`"),
        ({"pad_token_id": -5}, "`pad_token_id` is -5"),
        ({"id2label": {"0": "a", "2": "b"}}, "`id2label` does not give"),
        ({"id2label": "drop", "num_labels": 10**9}, "`num_labels` is no sane number"),
    ],
    ids=lambda value: "" if isinstance(value, str) else "-".join(value),
)
def test_a_strange_configuration_is_refused(own: Models, fields: dict[str, object], told: str) -> None:
    configured(own, **fields)

    with pytest.raises(SubmissionFault) as caught:
        measure(SPEC, own.inputs)

    assert caught.value.code == "GR315"
    assert told in caught.value.message


def test_a_configuration_that_is_a_list_is_refused(own: Models) -> None:
    (own.root / "artifacts/model/config.json").write_text("[]")

    with pytest.raises(SubmissionFault, match="it holds no object"):
        measure(SPEC, own.inputs)


def test_labels_without_names_are_numbered(own: Models) -> None:
    configured(own, id2label="drop")

    assert measure(SPEC, own.inputs)["id2label"] == {"0": "LABEL_0", "1": "LABEL_1"}


def test_a_sane_but_large_configuration_allocates_nothing(own: Models) -> None:
    configured(own, hidden_size=8192, num_attention_heads=64, vocab_size=300_000, num_hidden_layers=4)

    found = measure(SPEC, own.inputs)  # 10 GB of weights, were they made

    assert "bert.embeddings.word_embeddings.weight" in found["misshaped"]


def test_a_missing_folder_is_named(own: Models) -> None:
    with pytest.raises(SubmissionFault, match="did not write the folder modell; model is there") as caught:
        measure(spec_of("checkpoint", "modell"), own.inputs)

    assert caught.value.code == "GR314"


def test_pickled_weights_alone_are_refused_as_such(own: Models) -> None:
    folder = own.root / "artifacts/model"
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")

    with pytest.raises(SubmissionFault) as caught:
        measure(SPEC, own.inputs)

    assert caught.value.code == "GR316"


def test_a_buffer_that_no_file_holds_and_we_do_not_know_is_ours() -> None:
    from grader.measuring.checkpoints import fill_buffers

    model = torch.nn.Module()
    model.register_buffer("rotations", torch.zeros(3), persistent=False)

    with pytest.raises(InternalFault, match="a buffer rotations that we do not know"):
        fill_buffers(model)


def test_a_file_that_the_library_refuses_is_the_students(own: Models) -> None:
    path = own.root / "artifacts/model/model.safetensors"
    text = b'{"a":{"dtype":"F8_E5M2","shape":[1],"data_offsets":[0,1]},"__metadata__":{"format":3}}'
    path.write_bytes(len(text).to_bytes(8, "little") + text + b"\0")

    with pytest.raises(SubmissionFault) as caught:
        measure(SPEC, own.inputs)

    assert caught.value.code == "GR315"
