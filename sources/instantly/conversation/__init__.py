"""Talking to the API: one paced, patient conversation per workspace, and lists walked to their end.

Knows requests, answers and envelopes; nothing of tables' history, and no SQL.
"""
