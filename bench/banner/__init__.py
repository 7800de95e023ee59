"""Our banner beside others and beside the least that one can cost, in one run of one Chromium.

    python -m bench.banner --write    15 rounds; stores results/banner.json, renews docs and README

Every round opens every page (`pages.py`) twice in fresh profiles, so that noise hits all alike
(`visits.py`); what was seen becomes medians (`samples.py`), a table and the targets (`report.py`).
"""
