"""What a run left behind: collected by handle, listed, and read without running anything."""
