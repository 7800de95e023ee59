"""The server beside others, beside a naive one and beside what the machine can do at most.

    python -m bench.server --write              all sections, 40 minutes with the soak of twenty
    python -m bench.server embed exports        some of them
    python -m bench.server destruction --rounds 1 --rows 50000     only to see that it works

Each section is one run: its contenders are measured in turn in every round, so that noise hits all
alike, and every ratio is taken within it. Sections are modules of this folder with a `measure`;
`loadgen` drives wrk, `targets` holds the results against what was wanted, `report` prints.
"""
