"""What the two ways of training are called in the artifacts of lab 2.5.5 and in its reports."""

WAYS = {"full": "full fine-tuning", "lora": "LoRA"}
PARTS = ("weights", "gradients", "optimizer", "activations")
KEYS = dict(zip(PARTS, ("weights_bytes", "gradient_bytes", "optimizer_bytes", "activation_bytes"), strict=True))
