"""What of the API is worth reading, in which order, and how it went: the plan of requests.

Asks through `conversation`, shapes through `shaping`, and knows the warehouse only as the questions
of `history`.
"""
