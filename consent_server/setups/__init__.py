"""The whole configuration of a site as one file that can be reviewed and kept in git."""
