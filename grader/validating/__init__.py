"""Wrong submissions measure how strong the checks are."""
