"""Where records are kept: the two databases, their columns, and the one writer per process.

What is special about an engine lives in `sqlite` and `postgres`, with its reason.
"""
