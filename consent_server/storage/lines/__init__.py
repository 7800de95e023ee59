"""Finished lines of CSV, many at a time, made by the database or right beside it.

Each engine has its own quick way: `postgres`, `sqlite`. Both foresee cells as our own rooms write
them, and look whether a page really consists of such. One that does not is refused as a whole, and
whoever asked writes it row by row: quick or slow, the same bytes.
"""
