"""The WSGI door for any server: `granian --interface wsgi wsgi:app`, `gunicorn wsgi:app`."""

from consent_server.app import create_app

app = create_app()
