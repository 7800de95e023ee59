"""Consent robots as the tests run them: which languages they understand, and autoconsent itself."""

from __future__ import annotations

# Languages in which autoconsent's heuristics find our notice and refuse, with no rule for us.
ACTIONABLE = ("ca", "de", "en", "es", "eu", "fr", "gl", "it", "nl", "pl", "pt")
