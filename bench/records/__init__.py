"""How long the lists of records take in the console, with ten million of each, on both engines.

`filling` makes the rows where they lie; `pages` opens lists as a signed-in operator does, without a
network in between; `writes` tells what indexes would cost that other designs need.

    python -m bench.records --rows 200000        a quick look
    python -m bench.records --write              ten million; stores the result, renews the docs
"""
