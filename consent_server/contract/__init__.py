"""What the service promises at its HTTP border, said once: for programs, for people, for tests.

`/openapi.json` is the promise (OpenAPI 3.1), `/docs` the same as a page. tests/contract holds it:
every public route stands in it, every example in it is sent, and what answers fits its schema.
"""
