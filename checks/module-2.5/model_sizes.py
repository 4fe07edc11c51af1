"""Parameters and bytes of models, worked out from their configurations."""

BITS = {"fp32": 32, "fp16": 16, "bf16": 16, "int8": 8, "int4": 4}


def config_parameters(config) -> int:
    """Parameters of a `BertModel` or a `LlamaForCausalLM` with this configuration."""
    width, inner = config["hidden_size"], config["intermediate_size"]
    if config["model_type"] == "bert":
        tables = config["vocab_size"] + config["max_position_embeddings"] + config["type_vocab_size"]
        attention = 4 * (width + 1) * width + 2 * width
        forward = (width + 1) * inner + (inner + 1) * width + 2 * width
        return (tables + 2) * width + config["num_hidden_layers"] * (attention + forward) + (width + 1) * width
    heads = 2 * (config["num_attention_heads"] + config["num_key_value_heads"])
    layer = heads * config["head_dim"] * width + 3 * width * inner + 2 * width
    tables = (2 - config["tie_word_embeddings"]) * config["vocab_size"] * width
    return tables + config["num_hidden_layers"] * layer + width


def weights_memory(parameters: int, dtype: str) -> int:
    """Bytes of so many parameters, the last one whole."""
    return -(-parameters * BITS[dtype] // 8)


def stored_parameters(layers, tied) -> tuple[int, int]:
    """All and the trained parameters of a chain of layers as the probes describe it; a shared weight counts once."""
    shared = {second for _first, second in tied}
    total = trained = 0
    for number, layer in enumerate(layers):
        if layer["kind"] == "linear":
            weight = 0 if number in shared else len(layer["weight"]["$tensor"]["values"])
            count = weight + len(layer["bias"]["$tensor"]["values"])
            total += count
            trained += 0 if layer.get("frozen") else count
    return total, trained
