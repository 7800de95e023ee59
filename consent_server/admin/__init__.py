"""The console: one page module per room, behind one guard that no page can forget."""


def init_app(*_parts: object) -> None:
    """Console pages come with the modules of this room."""
