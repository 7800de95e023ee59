"""Where records are kept: the two databases, their columns, and the one writer per process.

What is special about an engine lives in `sqlite` and `postgres`, with its reason. By subject:

    database, columns, migrate, append_only    binds and tables
    writer, batches, gauges                    group commit, and what hears of it
    partitions, splitting, repeats, truncation a partition for each day of destruction
    looking, day_groups                        pages of lists; where a day's visits lie
    lines, lines_sqlite, lines_postgres        rows as lines of a file, made by the engine
    leases                                     one process at a time
    revision, replica                          what is cached; what may be read from a copy
    counts, shared_counts                      how often in a span, across processes
    soundness, wal, probes, patience           damage, health, a server that hangs
    backup, restore                            copies, and back
"""
