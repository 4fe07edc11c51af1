"""Inputs of the probes of lab 2.5.0: each function returns the arguments of every call, fresh for every run."""

OPENINGS = ("A film", "The second act", "Nobody here", "My neighbour", "This director", "Every song", "The old tram")
VERBS = ("forgets", "remembers", "outlives", "paints", "explains", "borrows", "survives")
ENDINGS = ("the river", "a quiet winter", "its own trailer", "three unpaid bills", "the audience", "what it promised")


def tensors(draw, parameters):
    """Shapes of one to three axes in each floating dtype, with and without gradients."""
    calls = []
    for dtype in ("float32", "bfloat16", "float16", "float64"):
        shape = [draw.randint(3, 9) for _ in range(draw.randint(1, 3))]
        tracked = draw.random() < 0.5
        calls.append(
            {"shape": shape, "dtype": {"$dtype": dtype}, "device": parameters["device"], "requires_grad": tracked}
        )
    calls[0]["requires_grad"], calls[1]["requires_grad"] = True, False
    return calls


def dropout_models(draw, parameters):
    """Small models with dropout, one that is being trained and one that is not."""
    calls = []
    for training in (True, False):
        width, inner, rows = draw.randint(3, 6), draw.randint(12, 20), draw.randint(2, 5)
        layers = [linear(draw, width, inner), {"kind": "dropout", "p": 0.5}, linear(draw, inner, 3)]
        model = {"$module": {"layers": layers, "training": training, "device": parameters["device"]}}
        calls.append({"model": model, "features": tensor(draw, [rows, width], parameters["device"])})
    return calls


def loaders(draw, _parameters):
    """A shuffled loader twice with one seed and once with another, one in order, and one that drops its last batch."""
    count, size, seed = 7 * draw.randint(5, 8) + draw.randint(1, 6), 7, draw.randint(1, 10**6)
    rows = draw.sample(range(1000), count)
    common = {"rows": rows, "batch_size": size}
    return [
        {**common, "shuffle": True, "drop_last": False, "seed": seed},
        {**common, "shuffle": True, "drop_last": False, "seed": seed},
        {**common, "shuffle": True, "drop_last": False, "seed": seed + 1},
        {**common, "shuffle": False, "drop_last": False, "seed": seed},
        {**common, "shuffle": True, "drop_last": True, "seed": seed},
    ]


def texts(draw, _parameters):
    """Batches of sentences of different lengths: one that fits, one that has to be cut off."""
    short = [sentence(draw) for _ in range(draw.randint(2, 4))] + [f"{sentence(draw)} and {sentence(draw)}"]
    long = [" , ".join(sentence(draw) for _ in range(count)) for count in (1, 3, 6)]
    return [{"texts": short, "max_length": 64}, {"texts": long, "max_length": draw.randint(9, 14)}]


def sequences(draw, parameters):
    """A transformer with fresh weights, and sequences of very different lengths."""
    config = {
        "model_type": "bert", "vocab_size": 120, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4,
        "intermediate_size": 48, "max_position_embeddings": 40, "num_labels": 3, "initializer_range": 0.3,
    }  # fmt: skip
    model = {
        "config": config, "task": "SequenceClassification", "seed": draw.randint(1, 10**6), "training": False,
        "device": parameters["device"],
    }  # fmt: skip
    rows = [[draw.randint(5, 119) for _ in range(length)] for length in (3, draw.randint(6, 12), draw.randint(20, 30))]
    return [{"model": {"$transformer": model}, "sequences": rows, "pad_id": 0}]


def hidden_states(draw, _parameters):
    """Hidden states and the weights of a head, with as many classes as chance has it."""
    calls = []
    for _ in range(2):
        rows, tokens, width, classes = draw.randint(3, 6), draw.randint(4, 8), draw.randint(5, 9), draw.randint(3, 5)
        calls.append(
            {
                "hidden": tensor(draw, [rows, tokens, width]),
                "weight": tensor(draw, [classes, width]),
                "bias": tensor(draw, [classes]),
            }
        )
    return calls


def modules(draw, _parameters):
    """Chains of layers: all trained, one frozen, and two that share a weight."""
    width, inner = draw.randint(4, 30), draw.randint(31, 60)
    layers = [linear(draw, width, inner), {"kind": "tanh"}, linear(draw, inner, width), linear(draw, width, 3)]
    frozen = [{**layers[0], "frozen": True}, *layers[1:]]
    square = [linear(draw, width, width), {"kind": "tanh"}, linear(draw, width, width)]
    return [
        {"model": {"$module": {"layers": layers, "training": True}}},
        {"model": {"$module": {"layers": frozen, "training": True}}},
        {"model": {"$module": {"layers": square, "training": True, "tied": [[0, 2]]}}},
    ]


def configs(draw, _parameters):
    """A BERT-like configuration and a Llama-like one with an output layer of its own."""
    return [{"config": bert(draw)}, {"config": llama(draw, tied=False, shared=1)}]


def weights(draw, _parameters):
    """Numbers of parameters, in each dtype."""
    return [
        {"parameters": draw.randint(10**6, 8 * 10**10), "dtype": dtype}
        for dtype in ("fp32", "fp16", "bf16", "int8", "int4")
    ]


def counts(draw, _parameters):
    """Numbers of parameters to train."""
    return [{"parameters": draw.randint(10**6, 10**10)}]


def bert(draw):
    """A BERT-like configuration."""
    width = 64 * draw.randint(2, 20)
    return {
        "model_type": "bert",
        "vocab_size": draw.randint(5_000, 60_000),
        "hidden_size": width,
        "intermediate_size": 32 * draw.randint(8, 200),
        "num_hidden_layers": draw.randint(2, 40),
        "num_attention_heads": width // 64,
        "max_position_embeddings": draw.choice((128, 512, 1024)),
        "type_vocab_size": draw.randint(1, 3),
    }


def llama(draw, *, tied, shared):
    """A Llama-like configuration, in which so many query heads share one key and value head."""
    heads = 4 * draw.randint(2, 16)
    return {
        "model_type": "llama",
        "vocab_size": draw.randint(20_000, 130_000),
        "hidden_size": 64 * heads,
        "intermediate_size": 64 * draw.randint(20, 300),
        "num_hidden_layers": draw.randint(4, 60),
        "num_attention_heads": heads,
        "num_key_value_heads": heads // shared,
        "head_dim": 64,
        "tie_word_embeddings": tied,
    }


def linear(draw, inputs, outputs):
    """A linear layer with random weights."""
    return {"kind": "linear", "weight": tensor(draw, [outputs, inputs]), "bias": tensor(draw, [outputs])}


def tensor(draw, shape, device="cpu"):
    """A tensor of random numbers that are exact in float32."""
    count = 1
    for size in shape:
        count *= size
    values = [draw.randint(-2048, 2048) / 1024 for _ in range(count)]
    return {"$tensor": {"dtype": "float32", "shape": shape, "values": values, "device": device}}


def sentence(draw):
    """A sentence."""
    return f"{draw.choice(OPENINGS)} {draw.choice(VERBS)} {draw.choice(ENDINGS)}"
