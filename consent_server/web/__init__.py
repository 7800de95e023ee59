"""The HTTP border: one file per rule that holds for many addresses."""
