"""From what the API answers to typed rows: pure functions, no requests, no warehouse."""
