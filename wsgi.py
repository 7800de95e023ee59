"""The WSGI door for any server: `granian --interface wsgi wsgi:app`, `gunicorn wsgi:app`."""

from consent_server.worker import application

app = application()
