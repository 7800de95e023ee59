"""Who may look into the archive, on which legal basis, and what was handed to an authority."""
