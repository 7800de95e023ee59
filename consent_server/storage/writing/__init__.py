"""Group commit: what many callers hand in is on disk together when each of them hears so.

`writer` is the one thread per process, `batches` its connection, `gauges` who hears of it.
"""
