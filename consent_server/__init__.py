"""Consent Server: cookie decisions that can be proved, visits that are destroyed on the day.

Each folder is a room with one subject; its `__init__` says which. Upper rooms import lower
ones, never the other way (the contracts in pyproject.toml hold this):

    cli, migrations     doors for operators and for the schema
    drill               proves destruction on a deployment of its own
    app, house          the Flask application; its parts, each made of those that it needs
    server, worker      serves it; in each process
    admin, contract, demo   the console; the HTTP API described; a product page to try it on
    jobs                what runs by itself, on one node at a time
    reports, retention  exports; archive and destruction
    statistics          counts that outlive the visits
    disclosures         who may read the archive, what was handed to an authority
    holds               visits that a named case keeps beyond their day
    certificates        the ledger of destruction: signed, chained, confirmed
    reviews             the monthly review of the access log, signed
    setups              a whole site as one file
    linting             what the law or a measurement speaks against in a notice and its banner
    banner, consents, visits   the script; the decisions; the visit log (strangers to each other)
    policies, operators, sites, audit   what is shown; who signs in; where; who did what
    web                 rules of the HTTP border
    doctor              looks the key ring over for an operator
    keys, signing, storage     day keys; signatures; databases
    watching            counts, logs, traces: never about a visitor
    config, config_rules, clock, entropy, instants, pace, periods, rates, errors, stopping
                        plain facts
"""
