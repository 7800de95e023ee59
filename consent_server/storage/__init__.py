"""Where records are kept: the two databases, their columns, and the one writer per process.

What is special about an engine lives in `sqlite` and `postgres`, with its reason. By subject:

    database, columns, migrate, append_only    binds and tables
    writing                                    group commit: the writer, its batches
    partitions                                 one for each day of destruction
    looking, day_groups                        pages of lists; where a day's visits lie
    lines                                      rows as lines of a file, made by the engine
    leases, turns                              one process at a time; one transaction
    revision, replica                          what is cached; what may be read from a copy
    counts, shared_counts                      how often in a span, across processes
    probes, patience                           health; a server that hangs
    copies                                     backup, damage, and back
"""
