"""Copies of the databases, and the way back; what is damaged is told before anything is served.

`backup` and `restore` are for operators; `soundness` looks at the databases, `wal` at SQLite's
write-ahead log. No key and no secret is ever part of a copy.
"""
