"""Checkpoints that are nearly the same, apart from the base that everybody shares."""

import pytest
import torch
from safetensors.torch import save_file

from grader.overview.checkpoints import DIRECTIONS, THRESHOLD, alike_checkpoints, sketch


@pytest.fixture
def base(tmp_path):
    torch.manual_seed(0)
    return saved(tmp_path / "base.safetensors", {"encoder.w": torch.randn(64, 64), "encoder.b": torch.randn(64)})


def saved(path, tensors):
    save_file(tensors, path)
    return path


def trained(tmp_path, base, name, seed, *, noise=0.0, dtype=torch.float32):
    """The base, changed a little in a direction of the seed's own."""
    from safetensors.torch import load_file

    tensors = load_file(base)
    torch.manual_seed(seed)
    changed = {key: value + 0.02 * torch.randn_like(value) for key, value in tensors.items()}
    changed["head.w"] = torch.randn(2, 64) * 0.02
    torch.manual_seed(99)
    changed = {key: (value + noise * torch.randn_like(value)).to(dtype) for key, value in changed.items()}
    return saved(tmp_path / f"{name}.safetensors", changed)


def test_copies_are_found_rounded_or_trained_on_a_little_and_honest_work_is_not(tmp_path, base):
    files = {
        "ada": trained(tmp_path, base, "ada", 1),
        "bob": trained(tmp_path, base, "bob", 1, noise=0.001),
        "cy": trained(tmp_path, base, "cy", 2),
        "di": trained(tmp_path, base, "di", 1, dtype=torch.float16),
    }
    sketches = {student: sketch(path, base) for student, path in files.items()}

    pairs = alike_checkpoints(sketches)

    assert {(pair.first, pair.second) for pair in pairs} == {("ada", "bob"), ("ada", "di"), ("bob", "di")}
    assert all(pair.share >= THRESHOLD for pair in pairs)
    assert float(sketches["ada"] @ sketches["cy"]) < 0.4


def test_the_shared_base_makes_nobody_alike(tmp_path, base):
    one, other = (trained(tmp_path, base, name, seed) for name, seed in (("a", 1), ("b", 2)))

    assert float(sketch(one, None) @ sketch(other, None)) > 0.99
    assert float(sketch(one, base) @ sketch(other, base)) < 0.4


def test_a_sketch_has_length_one_and_is_the_same_every_time(tmp_path, base):
    path = trained(tmp_path, base, "ada", 1)

    made = sketch(path, base)

    assert made.shape == (DIRECTIONS,)
    assert float(made @ made) == pytest.approx(1.0, abs=1e-5)
    assert (sketch(path, base) == made).all()


def test_weights_that_equal_the_base_or_cannot_be_read_have_no_sketch(tmp_path, base):
    assert sketch(base, base) is None
    (tmp_path / "cut.safetensors").write_bytes(base.read_bytes()[:100])
    assert sketch(tmp_path / "cut.safetensors", base) is None
    broken = saved(tmp_path / "nan.safetensors", {"encoder.w": torch.full((4, 4), float("nan"))})
    assert sketch(broken, base) is None


def test_one_student_has_no_pair(tmp_path, base):
    assert alike_checkpoints({"ada": sketch(trained(tmp_path, base, "ada", 1), base)}) == ()
