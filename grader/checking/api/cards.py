"""Cards of the Hub: the YAML at the top of a README.md, read without trusting it."""

from grader.hub.cards import CardError, CardReport, as_list, card_block, card_data, validate_card

__all__ = ["CardError", "CardReport", "as_list", "card_block", "card_data", "validate_card"]
