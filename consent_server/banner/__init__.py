"""The embed script of a site: code, styles, configuration and one language in one answer."""
