"""The linter: what law, guidelines and measurements have against a notice and its banner.

It warns and blocks nothing. Each finding names its source and the place where it is mended; the
rules are pure, one small function each.
"""
