"""The least that a Flask view can do: say hello. It reads the body of a POST and keeps nothing."""

from __future__ import annotations

from flask import Flask, Response, request


def create_app() -> Flask:
    """Returns the application."""
    app = Flask("hello")

    @app.get("/")
    def hello() -> Response:
        return Response("hello", mimetype="text/plain")

    @app.post("/")
    def hello_post() -> Response:
        request.get_data()
        return Response('{"hello":"world"}', 201, mimetype="application/json")

    return app
