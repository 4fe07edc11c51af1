"""The small models and datasets that the embedded Hub serves."""
