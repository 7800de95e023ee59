"""Consent Server: cookie decisions that can be proved, visits that are destroyed on the day.

Each folder is a room with one subject; its `__init__` says which. Upper rooms import lower
ones, never the other way (the contracts in pyproject.toml hold this):

    cli, migrations     doors for operators and for the schema
    app, server, worker builds the Flask application out of the rooms; serves it; in each process
    admin, demo         the console; a product page to try it on
    jobs                what runs by itself, on one node at a time
    reports, retention, setups  exports; destruction; a site as one file
    banner, consents, visits   the script; the decisions; the visit log (strangers to each other)
    policies, operators, sites, audit   what is shown; who signs in; where; who did what
    web                 rules of the HTTP border
    keys, signing, storage     day keys; signatures; databases
    watching            counts, logs, traces: never about a visitor
    config, clock, entropy, periods, rates, errors   plain facts
"""
