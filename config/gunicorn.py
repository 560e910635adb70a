"""gunicorn as production runs it: `gunicorn --config python:config.gunicorn config.wsgi`."""

import os
from pathlib import Path

from environ import Env

Env.read_env(Path(__file__).resolve().parent.parent / ".env")

bind = os.environ.get("BIND", "127.0.0.1:8000")
worker_class = "config.whole_requests.WholeRequests"
workers, threads = int(os.environ.get("WEB_CONCURRENCY", "2")), 4
worker_connections = 500  # of each worker, those that are still sending among them
keepalive = 60  # seconds; a proxy keeps its lines open
timeout = graceful_timeout = 30  # seconds
limit_request_line = 4094  # bytes; an address of this site has a few hundred
limit_request_fields, limit_request_field_size = 64, 8190
# Who may say that a request came by https; the site believes their X-Forwarded-For too.
forwarded_allow_ips = os.environ.get("TRUSTED_PROXIES") or os.environ.get(
    "FORWARDED_ALLOW_IPS", "127.0.0.1,::1"
)
forwarder_headers = ""  # nobody says in a header which path was asked for
control_socket_disable = True
loglevel = os.environ.get("LOG_LEVEL", "info").lower()
